//go:build unix

package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"polltop/model"
	"polltop/model/actions"
	"polltop/model/cli"
	"polltop/model/cli/settings"
	"polltop/model/crash"
	"polltop/model/hook"
	"polltop/model/input"
	"polltop/model/script"
	"polltop/model/statusbar"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/guard"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/store"
)

// plays are what the test program does in place of the tests, by the value of
// POLLTOP_E2E_PLAY: a shell, and a dashboard or a wait that panics at the place
// named, as polltop's own mistakes would. Where it is stuck, something else hangs
// then as well.
var plays = map[string]func(args []string) int{
	"shell": playShell,
}

func init() {
	for _, place := range []string{
		"worker", "update", "view", "command", "stream", "stdin", "follow", "download", "exec", "beat", "stuck", "stuck download",
	} {
		plays[place] = func(ids []string) int { return playCrash(place, ids) }
	}
	for _, place := range []string{"worker", "stdin", "stuck worker"} {
		plays["wait "+place] = func(ids []string) int { return playWait(place, ids) }
	}
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

// poison takes from the live tasks what View looks at to draw their rows, once it is
// armed. It must run in the goroutine that draws.
func (m *mine) poison() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, task := range m.drawn {
		if m.armed.Load() && !task.State.Terminal() {
			task.Request.Base = nil
		}
	}
}

// step panics if it is armed and this is the place.
func (m *mine) step(place string) {
	if strings.TrimPrefix(m.place, "stuck ") == place && m.armed.Load() {
		panic(errors.New("a mistake with " + key + "\nand more"))
	}
}

// hang hangs if it is armed and something is to.
func (m *mine) hang() {
	if strings.HasPrefix(m.place, "stuck") && m.armed.Load() {
		select {}
	}
}

// layMine returns a mine that SIGUSR1 arms.
func layMine(place string) *mine {
	m := &mine{place: place, lit: make(chan struct{})}
	lit := make(chan os.Signal, 1)
	signal.Notify(lit, syscall.SIGUSR1)
	go func() {
		<-lit
		m.armed.Store(true)
		close(m.lit)
	}()
	return m
}

// mined is the client, with a panic in the goroutine of a request.
type mined struct {
	*queue.Client
	mine *mine
}

func (c mined) Status(ctx context.Context, r queue.Request, logs bool) (queue.Answer, *queue.Fault) {
	c.mine.step("worker")
	return c.Client.Status(ctx, r, logs)
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

func (s minedStreams) Next(ctx context.Context) (input.Status, bool) {
	<-ctx.Done()
	return input.Status{}, false
}

// Read gives nothing until the mine is armed: as standard input it panics in the
// goroutine that reads that.
func (m *mine) Read([]byte) (int, error) {
	<-m.lit
	m.step("stdin")
	return 0, io.EOF
}

// scene is what a play is made of.
type scene struct {
	*mine
	settings *settings.Settings
	client   *queue.Client
	crash    *crash.Catcher
	requests []queue.Request
	home     string
}

// setScene returns the scene for a panic at a place, once SIGUSR1 has come.
func setScene(place string, ids []string) scene {
	s, err := settings.Bind(pflag.NewFlagSet("", pflag.ContinueOnError)).Resolve(os.LookupEnv, true)
	must(err)
	client := queue.NewClient(queue.ClientOptions{Header: s.HeaderFor, Secrets: s.Secrets, Timeout: s.RequestTimeout, Concurrency: s.Concurrency})
	v := scene{mine: layMine(place), settings: s, client: client, crash: crash.New("test", client.Redact, crash.Dirs()...), home: os.Getenv("HOME")}
	for _, id := range ids {
		v.requests = append(v.requests, queue.Request{ID: id, Endpoint: s.Endpoint, Base: s.Bases[0]})
	}
	guard.Handle(v.crash.Record)
	return v
}

// must ends a play that can't be played.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// polling returns the options of the poller.
func (v scene) polling() poller.Options {
	return poller.Options{Service: mined{v.client, v.mine}, Rate: 50, Concurrency: 4, Interval: 100 * time.Millisecond}
}

// streams returns a reader of standard input and of a file, with a panic in one of
// their goroutines.
func (v scene) streams(track func([]queue.Request) poller.Tracked) *input.Reader {
	path := filepath.Join(v.home, "followed.log")
	must(os.WriteFile(path, nil, 0o600))
	reader, err := input.NewReader(input.Options{Source: v.settings.Source(), Streams: []input.Stream{{Name: "standard input", Reader: v.mine}}, Follow: []string{path}, Track: func(requests []queue.Request) poller.Tracked {
		v.step("follow")
		return track(requests)
	}})
	must(err)
	go func() {
		<-v.lit
		must(os.WriteFile(path, []byte("wan26_i2v mmsu_01followed0000000000000000\n"), 0o600))
	}()
	return reader
}

// downloads returns a downloader that gets something to do when it is to panic.
func (v scene) downloads() *download.Downloader {
	f := download.New(download.Options{Dir: filepath.Join(v.home, "out"), MaxBytes: 1 << 20, Header: func(*queue.Base) http.Header {
		v.step("download")
		return nil
	}})
	go func() {
		<-v.lit
		if !strings.HasSuffix(v.place, "download") {
			return
		}
		f.Add(download.Job{Request: v.requests[0], N: 1, Output: queue.Output{URL: v.settings.Bases[0].String() + "/made.png"}})
	}()
	return f
}

// commands returns a runner of commands that is given what is no task, if it is to
// panic.
func (v scene) commands() *hook.Runner {
	r := hook.New("true", func(*poller.Task) bool { return true }, 1, 1)
	go func() {
		<-v.lit
		if v.place == "exec" {
			r.Add(&poller.Task{Request: queue.Request{Base: &queue.Base{}}})
		}
	}()
	return r
}

// session returns the default session. If its beat is to panic, a viewer leaves an
// order for it, and it has no base to read that with.
func (v scene) session() *session.Session {
	path, err := store.PathOf(store.Dir(), store.DefaultSession)
	must(err)
	opened, err := store.Open(path)
	must(err)
	bases := v.settings.Bases
	if v.place == "beat" {
		bases = []*queue.Base{nil}
		viewer, err := store.Open(path)
		must(err)
		go func() {
			<-v.lit
			must(viewer.Post(store.Order{Track: []store.Request{{ID: "mmsu_01ordered", Base: v.settings.Bases[0].String()}}}))
		}()
	}
	return session.New(store.DefaultSession, opened, bases, v.polling())
}

// playCrash runs the dashboard over the default session.
func playCrash(place string, ids []string) int {
	v := setScene(place, ids)
	tracker := v.session()
	var streams actions.Streams = minedStreams{v.mine}
	if place == "stdin" || place == "follow" {
		streams = v.streams(tracker.Track)
	}
	downloads, commands := v.downloads(), v.commands()
	left, err := model.Run(model.Options{
		Source: v.settings.Source(), Initial: paste.Result{Requests: v.requests}, Bars: statusbar.Options{Host: "mined"}, Getenv: os.Getenv, Crash: v.crash,
		Options: actions.Options{Streams: streams, Downloads: downloads, Exec: commands},
		Clock: func() time.Time {
			v.step("update")
			v.poison()
			v.hang()
			return time.Now()
		},
	}, minedTracker{tracker, v.mine})
	status := cli.PrintSummary(left, false, err)
	downloads.Close()
	commands.Close()
	return status
}

// Write hangs once the mine is armed, if something is to.
func (m *mine) Write(text []byte) (int, error) {
	m.hang()
	return os.Stdout.Write(text)
}

// playWait waits for tasks as a script does, with nothing kept.
func playWait(place string, ids []string) int {
	v := setScene(place, ids)
	return cli.Watch(script.Options{
		Poller: poller.NewPoller(v.polling()), Requests: v.requests, Out: v.mine, Err: os.Stderr, JSON: true, Crash: v.crash,
		More: func(ctx context.Context, sink script.Sink) error {
			reader := v.streams(func(requests []queue.Request) poller.Tracked {
				sink.Track(requests)
				return poller.Tracked{First: -1}
			})
			reader.Run(ctx)
			return nil
		},
	})
}
