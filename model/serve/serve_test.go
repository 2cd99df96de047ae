package serve

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	gossh "golang.org/x/crypto/ssh"

	"polltop/model"
	"polltop/model/crash"
	"polltop/model/statusbar"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// fake is a poller of tasks that a test changes.
type fake struct {
	updates chan poller.Update
	ended   chan struct{}

	mu       sync.Mutex
	tracked  []queue.Request
	canceled []int32
	toggled  int
	opened   int32
	visible  []int32
	tasks    []*poller.Task
	panics   bool // Body does, for the second task
}

func newFake(t testing.TB, n int) *fake {
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{updates: make(chan poller.Update, 16), ended: make(chan struct{})}
	now := poller.StampOf(time.Now())
	for i := range n {
		f.tasks = append(f.tasks, &poller.Task{
			Seq: int32(i), State: poller.Running, QueuePosition: -1, InferenceTime: -1, Added: now, Queued: now, Started: now, Seen: now,
			Request: queue.Request{ID: fmt.Sprintf("mmsu_%05d", i), Endpoint: "wan26_i2v", Base: base},
		})
	}
	f.updates <- poller.Update{Tasks: slices.Clone(f.tasks)}
	return f
}

// change hands out the next snapshot of a task.
func (f *fake) change(seq int32, set func(t *poller.Task)) {
	f.mu.Lock()
	next := *f.tasks[seq]
	set(&next)
	f.tasks[seq] = &next
	f.mu.Unlock()
	f.updates <- poller.Update{Tasks: []*poller.Task{&next}}
}

func (f *fake) Run(ctx context.Context) { <-ctx.Done(); close(f.ended) }

func (f *fake) Next(ctx context.Context) (poller.Update, bool) {
	select {
	case u := <-f.updates:
		return u, true
	case <-ctx.Done():
		return poller.Update{}, false
	}
}

func (f *fake) Track(requests []queue.Request) poller.Tracked {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tracked = append(f.tracked, requests...)
	return poller.Tracked{Added: len(requests), First: -1}
}

func (f *fake) Cancel(seqs ...int32) {
	f.mu.Lock()
	f.canceled = append(f.canceled, seqs...)
	f.mu.Unlock()
	for _, seq := range seqs {
		f.updates <- poller.Update{Cancels: []poller.CancelReport{{Seq: seq, Outcome: queue.CancelAccepted}}}
	}
}

func (f *fake) TogglePause() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.toggled++
	f.updates <- poller.Update{Paused: f.toggled%2 == 1}
}

func (f *fake) Untrack(seqs ...int32) (gone []*poller.Task) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, seq := range seqs {
		gone = append(gone, f.tasks[seq])
	}
	return gone
}

func (f *fake) Restore(tasks []*poller.Task) []*poller.Task {
	f.updates <- poller.Update{Tasks: tasks}
	return tasks
}

func (f *fake) SetViewed(opened int32, visible []int32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened, f.visible = opened, visible
}

// Body may panic.
func (f *fake) Body(seq int32) ([]byte, bool) {
	if f.panics && seq == 1 {
		panic("unsound")
	}
	return nil, false
}

func (f *fake) PollNow(...int32)                                                 {}
func (f *fake) Fetch(int32)                                                      {}
func (f *fake) Result(int32) (poller.FetchedResult, bool)                        { return poller.FetchedResult{}, false }
func (f *fake) DropCancels(...int32)                                             {}
func (f *fake) AddPayloads(func() (*poller.Payload, []byte, error)) (int, error) { return 0, nil }
func (f *fake) Input(int64) ([]byte, bool)                                       { return nil, false }
func (f *fake) Resubmit(...int64) int                                            { return 0 }
func (f *fake) GiveUp(...int64)                                                  {}
func (f *fake) ClaimHook(int32) bool                                             { return false }
func (f *fake) Unblock()                                                         {}
func (f *fake) FetchLogs(int32)                                                  {}
func (f *fake) Logs(int32) []queue.LogLine                                       { return nil }

// served is a server of a test's own, with the keys of a viewer and an operator.
type served struct {
	t        testing.TB
	fake     *fake
	server   *Server
	address  string
	dir      string
	viewer   gossh.Signer
	operator gossh.Signer
	private  []ed25519.PrivateKey // of both
	stop     func()               // ends the server and waits for it

	log chan string
}

func startServer(t testing.TB, tasks int, changes ...func(o *Options)) *served {
	t.Helper()
	s := &served{t: t, fake: newFake(t, tasks), dir: t.TempDir(), log: make(chan string, 1000)}
	var lines, operators bytes.Buffer
	s.viewer, s.operator = s.newKey("ana", &lines), s.newKey("bo", &lines)
	operators.Write(gossh.MarshalAuthorizedKey(s.operator.PublicKey()))
	s.writeKeys("authorized_keys", lines.Bytes())
	s.writeKeys("operators", operators.Bytes())
	o := Options{
		Access:  Access{AuthorizedKeys: filepath.Join(s.dir, "authorized_keys"), Operators: filepath.Join(s.dir, "operators")},
		HostKey: filepath.Join(s.dir, "state", "host_key"), Poller: s.fake,
		NewCatcher: func() *crash.Catcher { return crash.New("test", func(text string) string { return text }, s.dir) },
		Log:        func(text string) { s.log <- text },
		Dashboard: model.Options{
			Source: paste.Source{Bases: []*queue.Base{s.fake.base()}, Endpoint: "wan26_i2v"}, Bars: statusbar.Options{Host: "api.test/model"},
		},
	}
	for _, change := range changes {
		change(&o)
	}
	var err error
	if s.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.server.Run(ctx, listener) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (f *fake) base() *queue.Base {
	base, _ := queue.ParseBase("https://api.test/model")
	return base
}

// waitLog waits until something is told.
func (s *served) waitLog(text string) {
	s.t.Helper()
	for over := time.After(patience); ; {
		select {
		case line := <-s.log:
			if strings.Contains(line, text) {
				return
			}
		case <-over:
			s.t.Fatalf("never told: %s", text)
		}
	}
}

// writeKeys writes a file of keys.
func (s *served) writeKeys(name string, text []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// newKey makes a key, and adds its line to a file of keys.
func (s *served) newKey(comment string, lines *bytes.Buffer) gossh.Signer {
	s.t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.private = append(s.private, private)
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	if lines == nil {
		return signer
	}
	fmt.Fprintf(lines, "%s %s\n", bytes.TrimSpace(gossh.MarshalAuthorizedKey(signer.PublicKey())), comment)
	return signer
}

// dial connects with a key.
func (s *served) dial(key gossh.Signer) (*gossh.Client, error) {
	return gossh.Dial("tcp", s.address, &gossh.ClientConfig{
		User: "somebody", Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, Timeout: 10 * time.Second,
		HostKeyCallback: gossh.FixedHostKey(s.server.ssh.HostSigners[0].PublicKey()),
	})
}

// client is a terminal that is connected over ssh.
type client struct {
	t    testing.TB
	conn *gossh.Client
	sess *gossh.Session
	in   io.Writer

	mu      sync.Mutex
	changed chan struct{} // receives after something was drawn
	screen  *vt.Emulator
	raw     bytes.Buffer
	done    chan struct{} // closed when the session has ended
}

// connect opens a dashboard of 120x30 cells with a key.
func (s *served) connect(key gossh.Signer) *client {
	s.t.Helper()
	conn, err := s.dial(key)
	if err != nil {
		s.t.Fatal(err)
	}
	sess, err := conn.NewSession()
	if err != nil {
		s.t.Fatal(err)
	}
	c := &client{t: s.t, conn: conn, sess: sess, screen: vt.NewEmulator(120, 30), changed: make(chan struct{}, 1), done: make(chan struct{})}
	s.t.Cleanup(func() { conn.Close() })
	if err := sess.RequestPty("xterm-256color", 30, 120, nil); err != nil {
		s.t.Fatal(err)
	}
	c.in, _ = sess.StdinPipe()
	out, _ := sess.StdoutPipe()
	if err := sess.Shell(); err != nil {
		s.t.Fatal(err)
	}
	go io.Copy(io.Discard, c.screen) // what the terminal answers is not sent
	go c.draw(out)
	return c
}

// draw puts what comes on the screen.
func (c *client) draw(out io.Reader) {
	defer close(c.done)
	b := make([]byte, 32<<10)
	for {
		n, err := out.Read(b)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.screen.Write(b[:n])
		c.raw.Write(b[:n])
		c.mu.Unlock()
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

func (c *client) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ansi.Strip(c.screen.Render())
}

// patience is how long a test waits for a screen.
const patience = time.Minute

// wait waits until the screen shows texts.
func (c *client) wait(texts ...string) string {
	c.t.Helper()
	return c.waitFor(strings.Join(texts, ", "), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

func (c *client) waitFor(what string, holds func(screen string) bool) string {
	c.t.Helper()
	over := time.After(patience)
	for {
		screen := c.text()
		if holds(screen) {
			return screen
		}
		select {
		case <-c.changed:
		case <-over:
			c.t.Fatalf("no %s on the screen:\n%s", what, screen)
		}
	}
}

// keys sends keys, each by itself.
func (c *client) keys(keys ...string) {
	c.t.Helper()
	for _, key := range keys {
		if _, err := io.WriteString(c.in, key); err != nil {
			c.t.Fatal(err)
		}
	}
}

// ended waits for the end of the session.
func (c *client) ended() error {
	c.t.Helper()
	select {
	case <-c.done:
		return c.sess.Wait()
	case <-time.After(patience):
		c.t.Fatalf("the session goes on:\n%s", c.text())
		return nil
	}
}
