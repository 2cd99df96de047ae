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
	// maxFPS bounds the frames of a dashboard per second, which keys wait for too. All dashboards share
	// totalFPS, but each has at least minFPS. A check for a frame takes some 90 µs, so that the 1,100
	// checks a second of 50 dashboards take 10 % of a core.
	maxFPS, minFPS, totalFPS = 60, 15, 300
	// repaintInterval bounds the memory for a dashboard's screen. Each cell of Bubble Tea's renderer
	// points into the frame in which it changed last, so that old frames stay in memory: some 60 of 13 KB
	// each after ten minutes, which is 40 MB for 50 dashboards. After a repaint all cells point into one.
	repaintInterval = 2 * time.Minute
	// maxWidth and maxHeight bound a client's screen, in cells, and with it the memory.
	maxWidth, maxHeight = 640, 240
)

func (s *Server) handle(sess ssh.Session) {
	who, ok := s.options.Access.identify(sess.PublicKey())
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

// show runs the dashboard of a member until its user quits, the connection or the server ends.
func (s *Server) show(sess ssh.Session, m *member, pty ssh.Pty, sizes <-chan ssh.Window) {
	ctx, cancel := context.WithCancel(sess.Context())
	defer cancel()
	conn := sess.Context().Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	catcher := s.options.NewCatcher()
	environ := environ(sess.Environ(), pty.Term)
	size := sizeOf(pty.Window)
	terminal := &clientWriter{sess, conn, cancel, s.options.timeouts.write}
	program := model.NewProgram(s.dashboard(ctx, m, environ, catcher), keyboard.NewRemoteReader(ctx, sess),
		tea.WithOutput(terminal), tea.WithEnvironment(environ),
		tea.WithColorProfile(colorprofile.Env(environ)), tea.WithWindowSize(size.Width, size.Height), tea.WithFPS(max(minFPS, min(maxFPS, totalFPS/s.hub.memberCount()))))
	guard.Go(func() {
		s.options.timeouts.keepAlive(ctx, sess, conn)
		cancel()
	})
	guard.Go(func() {
		repaint := time.NewTicker(repaintInterval)
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
	_ = model.RunProgram(program, catcher) // its error is the end of the connection, or a panic, which the catcher has
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
		o.Downloads = downloads{s.options.Downloads, m}
	}
	if m.person.role != operator {
		o.Rekey, o.List = nil, nil
	}
	return o
}

// sizeOf returns the size of a client's window, within bounds.
func sizeOf(w ssh.Window) tea.WindowSizeMsg {
	size := tea.WindowSizeMsg{Width: min(w.Width, maxWidth), Height: min(w.Height, maxHeight)}
	if size.Width <= 0 || size.Height <= 0 {
		return tea.WindowSizeMsg{Width: 80, Height: 24} // as ssh without a terminal of its own sends it
	}
	return size
}

// forwardedVariables are the variables of a client's environment that describe its terminal.
var forwardedVariables = []string{
	"COLORTERM", "NO_COLOR", "CLICOLOR", "LANG", "LC_ALL", "LC_CTYPE", "LC_TERMINAL", "TERM_PROGRAM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "VTE_VERSION", "WT_SESSION",
}

// termName matches the names of terminals, which become file names in the terminfo database.
var termName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)

// environ returns the environment of a client's dashboard, without variables that name programs or files
// of the server.
func environ(sent []string, term string) []string {
	var forwarded []string
	for _, set := range sent {
		if name, _, _ := strings.Cut(set, "="); slices.Contains(forwardedVariables, name) {
			forwarded = append(forwarded, set)
		}
	}
	if !termName.MatchString(term) {
		term = "xterm"
	}
	return append(forwarded, "TERM="+term)
}
