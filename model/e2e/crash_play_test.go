//go:build unix

package e2e

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"polltop/model"
	"polltop/model/cli"
	"polltop/model/crash"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/settings"
	"polltop/poller/store"
	"polltop/poller/stream"
)

// plays are what the test program does in place of the tests, by the value of
// POLLTOP_E2E_PLAY: a dashboard that panics at the place named, as polltop's own
// mistakes would, and a shell.
var plays = map[string]func(args []string) int{
	"worker":  func(ids []string) int { return playCrash("worker", ids) },
	"update":  func(ids []string) int { return playCrash("update", ids) },
	"view":    func(ids []string) int { return playCrash("view", ids) },
	"command": func(ids []string) int { return playCrash("command", ids) },
	"stream":  func(ids []string) int { return playCrash("stream", ids) },
	"stuck":   func(ids []string) int { return playCrash("stuck", ids) },
	"shell":   playShell,
}

// mine panics once it is armed, which SIGUSR1 does.
type mine struct {
	place string
	armed atomic.Bool
	lit   chan struct{} // closed when it is armed

	mu    sync.Mutex
	drawn []*poller.Task // copies, which nobody but the dashboard has
}

// copies returns copies of tasks, to be poisoned.
func (m *mine) copies(tasks []*poller.Task) []*poller.Task {
	m.mu.Lock()
	defer m.mu.Unlock()
	var own []*poller.Task
	for _, task := range tasks {
		copied := *task
		own = append(own, &copied)
	}
	m.drawn = append(m.drawn, own...)
	return own
}

// poison takes from the tasks what the pane shows of them, once it is armed. It
// must run in the goroutine that draws.
func (m *mine) poison() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, task := range m.drawn {
		if m.armed.Load() {
			task.Request.Base = nil
		}
	}
}

// step panics if it is armed and this is the place.
func (m *mine) step(place string) {
	if m.place == place && m.armed.Load() {
		panic(errors.New("a mistake with " + key + "\nand more"))
	}
}

// mined is the client, with a panic in the goroutine of a request.
type mined struct {
	*queue.Client
	mine *mine
}

func (c mined) Status(ctx context.Context, r queue.Request) (queue.Answer, *queue.Fault) {
	c.mine.step("worker")
	return c.Client.Status(ctx, r)
}

// minedTracker panics in the command that waits for updates, and hands out
// what is poisoned.
type minedTracker struct {
	*session.Session
	mine *mine
}

func (t minedTracker) Next(ctx context.Context) (poller.Update, bool) {
	t.mine.step("command")
	u, ok := t.Session.Next(ctx)
	if t.mine.place == "view" {
		u.Tasks = t.mine.copies(u.Tasks)
	}
	return u, ok
}

// minedStreams panic in their goroutine.
type minedStreams struct{ mine *mine }

func (s minedStreams) Run(ctx context.Context) {
	select {
	case <-s.mine.lit:
		s.mine.step("stream")
	case <-ctx.Done():
	}
}

func (s minedStreams) Next(ctx context.Context) (stream.News, bool) {
	<-ctx.Done()
	return stream.News{}, false
}

// playCrash runs the dashboard over the default session, with a panic at a place
// once SIGUSR1 has come. "stuck" does not panic: there Update never returns.
func playCrash(place string, ids []string) int {
	m := &mine{place: place, lit: make(chan struct{})}
	lit := make(chan os.Signal, 1)
	signal.Notify(lit, syscall.SIGUSR1)
	go func() {
		<-lit
		m.armed.Store(true)
		close(m.lit)
	}()
	s, err := settings.Bind(pflag.NewFlagSet("", pflag.ContinueOnError)).Resolve(os.LookupEnv, true)
	if err != nil {
		panic(err)
	}
	client := queue.NewClient(queue.ClientOptions{Header: s.HeaderFor, Secrets: s.Secrets, Timeout: s.Timeout, Concurrency: s.Concurrency})
	path, err := store.PathOf(store.Dir(), store.DefaultSession)
	if err != nil {
		panic(err)
	}
	opened, err := store.Open(path)
	if err != nil {
		panic(err)
	}
	requests := make([]queue.Request, len(ids))
	for i, id := range ids {
		requests[i] = queue.Request{ID: id, Endpoint: s.Endpoint, Base: s.Bases[0]}
	}
	tracker := session.New(store.DefaultSession, opened, s.Bases, poller.Options{
		Service: mined{client, m}, Rate: 50, Concurrency: 4, Interval: 100 * time.Millisecond,
	})
	return cli.Leave(model.Run(model.Options{
		Source: s.Source(), Requests: requests, Host: "mined", Streams: minedStreams{m}, Getenv: os.Getenv,
		Crash: crash.New("test", client.Redact, crash.Dirs()...),
		Clock: func() time.Time {
			m.step("update")
			m.poison()
			if m.place == "stuck" && m.armed.Load() {
				select {}
			}
			return time.Now()
		},
	}, minedTracker{tracker, m}))
}
