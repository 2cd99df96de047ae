package script

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polltop/model/crash"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/simulatortest"
	"polltop/views/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a simulator over pipes in memory with the clock of synctest, and what
// was written while it was watched.
type bench struct {
	t        *testing.T
	server   *faulty.Server
	base     *queue.Base
	client   *queue.Client
	out, err bytes.Buffer
	ctx      context.Context
	poller   poller.Options
}

// withBench runs a test within a bubble of its own.
func withBench(t *testing.T, config faulty.Config, test func(b *bench)) {
	t.Helper()
	simulatortest.Run(t, func() *faulty.Server { return faulty.New(config) }, func(t *testing.T, s *faulty.Server, c *simulatortest.Client) {
		base, err := queue.ParseBase("http://localhost:80" + simulator.BasePath)
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{t: t, server: s, base: base, ctx: t.Context(), client: simulatortest.NewQueueClient(16, c.Dial)}
		defer b.client.Close()
		b.poller = poller.Options{Service: b.client, Rate: 100, Concurrency: 16, Interval: 2 * time.Second}
		test(b)
	})
}

// submit submits n tasks with a plan and returns their requests.
func (b *bench) submit(n int, endpoint string, plan simulator.Plan) []queue.Request {
	requests := make([]queue.Request, n)
	for i := range requests {
		requests[i] = b.request(b.server.Submit(endpoint, plan), endpoint)
	}
	return requests
}

func (b *bench) request(id, endpoint string) queue.Request {
	return queue.Request{ID: id, Endpoint: endpoint, Base: b.base}
}

// run watches, and fails the test unless it ends with an exit status and for a
// reason.
func (b *bench) run(o Options, exit int, reason string) {
	b.t.Helper()
	b.poller.FetchResults = o.Results
	if o.Once {
		b.poller.Interval = OnceInterval
	}
	o.Poller = poller.NewPoller(b.poller)
	if o.Out == nil {
		o.Out = &b.out
	}
	o.Err, o.Crash = &b.err, b.catcher()
	got, err := Run(b.ctx, o)
	if err != nil {
		b.t.Errorf("the error is %v", err)
	}
	if got.Exit != exit || got.Reason != reason {
		b.t.Errorf("the exit status is %d (%s), want %d (%s)\n%s%s", got.Exit, got.Reason, exit, reason, b.out.String(), b.err.String())
	}
}

// catcher returns what catches panics in a test.
func (b *bench) catcher() *crash.Catcher {
	return crash.New("test", func(s string) string { return s }, b.t.TempDir())
}

// objects returns what was written as JSON: the tasks' objects and the last one,
// the summary.
func (b *bench) objects() (tasks []report.TaskObject, summary report.SummaryObject) {
	b.t.Helper()
	lines := strings.Split(strings.TrimSuffix(b.out.String(), "\n"), "\n")
	for i, line := range lines {
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		if i == len(lines)-1 {
			if err := decoder.Decode(&summary); err != nil || summary.Event != report.EventSummary {
				b.t.Fatalf("the last line is no summary (%v): %s", err, line)
			}
			return tasks, summary
		}
		if strings.Contains(line, `"event":"`+report.EventWaiting+`"`) {
			continue // TestWaitsAreTold looks at them
		}
		var task report.TaskObject
		if err := decoder.Decode(&task); err != nil {
			b.t.Fatalf("%s: %v", line, err)
		}
		tasks = append(tasks, task)
	}
	return tasks, summary
}

// events returns how often each event was told.
func events(tasks []report.TaskObject) map[string]int {
	counts := map[string]int{}
	for _, task := range tasks {
		counts[task.Event]++
	}
	return counts
}

// says fails the test unless standard error holds each of the texts once.
func (b *bench) says(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if strings.Count(b.err.String(), text) != 1 {
			b.t.Errorf("standard error does not say %q once:\n%s", text, b.err.String())
		}
	}
}

var (
	quick   = simulator.Plan{Queue: 5 * time.Second, Run: 10 * time.Second}
	blocked = simulator.Plan{Queue: time.Second, Run: 3 * time.Second, Outcome: simulator.Outcome{ErrorType: queue.ErrorBlocked, Message: "output was blocked by\nsafety \x1b[31mpolicy"}}
	endless = simulator.Plan{Run: 1000 * time.Hour}
)
