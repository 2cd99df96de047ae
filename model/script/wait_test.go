package script

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/views/report"
)

func TestAllSucceed(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		b.run(Options{Requests: b.submit(20, "wan26_i2v", quick), JSON: true}, ExitOK, report.ReasonEnded)
		tasks, summary := b.objects()
		if got := events(tasks); !maps.Equal(got, map[string]int{report.EventQueued: 20, report.EventRunning: 20, report.EventEnded: 20}) {
			t.Errorf("the events are %v", got)
		}
		last := tasks[len(tasks)-1]
		if last.Outcome != report.OutcomeSucceeded || last.Status != "COMPLETED" || last.InferenceTime == nil || last.Queued == nil || last.Running == nil || last.Polls < 3 {
			t.Errorf("the last task is %+v", last)
		}
		if summary.Tasks != 20 || summary.Succeeded != 20 || summary.Live != 0 || summary.Elapsed < 15 || summary.Elapsed > 30 || summary.Polls < 60 || summary.Requests < summary.Polls {
			t.Errorf("the summary is %+v", summary)
		}
		if b.err.Len() > 0 {
			t.Errorf("standard error holds %q", b.err.String())
		}
	})
}

func TestSomeFail(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		canceled := simulator.Plan{Run: time.Second, Outcome: simulator.Outcome{ErrorType: queue.ErrorCanceled}}
		requests := slices.Concat(b.submit(3, "wan26_i2v", quick), b.submit(2, "wan26_i2v", blocked), b.submit(1, "wan26_i2v", canceled))
		b.run(Options{Requests: requests, JSON: true}, ExitFailed, report.ReasonEnded)
		tasks, summary := b.objects()
		if summary.Succeeded != 3 || summary.Failed != 2 || summary.Canceled != 1 {
			t.Errorf("the summary is %+v", summary)
		}
		i := slices.IndexFunc(tasks, func(o report.TaskObject) bool { return o.Outcome == report.OutcomeFailed })
		if i < 0 || tasks[i].ErrorType != queue.ErrorBlocked || tasks[i].Error != blocked.Outcome.Message {
			t.Errorf("the failure is told as %+v", tasks)
		}
	})
}

// TestCanceledAlone holds that a task which was canceled is no success.
func TestCanceledAlone(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		canceled := simulator.Plan{Run: time.Second, Outcome: simulator.Outcome{ErrorType: queue.ErrorCanceled}}
		b.run(Options{Requests: b.submit(1, "wan26_i2v", canceled)}, ExitFailed, report.ReasonEnded)
	})
}

// TestNotFound holds that a task nobody knows is told so, and that this comes
// before failures: what is known is not all.
func TestNotFound(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		requests := append(b.submit(1, "wan26_i2v", blocked), b.request("mmsu_01hnothere", "wan26_i2v"))
		b.run(Options{Requests: requests, JSON: true}, ExitUnknown, report.ReasonEnded)
		tasks, summary := b.objects()
		if summary.Unknown != 1 || summary.Failed != 1 {
			t.Errorf("the summary is %+v", summary)
		}
		if got := events(tasks); got[report.EventTrouble] != 1 || got[report.EventEnded] != 2 {
			t.Errorf("the events are %v: the same trouble is to be told once", got)
		}
		if last := tasks[len(tasks)-1]; last.Outcome != report.OutcomeUnknown || last.Error == "" {
			t.Errorf("the last task is %+v", last)
		}
	})
}

// TestUnauthorized holds that it ends when the key is refused, as nobody is there
// to give another.
func TestUnauthorized(t *testing.T) {
	withBench(t, faulty.Config{Key: "another"}, func(b *bench) {
		b.run(Options{Requests: b.submit(100, "wan26_i2v", quick), JSON: true}, ExitUnknown, report.ReasonRefused)
		b.says("localhost refuses the key", "100 of 100 tasks")
		if _, summary := b.objects(); summary.Live != 100 || summary.Polls > 20 {
			t.Errorf("the summary is %+v", summary)
		}
	})
}

// TestForbidden holds that an endpoint which the key may not use keeps nobody
// from waiting for the others, and then ends it.
func TestForbidden(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		sick := quick
		sick.Faults = []simulator.Fault{{Kind: faulty.Forbidden403}}
		requests := append(b.submit(5, "sora", sick), b.submit(5, "wan26_i2v", quick)...)
		b.run(Options{Requests: requests, JSON: true}, ExitUnknown, report.ReasonRefused)
		b.says("refuses the endpoint sora", "5 of 10 tasks")
		if _, summary := b.objects(); summary.Live != 5 || summary.Succeeded != 5 {
			t.Errorf("the summary is %+v", summary)
		}
	})
}

func TestTimeout(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		requests := append(b.submit(2, "wan26_i2v", endless), b.submit(1, "wan26_i2v", blocked)...)
		start := time.Now()
		b.run(Options{Requests: requests, JSON: true, Timeout: time.Minute}, ExitUnknown, report.ReasonTimeout)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		b.says("the time of 1m0s is up: 2 of 3 tasks have not ended")
		if _, summary := b.objects(); summary.Live != 2 || summary.Failed != 1 || summary.Elapsed != 60 {
			t.Errorf("the summary is %+v", summary)
		}
	})
}

func TestTimeoutOfOneTask(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		b.run(Options{Requests: b.submit(1, "wan26_i2v", endless), JSON: true, Timeout: time.Minute}, ExitUnknown, report.ReasonTimeout)
		b.says("the time of 1m0s is up: 1 of 1 tasks has not ended")
	})
}

func TestFailFast(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		requests := append(b.submit(2, "wan26_i2v", endless), b.submit(1, "wan26_i2v", blocked)...)
		b.run(Options{Requests: requests, JSON: true, FailFast: true}, ExitFailed, report.ReasonFailed)
		tasks, summary := b.objects()
		if summary.Live != 2 || summary.Failed != 1 || summary.Elapsed > 10 || tasks[len(tasks)-1].Outcome != report.OutcomeFailed {
			t.Errorf("the summary is %+v after %+v", summary, tasks)
		}
	})
}

// TestInterrupted holds that the summary is told however it is interrupted, and
// that the exit status is the signal's.
func TestInterrupted(t *testing.T) {
	for cause, exit := range map[error]int{
		Signaled{syscall.SIGINT}: ExitInterrupted, Signaled{syscall.SIGTERM}: 143, Signaled{syscall.SIGHUP}: 129, errors.New("x"): ExitInterrupted,
	} {
		withBench(t, faulty.Config{}, func(b *bench) {
			requests := append(b.submit(2, "wan26_i2v", endless), b.submit(1, "wan26_i2v", blocked)...)
			ctx, cancel := context.WithCancelCause(b.ctx)
			b.ctx = ctx
			time.AfterFunc(20*time.Second, func() { cancel(cause) })
			b.run(Options{Requests: requests, JSON: true}, exit, report.ReasonInterrupted)
			if _, summary := b.objects(); summary.Live != 2 || summary.Failed != 1 || summary.Elapsed != 20 {
				t.Errorf("%v: the summary is %+v", cause, summary)
			}
		})
	}
}

type writerFunc func(text []byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }

// slowToEnd is a poller that still waits for the answer to a submission when it is to end.
type slowToEnd struct {
	poller.Runner
	ending func()
}

func (r slowToEnd) Run(ctx context.Context) {
	r.Runner.Run(ctx)
	time.Sleep(time.Minute)
	r.ending()
}

// The process is ended two seconds after a signal: the summary does not wait for what is under way.
func TestSummaryDoesNotWaitForThePoller(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		ctx, cancel := context.WithCancelCause(b.ctx)
		time.AfterFunc(20*time.Second, func() { cancel(Signaled{syscall.SIGTERM}) })
		var ended atomic.Bool
		inTime := false
		out := writerFunc(func(text []byte) (int, error) {
			inTime = inTime || strings.Contains(string(text), `"event":"summary","reason":"interrupted"`) && !ended.Load()
			return b.out.Write(text)
		})
		o := Options{Requests: b.submit(1, "wan26_i2v", endless), Out: out, Err: &b.err, Crash: b.catcher(), JSON: true}
		o.Poller = slowToEnd{poller.NewPoller(b.poller), func() { ended.Store(true) }}
		if outcome, err := Run(ctx, o); outcome.Exit != 143 || err != nil || !inTime {
			t.Errorf("%+v, %v, the summary was written before the poller ended: %t: %s", outcome, err, inTime, b.out.String())
		}
	})
}

// TestMore holds that tasks may come while others are waited for, and that it
// goes on until there are no more.
func TestMore(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		o := Options{JSON: true, Requests: b.submit(1, "wan26_i2v", quick)}
		o.More = func(_ context.Context, sink Sink) error {
			time.Sleep(5 * time.Minute)
			sink.Track(append(b.submit(2, "wan26_i2v", quick), o.Requests...))
			return nil
		}
		b.run(o, ExitOK, report.ReasonEnded)
		if _, summary := b.objects(); summary.Tasks != 3 || summary.Succeeded != 3 || summary.Elapsed < 315 {
			t.Errorf("the summary is %+v", summary)
		}
	})
}

// TestMoreFails holds that what could not be read is told at once, that the rest
// is waited for, and that the exit status tells of it.
func TestMoreFails(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		o := Options{JSON: true, Requests: b.submit(1, "wan26_i2v", quick)}
		o.More = func(context.Context, Sink) error {
			return errors.New("standard input: input/output\nerror")
		}
		b.run(o, ExitUsage, report.ReasonEnded)
		b.says("polltop: standard input: input/output error\n")
		if _, summary := b.objects(); summary.Succeeded != 1 {
			t.Errorf("the summary is %+v", summary)
		}
	})
}

// TestMoreAfterRefusal holds that tasks named later are asked for, though the key
// was refused for the endpoint of the first.
func TestMoreAfterRefusal(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		sick := quick
		sick.Faults = []simulator.Fault{{Kind: faulty.Forbidden403}}
		o := Options{JSON: true, Requests: b.submit(2, "sora", sick)}
		o.More = func(_ context.Context, sink Sink) error {
			time.Sleep(time.Minute)
			sink.Track(b.submit(2, "wan26_i2v", quick))
			return nil
		}
		b.run(o, ExitUnknown, report.ReasonRefused)
		if _, summary := b.objects(); summary.Succeeded != 2 || summary.Live != 2 {
			t.Errorf("the summary is %+v", summary)
		}
	})
}

// TestTimeoutWithOpenInput holds that success is not told while more tasks may be
// named: by a pipe that has not ended, or a followed file that does not exist yet.
func TestTimeoutWithOpenInput(t *testing.T) {
	for name, n := range map[string]int{"all ended well": 2, "nothing named yet": 0} {
		t.Run(name, func(t *testing.T) {
			withBench(t, faulty.Config{}, func(b *bench) {
				o := Options{JSON: true, Timeout: time.Minute, Requests: b.submit(n, "wan26_i2v", quick)}
				o.More = func(ctx context.Context, _ Sink) error {
					<-ctx.Done()
					return ctx.Err()
				}
				b.run(o, ExitUnknown, report.ReasonTimeout)
				b.says("the input has not been read to its end")
				if _, summary := b.objects(); summary.Succeeded != n || summary.Live != 0 {
					t.Errorf("the summary is %+v", summary)
				}
			})
		})
	}
}

// TestBadLines holds that success is not told where a line of the input could not be
// read: it may have named a task.
func TestBadLines(t *testing.T) {
	for bad, exit := range map[int]int{0: ExitOK, 1: ExitUnknown} {
		withBench(t, faulty.Config{}, func(b *bench) {
			o := Options{JSON: true, Requests: b.submit(2, "wan26_i2v", quick), BadLines: func() int { return bad }}
			b.run(o, exit, report.ReasonEnded)
		})
	}
}

func TestNothingNamed(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		o := Options{Poller: poller.NewPoller(b.poller), Out: &b.out, Err: &b.err, Crash: b.catcher(), JSON: true}
		o.More = func(context.Context, Sink) error { return nil }
		outcome, err := Run(b.ctx, o)
		if outcome.Exit != ExitUsage || err == nil || !strings.Contains(err.Error(), "no task was named") {
			t.Errorf("%+v, %v", outcome, err)
		}
		if _, summary := b.objects(); summary.Tasks != 0 {
			t.Errorf("the summary is %+v", summary)
		}
	})
}

// withoutResult is a service that has lost the result of a task.
type withoutResult struct {
	poller.Service
	id string
}

func (s withoutResult) Result(ctx context.Context, r queue.Request) (queue.ResultAnswer, *queue.Fault) {
	if r.ID == s.id {
		return queue.ResultAnswer{}, &queue.Fault{Kind: queue.Missing, HTTP: 404, Message: "expired\nlong ago"}
	}
	return s.Service.Result(ctx, r)
}

// TestResults holds that the end of a task is told with its outputs, and without
// them where they can't be had.
func TestResults(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		two := quick
		two.Outputs = 2
		requests := slices.Concat(b.submit(1, "wan26_i2v", two), b.submit(1, "wan26_i2v", blocked), b.submit(1, "wan26_i2v", quick))
		b.poller.Service = withoutResult{b.client, requests[2].ID}
		b.run(Options{Requests: requests, JSON: true, Results: true, Timeout: time.Hour}, ExitFailed, report.ReasonEnded)
		tasks, summary := b.objects()
		if got := events(tasks); got[report.EventEnded] != 3 || summary.Succeeded != 2 {
			t.Fatalf("the events are %v, the summary %+v", got, summary)
		}
		outputs := map[string]int{}
		for _, task := range tasks {
			outputs[task.RequestID] += len(task.Outputs)
			if task.Event == report.EventEnded && (task.Trouble != "") != (task.RequestID == requests[2].ID) {
				t.Errorf("%s has the trouble %q", task.RequestID, task.Trouble)
			}
		}
		if want := map[string]int{requests[0].ID: 2, requests[1].ID: 0, requests[2].ID: 0}; !maps.Equal(outputs, want) {
			t.Errorf("the outputs are %v, want %v", outputs, want)
		}
		b.says("the result of " + requests[2].ID + " could not be fetched: HTTP 404: expired long ago")
	})
}
