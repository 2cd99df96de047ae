package serve

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	"charm.land/wish/v2"
	"github.com/charmbracelet/colorprofile"
	gossh "golang.org/x/crypto/ssh"

	"polltop/model"
	"polltop/model/common"
	"polltop/model/crash"
	"polltop/model/keyboard"
	"polltop/poller/guard"
)

const (
	// How often a dashboard looks whether there is something to draw, which keys wait for: as
	// often as that of a process, and less the more are open, but not less than framesLeast.
	// Each look costs some 90 µs, so that with 50 dashboards 1,100 a second take 10 % of a core.
	framesMost, framesLeast, framesOfAll = 60, 15, 300
	// repaintEvery bounds the memory that a dashboard holds for its screen. Each cell of Bubble
	// Tea's renderer points into the frame with which it changed last, so that old frames stay
	// alive: of 13 KB each some 60 after ten minutes, for 50 dashboards 40 MB and as much to
	// collect. A screen that is painted anew points into one.
	repaintEvery = 2 * time.Minute
	// widthMost and heightMost bound a client's screen, in cells, and so the memory for it.
	widthMost, heightMost = 640, 240
)

func (s *Server) handle(sess ssh.Session) {
	who, ok := s.options.Access.find(sess.PublicKey())
	pty, sizes, terminal := sess.Pty()
	var m *member
	var err error
	switch {
	case !ok:
		err = errors.New("the key lets nobody in any more")
	case sess.RawCommand() != "":
		err = errors.New("no commands are run here: connect without one for the dashboard")
	case !terminal:
		err = errors.New("the dashboard needs a terminal: connect with ssh -t")
	default:
		m, err = s.hub.join(who, sess.RemoteAddr().String())
	}
	if err != nil {
		wish.Fatalf(sess, "polltop: %v\r\n", err)
		return
	}
	defer s.hub.leave(m)
	s.show(sess, m, pty, sizes)
}

// show runs the dashboard of a member until its user leaves, the client is gone or the server ends.
func (s *Server) show(sess ssh.Session, m *member, pty ssh.Pty, sizes <-chan ssh.Window) {
	ctx, cancel := context.WithCancel(sess.Context())
	defer cancel()
	conn := sess.Context().Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	catcher := s.options.NewCatcher()
	environ := environ(sess.Environ(), pty.Term)
	size := sizeOf(pty.Window)
	terminal := &screen{sess, conn, cancel, s.options.times.stall}
	program := model.NewProgram(s.dashboard(ctx, m, environ, catcher), keyboard.NewRemoteReader(ctx, sess),
		tea.WithOutput(terminal), tea.WithEnvironment(environ),
		tea.WithColorProfile(colorprofile.Env(environ)), tea.WithWindowSize(size.Width, size.Height), tea.WithFPS(max(framesLeast, min(framesMost, framesOfAll/s.hub.open()))))
	guard.Go(func() {
		s.options.times.keepAlive(ctx, sess, conn)
		cancel()
	})
	guard.Go(func() {
		repaint := time.NewTicker(repaintEvery)
		defer repaint.Stop()
		for {
			select {
			case window, more := <-sizes:
				if more {
					program.Send(sizeOf(window))
				} else {
					sizes = nil
				}
				continue
			case <-repaint.C:
				program.Send(tea.ClearScreen())
				continue
			case <-ctx.Done():
			case <-s.hub.ctx.Done():
			case <-catcher.Caught():
			}
			program.Quit()
			return
		}
	})
	_ = model.RunProgram(program, catcher) // the end of the connection, or a panic, which the catcher has
	switch crashed := catcher.Err(); {
	case crashed != nil:
		s.options.Log(fmt.Sprintf("the dashboard of %s: %v", m.person.name, crashed))
		fmt.Fprint(terminal, "polltop: the dashboard has crashed, which is polltop's own fault: the report is on the server\r\n")
	case s.hub.ctx.Err() != nil:
		fmt.Fprint(terminal, "polltop: the server has ended\r\n")
	}
}

func (s *Server) dashboard(ctx context.Context, m *member, environ []string, catcher *crash.Catcher) model.Options {
	o := s.options.Dashboard
	o.Context, o.Poller, o.Crash, o.Clock, o.Getenv = ctx, m, catcher, time.Now, tea.EnvMsg(environ).Getenv
	o.Shared = &common.Shared{Refuse: m.person.role.refuse, Peers: func() []common.Peer { return s.hub.peers(m) }}
	o.Downloads = nil
	if s.options.Downloads != nil && m.person.role == operator {
		o.Downloads = transfers{s.options.Downloads, m}
	}
	if m.person.role != operator {
		o.Rekey, o.List = nil, nil
	}
	return o
}

// sizeOf returns a client's window as the dashboard takes it.
func sizeOf(w ssh.Window) tea.WindowSizeMsg {
	size := tea.WindowSizeMsg{Width: min(w.Width, widthMost), Height: min(w.Height, heightMost)}
	if size.Width <= 0 || size.Height <= 0 {
		return tea.WindowSizeMsg{Width: 80, Height: 24} // as ssh without a terminal of its own sends it
	}
	return size
}

// passed are the variables of a client's environment that say what its terminal knows.
var passed = []string{
	"COLORTERM", "NO_COLOR", "CLICOLOR", "LANG", "LC_ALL", "LC_CTYPE", "LC_TERMINAL", "TERM_PROGRAM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "VTE_VERSION", "WT_SESSION",
}

// termName is what the name of a terminal looks like: it is the name of a file where such
// are described.
var termName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)

// environ returns the environment of a client's terminal. Nothing of it names a program or
// a file of the server.
func environ(sent []string, term string) []string {
	var kept []string
	for _, set := range sent {
		if name, _, _ := strings.Cut(set, "="); slices.Contains(passed, name) {
			kept = append(kept, set)
		}
	}
	if !termName.MatchString(term) {
		term = "xterm"
	}
	return append(kept, "TERM="+term)
}
