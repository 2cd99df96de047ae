package serve

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"polltop/poller"
)

const (
	esc   = "\x1b"
	enter = "\r"
)

func TestEachConnectionHasItsOwnDashboard(t *testing.T) {
	s := startServer(t, 20)
	ana, bo := s.connect(s.viewer), s.connect(s.operator)
	ana.wait("mmsu_00000", "all 20", "2 connected")
	bo.wait("mmsu_00000", "all 20", "2 connected")
	ana.keys("/")
	ana.wait("id, endpoint, status or error")
	ana.keys("7")
	ana.waitFor("only two tasks", func(screen string) bool {
		return strings.Contains(screen, "mmsu_00017") && !strings.Contains(screen, "mmsu_00000")
	})
	s.fake.change(7, func(t *poller.Task) { t.State, t.Error = poller.Failed, "out of memory" })
	ana.wait("mmsu_00017", "✗ failed", "out of memory")
	if screen := bo.wait("failed 1"); !strings.Contains(screen, "mmsu_00000") {
		t.Errorf("the filter of one is that of the other:\n%s", screen)
	}
	bo.keys("w")
	bo.wait("Connected", "ana", "viewer", "bo", "operator", "(you)")
	ana.conn.Close()
	bo.wait("1 connected")
}

func TestViewerChangesNothing(t *testing.T) {
	s := startServer(t, 3)
	ana := s.connect(s.viewer)
	screen := ana.wait("mmsu_00000", "? help")
	for _, hidden := range []string{"x cancel", "a add", "d download", "p pause"} {
		if strings.Contains(screen, hidden) {
			t.Errorf("the footer has %q:\n%s", hidden, screen)
		}
	}
	for _, key := range []string{"x", "d", "p", "r", "K", "a", "A", "e", "c", "u", "R", "L"} {
		ana.keys(key)
		ana.wait(key+" (", "is for operators")
	}
	ana.keys("\x1b[3~")
	ana.wait("del (", "is for operators")
	ana.keys("\x1b[200~wan26_i2v mmsu_01hmv6ywfb8epwvq4b8r9damkg\x1b[201~")
	ana.wait("a (add tasks) is for operators")
	ana.keys("o")
	ana.wait("there is no browser here")
	ana.keys("\x1a")
	ana.wait("there is no shell here")
	ana.keys("?")
	if screen := ana.wait("Keys", "copy request id", "who is connected"); strings.Contains(screen, "cancel") || strings.Contains(screen, "download outputs") {
		t.Errorf("the help has what a viewer may not do:\n%s", screen)
	}
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	if len(s.fake.canceled)+len(s.fake.tracked)+s.fake.toggled > 0 {
		t.Errorf("the viewer canceled %v, added %v and paused %d times", s.fake.canceled, s.fake.tracked, s.fake.toggled)
	}
}

// Even a dashboard that refused nothing could not change anything for a viewer.
func TestMemberOfAViewerChangesNothing(t *testing.T) {
	f := newFake(t, 3)
	h := newHub(f, nil, func(text string) { t.Error("logged: " + text) })
	m := &member{poller: f, hub: h}
	m.Track(nil)
	m.Cancel(0)
	m.TogglePause()
	m.PollNow(0)
	m.Unblock()
	m.DropCancels(0)
	if gone, back := m.Untrack(0), m.Restore(f.tasks); gone != nil || back != nil || m.ClaimHook(0) {
		t.Errorf("the member removed %v and brought %v back", gone, back)
	}
	if len(f.canceled)+len(f.tracked)+f.toggled > 0 {
		t.Errorf("the member canceled %v, added %v and paused %d times", f.canceled, f.tracked, f.toggled)
	}
}

func TestOperatorActsForAll(t *testing.T) {
	s := startServer(t, 3)
	ana, bo := s.connect(s.viewer), s.connect(s.operator)
	ana.wait("mmsu_00000")
	bo.wait("mmsu_00000")
	bo.keys("\x1b[200~wan26_i2v mmsu_01hmv6ywfb8epwvq4b8r9damkg\x1b[201~")
	bo.wait("1 added")
	bo.keys("x")
	bo.wait("Cancel 1 task", "y  Cancel it")
	bo.keys("y")
	bo.wait("cancel: 1 accepted")
	bo.keys("p")
	bo.wait("polling paused: p lets it go on")
	if screen := ana.wait("polling paused"); strings.Contains(screen, "go on") || strings.Contains(screen, "goes on") || strings.Contains(screen, "accepted") {
		t.Errorf("the viewer is told what is the operator's:\n%s", screen)
	}
	gone := func(screen string) bool { return !strings.Contains(screen, "mmsu_00000") }
	bo.keys("\x1b[3~")
	bo.waitFor("two tasks", gone)
	ana.waitFor("two tasks", gone)
	bo.keys("u")
	bo.wait("mmsu_00000")
	ana.wait("mmsu_00000")
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	if len(s.fake.tracked) != 1 || !slices.Equal(s.fake.canceled, []int32{0}) || s.fake.toggled != 1 {
		t.Errorf("added %v, canceled %v, paused %d times", s.fake.tracked, s.fake.canceled, s.fake.toggled)
	}
}

func TestCopyGoesThroughSSH(t *testing.T) {
	s := startServer(t, 1)
	ana := s.connect(s.viewer)
	ana.wait("mmsu_00000")
	ana.keys("y")
	ana.wait("copied 1 request id")
	ana.mu.Lock()
	defer ana.mu.Unlock()
	if !strings.Contains(ana.raw.String(), "\x1b]52;c;bW1zdV8wMDAwMA==") {
		t.Error("no OSC 52 with the id came")
	}
}

func TestResizeAndQuit(t *testing.T) {
	s := startServer(t, 100)
	ana := s.connect(s.viewer)
	ana.wait("mmsu_00000", "STATUS")
	ana.mu.Lock()
	ana.screen.Resize(60, 12)
	ana.mu.Unlock()
	if err := ana.sess.WindowChange(12, 60); err != nil {
		t.Fatal(err)
	}
	ana.waitFor("a smaller table", func(screen string) bool {
		return strings.Contains(screen, "00000") && !strings.Contains(screen, "00010")
	})
	ana.keys("q")
	if err := ana.ended(); err != nil {
		t.Errorf("q ends the session with %v", err)
	}
	wantRestored(t, ana)
}

// wantRestored checks that a client's terminal is as it was.
func wantRestored(t *testing.T, c *client) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	raw := c.raw.String()
	for _, mode := range []string{"?1049", "?1002", "?1006", "?2004"} {
		if on, off := strings.LastIndex(raw, esc+"["+mode+"h"), strings.LastIndex(raw, esc+"["+mode+"l"); on < 0 || off < on {
			t.Errorf("mode %s is left on", mode)
		}
	}
	if strings.LastIndex(raw, esc+"[?25h") < strings.LastIndex(raw, esc+"[?25l") {
		t.Error("the cursor is left hidden")
	}
}

func TestServerEndsAndRestoresTheTerminals(t *testing.T) {
	s := startServer(t, 3)
	ana, bo := s.connect(s.viewer), s.connect(s.operator)
	ana.wait("mmsu_00000")
	bo.wait("mmsu_00000")
	s.stop()
	for _, c := range []*client{ana, bo} {
		_ = c.ended() // with status 0, or without one where the connection was first
		wantRestored(t, c)
		c.mu.Lock()
		if !strings.Contains(c.raw.String(), "the server has ended") {
			t.Errorf("the client is not told: %q", c.raw.String()[max(0, c.raw.Len()-200):])
		}
		c.mu.Unlock()
	}
	select {
	case <-s.fake.ended:
	default:
		t.Error("the poller still runs")
	}
}

func TestManyAtOnce(t *testing.T) {
	s := startServer(t, 1000)
	clients := make([]*client, 50)
	for i := range clients {
		clients[i] = s.connect(s.viewer)
	}
	for _, c := range clients {
		c.wait("mmsu_00000", "50 connected")
	}
	s.fake.change(0, func(t *poller.Task) { t.State, t.Error = poller.Failed, "out of memory" })
	for _, c := range clients {
		c.wait("failed 1")
		c.conn.Close()
	}
	s.waitLog("left, 0 connected now")
}

// stalling is a proxy that at some time hands nothing on any more.
func stalling(t *testing.T, to string) (address string, stall func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var stalled atomic.Bool
	pass := func(to, from net.Conn) {
		b := make([]byte, 32<<10)
		for {
			n, err := from.Read(b)
			if err != nil || stalled.Load() {
				return // without closing: neither side learns of it
			}
			to.Write(b[:n])
		}
	}
	go func() {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		t.Cleanup(func() { from.Close(); server.Close() })
		go pass(server, from)
		pass(from, server)
	}()
	return listener.Addr().String(), func() { stalled.Store(true) }
}

func TestStalledClientIsDisconnectedAndDelaysNobody(t *testing.T) {
	s := startServer(t, 100, func(o *Options) {
		o.timeouts = timeouts{keepAliveInterval: 100 * time.Millisecond, keepAliveAnswer: 5 * time.Second, write: 5 * time.Second}
	})
	direct := s.address
	var stall func()
	s.address, stall = stalling(t, direct)
	half := s.connect(s.viewer)
	half.wait("mmsu_00000")
	s.address = direct
	ana := s.connect(s.viewer)
	ana.wait("mmsu_00000", "2 connected")
	stall()
	s.fake.change(0, func(t *poller.Task) { t.State, t.Error = poller.Failed, "out of memory" })
	ana.wait("failed 1", "2 connected") // while the other one hangs
	ana.wait("1 connected")
	s.waitLog("left, 1 connected now")
}

func TestWriteToAStalledTerminalEnds(t *testing.T) {
	r, w := io.Pipe() // nobody reads
	gone := make(chan struct{})
	terminal := &clientWriter{sess: w, conn: r, failed: func() { close(gone) }, timeout: 10 * time.Millisecond}
	if n, err := terminal.Write(make([]byte, 3*maxWrite)); err == nil || n != 0 {
		t.Errorf("written %d, %v", n, err)
	}
	<-gone
}

func TestOnlyKnownKeysAndOnlyDashboards(t *testing.T) {
	s := startServer(t, 3)
	eve := s.newKey("eve", nil)
	if _, err := s.dial(eve); err == nil {
		t.Error("a key that is not among the authorized ones lets in")
	}
	for name, auth := range map[string]gossh.AuthMethod{
		"no authentication": nil, "a password": gossh.Password("secret"),
		"keyboard": gossh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) { return []string{"secret"}, nil }),
	} {
		config := &gossh.ClientConfig{User: "root", HostKeyCallback: gossh.InsecureIgnoreHostKey()}
		if auth != nil {
			config.Auth = []gossh.AuthMethod{auth}
		}
		if _, err := gossh.Dial("tcp", s.address, config); err == nil {
			t.Errorf("%s lets in", name)
		}
	}
	conn, err := s.dial(s.operator)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sess, _ := conn.NewSession()
	out, err := sess.CombinedOutput("cat /etc/passwd")
	if exit := (*gossh.ExitError)(nil); !errors.As(err, &exit) || !strings.Contains(string(out), "no commands are run here") {
		t.Errorf("a command ends with %v and %q", err, out)
	}
	sess, _ = conn.NewSession()
	if err := sess.RequestSubsystem("sftp"); err == nil {
		t.Error("sftp is served")
	}
	sess, _ = conn.NewSession()
	if out, _ := sess.CombinedOutput(""); !strings.Contains(string(out), "ssh -t") {
		t.Errorf("without a terminal the client is told %q", out)
	}
	if _, err := conn.Dial("tcp", s.address); err == nil {
		t.Error("a port is forwarded")
	}
	if _, err := conn.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("a port is forwarded back")
	}
	if _, err := conn.Dial("unix", "/var/run/docker.sock"); err == nil {
		t.Error("a socket is forwarded")
	}
}

func TestKeyThatIsTakenOutLetsNobodyIn(t *testing.T) {
	s := startServer(t, 1)
	if _, err := s.dial(s.viewer); err != nil {
		t.Fatal(err)
	}
	s.writeKeys("authorized_keys", gossh.MarshalAuthorizedKey(s.operator.PublicKey()))
	if _, err := s.dial(s.viewer); err == nil {
		t.Error("the key still lets in")
	}
}

func TestExportIsPrintedInTheViewersTerminal(t *testing.T) {
	s := startServer(t, 3)
	ana := s.connect(s.viewer)
	ana.wait("mmsu_00000")
	ana.keys("E")
	ana.wait("Export 3 tasks", "csv", "ids")
	ana.keys("i")
	ana.wait("3 tasks printed", "mmsu_00000")
	ana.keys("q")
	if err := ana.ended(); err != nil {
		t.Fatal(err)
	}
	wantRestored(t, ana)
	if screen := ana.text(); !strings.HasPrefix(screen, "mmsu_00000 ") || strings.Contains(screen, "STATUS") {
		t.Errorf("the terminal shows\n%s", screen)
	}
	if files, _ := filepath.Glob("*.ids"); len(files) > 0 {
		t.Errorf("files were written: %v", files)
	}
}

func TestPanicEndsOneDashboardAlone(t *testing.T) {
	s := startServer(t, 3, func(o *Options) { o.Poller.(*fake).panics = true })
	ana, bo := s.connect(s.viewer), s.connect(s.operator)
	ana.wait("mmsu_00000")
	bo.wait("2 connected")
	ana.keys("j", enter) // the pane asks for what makes it panic
	_ = ana.ended()
	wantRestored(t, ana)
	ana.mu.Lock()
	raw := ana.raw.String()
	ana.mu.Unlock()
	if !strings.Contains(raw, "polltop's own fault") || strings.Contains(raw, "unsound") {
		t.Errorf("the user is told %q", raw[max(0, len(raw)-200):])
	}
	s.waitLog("the dashboard of ana: crashed")
	bo.wait("1 connected")
	s.fake.change(0, func(t *poller.Task) { t.State, t.Error = poller.Failed, "out of memory" })
	bo.wait("failed 1")
}

func TestViewerOfNoTasksIsNotToldToAdd(t *testing.T) {
	s := startServer(t, 0)
	ana, bo := s.connect(s.viewer), s.connect(s.operator)
	ana.wait("No tasks yet: operators add them.")
	bo.wait("press a to type them")
}

func TestOnlyOperatorsAreAskedAboutSubmissions(t *testing.T) {
	s := startServer(t, 3)
	ana, bo := s.connect(s.viewer), s.connect(s.operator)
	ana.wait("mmsu_00000")
	bo.wait("mmsu_00000")
	s.fake.updates <- poller.Update{Payloads: []*poller.Payload{{Number: 1, Endpoint: "wan26_i2v", State: poller.PayloadUnknown}}}
	bo.wait("may or may not have been submitted")
	s.fake.change(0, func(t *poller.Task) { t.State, t.Error = poller.Failed, "out of memory" })
	if screen := ana.wait("failed 1"); strings.Contains(screen, "may or may not have been submitted") {
		t.Errorf("the viewer is asked:\n%s", screen)
	}
}

func TestOnlyOperatorsAreAskedAboutCancels(t *testing.T) {
	s := startServer(t, 3)
	ana, bo := s.connect(s.viewer), s.connect(s.operator)
	ana.wait("mmsu_00000")
	bo.wait("mmsu_00000")
	s.fake.change(1, func(t *poller.Task) { t.CancelDue = true }) // as of an earlier run
	bo.wait("ended before it sent them")
	s.fake.change(0, func(t *poller.Task) { t.State, t.Error = poller.Failed, "out of memory" })
	if screen := ana.wait("failed 1"); strings.Contains(screen, "ended before it sent them") {
		t.Errorf("the viewer is asked:\n%s", screen)
	}
}

// A number that a removed task had may be that of another one, which the process that polls now tracks.
func TestAnotherTaskWithTheNumberOfARemovedOneIsShown(t *testing.T) {
	f := newFake(t, 1)
	other := *f.tasks[0]
	other.Request.ID = "mmsu_other"
	for name, u := range map[string]poller.Update{
		"this process polls again": {Dropped: []int32{0}},
		"another process polls":    {Persistence: poller.Persistence{PolledBy: "pid 7"}},
	} {
		h := newHub(f, nil, func(string) {})
		m, err := h.join(person{"ana", operator}, "here")
		if err != nil {
			t.Fatal(err)
		}
		h.apply(poller.Update{Tasks: f.tasks})
		m.Untrack(0)
		u.Tasks = []*poller.Task{&other}
		h.apply(u)
		if shown := h.since(0).Tasks; len(shown) != 1 || shown[0].Request.ID != "mmsu_other" {
			t.Errorf("%s: %d tasks are shown", name, len(shown))
		}
	}
}

// A member that has the former task of a number is told to forget it, or its pane and its downloads would
// go on with another task. One that joins later has nothing to forget.
func TestMembersForgetATaskWhoseNumberAnotherOneGets(t *testing.T) {
	f := newFake(t, 1)
	other := *f.tasks[0]
	other.Request.ID = "mmsu_other"
	for name, change := range map[string]func(h *hub, m *member){
		"at once": func(h *hub, _ *member) {
			h.apply(poller.Update{Dropped: []int32{0}, Tasks: []*poller.Task{&other}})
		},
		"before the member reads": func(h *hub, _ *member) {
			h.apply(poller.Update{Dropped: []int32{0}})
			h.apply(poller.Update{Tasks: []*poller.Task{&other}})
		},
		"after a removal here": func(h *hub, m *member) {
			m.Untrack(0)
			h.apply(poller.Update{Persistence: poller.Persistence{PolledBy: "pid 7"}, Tasks: []*poller.Task{&other}})
		},
	} {
		h := newHub(f, nil, func(string) {})
		m, err := h.join(person{"ana", operator}, "here")
		if err != nil {
			t.Fatal(err)
		}
		h.apply(poller.Update{Tasks: f.tasks})
		m.Next(t.Context()) // the first update has no tasks
		m.Next(t.Context())
		change(h, m)
		if u, _ := m.Next(t.Context()); !slices.Equal(u.Dropped, []int32{0}) || len(u.Tasks) != 1 || u.Tasks[0].Request.ID != "mmsu_other" {
			t.Errorf("%s: dropped %v, %d tasks", name, u.Dropped, len(u.Tasks))
		}
		if u := h.since(0); len(u.Dropped) > 0 || len(u.Tasks) != 1 {
			t.Errorf("%s: one that joins later: dropped %v, %d tasks", name, u.Dropped, len(u.Tasks))
		}
	}
}
