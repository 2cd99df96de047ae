package poller_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// service is a service that is called for each poll.
type service func(ctx context.Context, r queue.Request) (queue.Answer, *queue.Fault)

func (s service) Status(ctx context.Context, r queue.Request, _ bool) (queue.Answer, *queue.Fault) {
	return s(ctx, r)
}

func (service) CloseIdle() {}

func (service) Result(context.Context, queue.Request) (queue.ResultAnswer, *queue.Fault) {
	return queue.ResultAnswer{HTTP: 200}, nil
}

func (service) Create(context.Context, queue.Payload) queue.CreateAnswer {
	return queue.CreateAnswer{Outcome: queue.CreationRejected, Fault: &queue.Fault{Kind: queue.Refused}}
}

func (service) Cancel(context.Context, queue.Request) (queue.CancelOutcome, *queue.Fault) {
	return 0, nil
}

// requests returns n requests to a host.
func requests(tb testing.TB, n int) []queue.Request {
	tb.Helper()
	base, err := queue.ParseBase("http://api.test")
	if err != nil {
		tb.Fatal(err)
	}
	out := make([]queue.Request, n)
	for i := range out {
		out[i] = queue.Request{ID: fmt.Sprintf("mmsu_%08d", i), Endpoint: "wan26_i2v", Base: base}
	}
	return out
}

var completed = queue.Answer{Status: queue.OutcomeSucceeded, QueuePosition: -1, InferenceTime: -1}

// A panic in a request is one of Run's, whose caller can recover it, once all the
// other requests have ended.
func TestPanicInARequestIsRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under atomic.Int32
		p := poller.NewPoller(poller.Options{Rate: 100, Concurrency: 4, Service: service(func(ctx context.Context, r queue.Request) (queue.Answer, *queue.Fault) {
			under.Add(1)
			defer under.Add(-1)
			if r.ID == "mmsu_00000002" {
				panic("a mistake")
			}
			<-ctx.Done()
			time.Sleep(time.Second)
			return completed, nil
		})})
		told := make(chan any)
		go func() {
			defer func() {
				told <- fmt.Sprint(recover())
				told <- under.Load()
			}()
			p.Run(t.Context())
		}()
		p.Track(requests(t, 4))
		if what := (<-told).(string); !strings.HasPrefix(what, "a mistake\n") || !strings.Contains(what, "request_test.go") {
			t.Errorf("Run panicked with %q, want the value and where it was", what)
		}
		if n := <-told; n != int32(0) {
			t.Errorf("%d requests outlast Run", n)
		}
		if tracked := p.Track(requests(t, 1)); tracked.Added != 0 {
			t.Error("something is tracked after the end of Run")
		}
	})
}

// So is a panic while an answer is applied.
func TestPanicWhileAnAnswerIsAppliedIsRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := poller.NewPoller(poller.Options{Rate: 100, Concurrency: 4, Store: broken{}, Service: service(func(context.Context, queue.Request) (queue.Answer, *queue.Fault) {
			return completed, nil
		})})
		told := make(chan string)
		go func() {
			defer func() { told <- fmt.Sprintf("%v\n%s", recover(), debug.Stack()) }()
			p.Run(t.Context())
		}()
		p.Track(requests(t, 4))
		if what := <-told; !strings.HasPrefix(what, "no disk\n") || !strings.Contains(what, "PutAnswer") {
			t.Errorf("Run panicked with %q, want the value and where it was", what)
		}
	})
}

func (broken) WritePayload(*poller.Payload) error { return nil }
func (broken) AddPayloads(func() (*poller.Payload, []byte, error)) (int64, int, error) {
	return 0, 0, nil
}

// broken is a keeper that panics when it is given an answer.
type broken struct{}

func (broken) Put(*poller.Task, bool)      {}
func (broken) Drop(int32)                  {}
func (broken) PutAnswer(int32, []byte)     { panic("no disk") }
func (broken) PutResult(int32, []byte)     {}
func (broken) PutPayload(*poller.Payload)  {}
func (broken) Input(int64) ([]byte, bool)  { return nil, false }
func (broken) Sync() error                 { return nil }
func (broken) SyncSoon() error             { return nil }
func (broken) Answer(int32) ([]byte, bool) { return nil, false }
func (broken) Result(int32) ([]byte, bool) { return nil, false }

// Run returns when no request is under way any more, and what those brought that
// were given up is not taken in.
func TestRunOutlastsItsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := poller.NewPoller(poller.Options{Rate: 100, Concurrency: 4, Service: service(func(ctx context.Context, _ queue.Request) (queue.Answer, *queue.Fault) {
			<-ctx.Done()
			time.Sleep(3 * time.Second)
			return completed, nil
		})})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan time.Time)
		go func() { p.Run(ctx); done <- time.Now() }()
		p.Track(requests(t, 8))
		time.Sleep(time.Second)
		canceled := time.Now()
		cancel()
		if took := (<-done).Sub(canceled); took != 3*time.Second {
			t.Errorf("Run returned after %s, want the requests' 3s", took)
		}
		u, ok := p.Next(t.Context())
		if !ok || u.Stats.InFlight != 4 || u.Stats.Answers != 0 || len(u.Tasks) != 8 {
			t.Errorf("the last update: %+v", u)
		}
	})
}

// Each of many hosts has its own concurrency, and workers go from one to the other.
func TestWorkersServeAllHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most [2]atomic.Int32
		p := poller.NewPoller(poller.Options{Rate: 1000, Concurrency: 3, Service: service(func(_ context.Context, r queue.Request) (queue.Answer, *queue.Fault) {
			i := 0
			if r.Base.Host() == "other.test" {
				i = 1
			}
			n := under[i].Add(1)
			defer under[i].Add(-1)
			most[i].Store(max(most[i].Load(), n))
			time.Sleep(time.Duration(1+9*i) * time.Millisecond)
			return completed, nil
		})})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan bool)
		go func() { p.Run(ctx); done <- true }()
		other, err := queue.ParseBase("http://other.test")
		if err != nil {
			t.Fatal(err)
		}
		there := requests(t, 100)
		for i := range there {
			there[i].Base = other
		}
		p.Track(append(there, requests(t, 100)...))
		time.Sleep(time.Minute)
		u, _ := p.Next(ctx)
		if u.Stats.Answers != 200 || most[0].Load() != 3 || most[1].Load() != 3 {
			t.Errorf("%d answers, at most %d and %d requests at once; want 200, 3 and 3", u.Stats.Answers, most[0].Load(), most[1].Load())
		}
		cancel()
		<-done
	})
}

// BenchmarkPolls is what a poll costs the poller itself, beside the request: each
// is answered at once, and its task ends.
func BenchmarkPolls(b *testing.B) {
	b.ReportAllocs()
	p := poller.NewPoller(poller.Options{Rate: 1e9, Concurrency: 32, Service: service(func(context.Context, queue.Request) (queue.Answer, *queue.Fault) {
		return completed, nil
	})})
	all := requests(b, b.N)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan bool)
	b.ResetTimer()
	go func() { p.Run(ctx); done <- true }()
	p.Track(all)
	for answers := uint64(0); answers < uint64(b.N); {
		u, _ := p.Next(ctx)
		answers = u.Stats.Answers
	}
	b.StopTimer()
	cancel()
	<-done
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "polls/s")
}
