package poller_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator/pipe"
)

// scripted is a service whose answers a test sets while it runs. The zero status and
// result are those of a task that has completed with an image.
type scripted struct {
	mu             sync.Mutex
	service        string // fal's if it is empty
	status, result func(w http.ResponseWriter)
	cancel         func(w http.ResponseWriter)
	reads, polls   int
	queries        []string
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer, usual := s.result, `{"images": [{"url": "https://cdn.example/1.png"}]}`
	switch {
	case r.Method == http.MethodPut:
		answer, usual = s.cancel, `{"status": "CANCELLATION_REQUESTED"}`
	case strings.HasSuffix(r.URL.Path, "/status"):
		s.polls++
		s.queries = append(s.queries, r.URL.RawQuery)
		answer, usual = s.status, `{"status": "COMPLETED"}`
	default:
		s.reads++
	}
	if answer == nil {
		fmt.Fprint(w, usual)
		return
	}
	answer(w)
}

// set changes the service's answers.
func (s *scripted) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// says returns an answer of an HTTP status and a body.
func says(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// withScripted runs a test with a poller that asks a scripted service as fal's.
func withScripted(t *testing.T, s *scripted, o poller.Options, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		base, err := queue.ParseBaseAs("http://localhost:80", cmp.Or(s.service, queue.Fal))
		if err != nil {
			t.Fatal(err)
		}
		listener, dial := pipe.Listen()
		server := &http.Server{Handler: s}
		go server.Serve(listener)
		defer server.Close()
		client := queue.NewClient(queue.ClientOptions{
			Header:  func(*queue.Base) http.Header { return http.Header{"Authorization": {"Key " + testKey}} },
			Timeout: 15 * time.Second, Concurrency: 4, UserAgent: "polltop/test", Dial: dial,
		})
		defer client.Close()
		o.Service, o.Rate, o.Concurrency, o.Interval = client, 10, 4, time.Second
		for _, task := range o.Tasks {
			task.Request.Base = base
		}
		b := &bench{t: t, poller: poller.NewPoller(o), base: base, tasks: map[int32]*poller.Task{}, start: time.Now()}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.poller.Run(ctx) }()
		defer func() { cancel(); <-done }()
		test(b)
	})
}

// is returns a condition: that the first task is in a state.
func (b *bench) is(state poller.State) func() bool {
	return func() bool { return b.tasks[0] != nil && b.tasks[0].State == state }
}

var gatewayPage = says(http.StatusGatewayTimeout, "<html><title>504 Gateway Time-out</title></html>")

func TestReadingShowsWhatIsInTheWay(t *testing.T) {
	s := &scripted{result: gatewayPage}
	withScripted(t, s, poller.Options{}, func(b *bench) {
		b.poller.Track([]queue.Request{b.request("r-1")})
		b.until("three tries", func() bool { return b.tasks[0] != nil && b.tasks[0].Failures >= 3 })
		if task := b.tasks[0]; task.State != poller.Reading || task.Trouble == nil || task.Trouble.HTTP != 504 || task.Next == 0 || b.hosts[0].Live != 1 {
			t.Errorf("the task is %+v, host %+v", task, b.hosts[0])
		}
		s.set(func() { s.result = nil })
		b.until("read", b.is(poller.Succeeded))
		if task := b.tasks[0]; task.Trouble != nil || task.Failures != 0 || !task.Fetched || b.hosts[0].Live != 0 {
			t.Errorf("the task is %+v, host %+v", task, b.hosts[0])
		}
		if s.polls != 1 {
			t.Errorf("%d polls of a task that has completed", s.polls)
		}
	})
}

func TestAReadTaskTellsWhatItMade(t *testing.T) {
	image := `{"url": "https://cdn.test/a.png", "content_type": "image/png", "width": 512, "height": 384}`
	for _, c := range []struct{ body, want string }{
		{`{"images": [` + image + `]}`, "1 image 512×384"},
		{`{"images": [` + image + `, ` + strings.Replace(image, "a.png", "b.png", 1) + `], "video": {"url": "https://cdn.test/a.mp4", "content_type": "video/mp4"}}`, "2 images 512×384, 1 video"},
		{`{"images": [` + image + `, {"url": "https://cdn.test/b.png", "content_type": "image/png", "width": 64, "height": 64}]}`, "2 images"},
		{`{"seed": 4}`, ""},
	} {
		withScripted(t, &scripted{result: says(200, c.body)}, poller.Options{}, func(b *bench) {
			b.poller.Track([]queue.Request{b.request("r-1")})
			b.until("read", b.is(poller.Succeeded))
			if task := b.tasks[0]; task.OutputSummary != c.want || !task.Fetched {
				t.Errorf("of %s it tells %q, want %q", c.body, task.OutputSummary, c.want)
			}
		})
	}
}

func TestUnreadIsReadWhenAskedFor(t *testing.T) {
	s := &scripted{result: gatewayPage}
	withScripted(t, s, poller.Options{}, func(b *bench) {
		b.poller.Track([]queue.Request{b.request("r-1")})
		b.until("given up", b.is(poller.Unread))
		task := b.tasks[0]
		if !strings.HasPrefix(task.Error, "result not had: HTTP 504") || !task.Problem() || task.NextStep != string(queue.StepWait) || b.hosts[0].Live != 0 {
			t.Errorf("the task is %+v, host %+v", task, b.hosts[0])
		}
		b.poller.PollNow(0)
		b.until("read again", b.is(poller.Reading))
		s.set(func() { s.result = nil })
		b.poller.PollNow(0) // at once, not after its wait
		if at := b.until("read", b.is(poller.Succeeded)); b.tasks[0].Error != "" || at > 12*time.Minute {
			t.Errorf("the task is %+v after %v", b.tasks[0], at)
		}
	})
}

// TestReadingGoesOnAfterARestart holds that a task whose result was being read when the
// program ended is read, not polled, and that one left unread by --no-results is read
// without it.
func TestReadingGoesOnAfterARestart(t *testing.T) {
	s := &scripted{}
	tasks := []*poller.Task{
		{Seq: 0, State: poller.Reading, Request: queue.Request{ID: "r-0", Endpoint: "a/b"}, Ended: 1},
		{Seq: 1, State: poller.Unread, Request: queue.Request{ID: "r-1", Endpoint: "a/b"}, Ended: 1, Error: "not read"},
		{Seq: 2, State: poller.Unread, Request: queue.Request{ID: "r-2", Endpoint: "a/b"}, Ended: 1, Trouble: &queue.Fault{Kind: queue.Gateway}},
	}
	withScripted(t, s, poller.Options{Tasks: tasks}, func(b *bench) {
		b.until("read", func() bool { return b.is(poller.Succeeded)() && b.tasks[1].State == poller.Succeeded })
		b.pass(time.Minute)
		if s.polls != 0 || s.reads != 2 || b.tasks[2].State != poller.Unread || b.tasks[0].Ended != 1 {
			t.Errorf("%d polls, %d reads, tasks %+v", s.polls, s.reads, b.tasks)
		}
	})
}

// TestResultThatIsGoneAtOnceIsNoSuccess holds that success is not left standing where the
// result was to be read at the end and the service does not have it; one that is only
// looked at later has succeeded.
func TestResultThatIsGoneAtOnceIsNoSuccess(t *testing.T) {
	for answer, state := range map[string]poller.State{
		`{"detail": "gone", "error_type": "request_expired"}`: poller.Expired, `{"detail": "unknown", "error_type": "request_not_found"}`: poller.NotFound,
	} {
		code := map[poller.State]int{poller.Expired: http.StatusGone, poller.NotFound: http.StatusNotFound}[state]
		for _, first := range []bool{true, false} {
			s := &scripted{service: queue.Comfy, result: says(code, answer)}
			withScripted(t, s, poller.Options{FetchResults: first}, func(b *bench) {
				b.poller.Track([]queue.Request{{ID: "r-1", Endpoint: "bfl/flux-2-pro", Base: b.base}})
				want := state
				if !first {
					want = poller.Succeeded
					b.until("done", b.is(want))
					b.poller.Fetch(0)
				}
				b.until(want.String(), b.is(want))
				b.pass(time.Minute)
				if task := b.tasks[0]; task.State != want || s.reads != 1 {
					t.Errorf("read at the end: %v, the task is %+v after %d reads", first, task, s.reads)
				}
			})
		}
	}
}

func TestUntrackedWhileReading(t *testing.T) {
	s := &scripted{result: gatewayPage}
	withScripted(t, s, poller.Options{}, func(b *bench) {
		b.poller.Track([]queue.Request{b.request("r-1")})
		b.until("a try", func() bool { return b.tasks[0] != nil && b.tasks[0].Failures >= 1 })
		gone := b.poller.Untrack(0)
		b.pass(time.Minute)
		reads := s.reads
		b.pass(5 * time.Minute)
		if s.reads != reads || b.hosts[0].Live != 0 {
			t.Errorf("%d reads of a task that is not tracked, %d live", s.reads-reads, b.hosts[0].Live)
		}
		s.set(func() { s.result = nil })
		b.poller.Restore(gone)
		b.until("read", b.is(poller.Succeeded))
		if s.reads != reads+1 || b.hosts[0].Live != 0 {
			t.Errorf("%d reads, %d live", s.reads-reads, b.hosts[0].Live)
		}
	})
}

// TestCancelThatRemovesATask holds that fal's answer for a task that waited ends it,
// though the service does not know it any more.
func TestCancelThatRemovesATask(t *testing.T) {
	s := &scripted{status: says(202, `{"status": "IN_QUEUE", "queue_position": 3}`), cancel: says(200, `{"status": "OK"}`)}
	withScripted(t, s, poller.Options{}, func(b *bench) {
		b.poller.Track([]queue.Request{b.request("r-1")})
		b.until("queued", b.is(poller.Queued))
		s.set(func() { s.status = says(404, `{"detail": "Not found"}`) })
		b.poller.Cancel(0)
		b.until("canceled", b.is(poller.Canceled))
		polls := s.polls
		b.pass(5 * time.Minute)
		if task := b.tasks[0]; task.State != poller.Canceled || task.Canceling || s.polls > polls || b.hosts[0].Live != 0 {
			t.Errorf("the task is %+v, %d polls more", task, s.polls-polls)
		}
	})
}

// TestLogsOfTheOpenTask holds that the task that is open is asked for its log, that the
// moving window's lines are added up, and that another is not asked so.
func TestLogsOfTheOpenTask(t *testing.T) {
	window := func(from int) func(http.ResponseWriter) {
		var lines []string
		for i := range 3 {
			lines = append(lines, fmt.Sprintf(`{"timestamp": "2026-01-01T00:00:%02dZ", "message": "step", "level": "INFO"}`, from+i))
		}
		return says(202, `{"status": "IN_PROGRESS", "logs": [`+strings.Join(lines, ",")+`]}`)
	}
	s := &scripted{status: window(0)}
	withScripted(t, s, poller.Options{}, func(b *bench) {
		b.poller.Track([]queue.Request{b.request("r-1")})
		b.until("running", b.is(poller.Running))
		if s.queries[0] != "" {
			t.Errorf("a task that nobody looks at is asked with %q", s.queries[0])
		}
		b.poller.SetViewed(0, nil)
		for from := 1; from <= 4; from++ {
			s.set(func() { s.status = window(from) })
			b.pass(10 * time.Second)
		}
		lines := b.poller.Logs(0)
		if s.queries[len(s.queries)-1] != "logs=1" || len(lines) < 6 || lines[len(lines)-1].Time != "2026-01-01T00:00:06Z" {
			t.Errorf("asked with %q, the lines are %v", s.queries[len(s.queries)-1], lines)
		}
		for i := 1; i < len(lines); i++ {
			if lines[i].Time <= lines[i-1].Time {
				t.Errorf("the lines are %v", lines)
			}
		}
		// The log of a task that has ended is asked for once.
		b.poller.SetViewed(-1, nil)
		s.set(func() { s.status = nil })
		b.until("ended", b.is(poller.Succeeded))
	})
}

func TestLogOfAnEndedTaskIsAskedForOnce(t *testing.T) {
	s := &scripted{status: says(200, `{"status": "COMPLETED", "logs": [{"timestamp": "t", "message": "done"}]}`)}
	withScripted(t, s, poller.Options{}, func(b *bench) {
		b.poller.Track([]queue.Request{b.request("r-1")})
		b.until("ended", b.is(poller.Succeeded))
		for range 3 {
			b.poller.FetchLogs(0)
			b.pass(5 * time.Second)
		}
		if asked := strings.Join(s.queries, " "); asked != " logs=1" {
			t.Errorf("the queries are %q", asked)
		}
		if lines := b.poller.Logs(0); len(lines) != 1 || lines[0].Message != "done" {
			t.Errorf("the lines are %v", lines)
		}
	})
}
