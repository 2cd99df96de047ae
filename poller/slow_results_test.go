package poller_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// hanging is a service of which every result hangs until its time-out.
type hanging struct{ service }

func (hanging) Result(ctx context.Context, _ queue.Request) (queue.ResultAnswer, *queue.Fault) {
	select {
	case <-ctx.Done():
	case <-time.After(15 * time.Second):
	}
	return queue.ResultAnswer{}, &queue.Fault{Kind: queue.TimedOut, Message: "no answer"}
}

// Results that hang, be they read by themselves or because the user asks for them, leave
// the polls of running tasks enough of the slots.
func TestResultsThatHangLeaveSlotsToPolls(t *testing.T) {
	for _, asked := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var polls atomic.Int32
			p := poller.NewPoller(poller.Options{Rate: 20, Concurrency: 8, Interval: time.Second, Service: hanging{func(_ context.Context, r queue.Request) (queue.Answer, *queue.Fault) {
				if !strings.HasSuffix(r.ID, "0") {
					return completed, nil
				}
				polls.Add(1)
				return queue.Answer{Status: queue.OutcomeRunning, QueuePosition: -1, InferenceTime: -1}, nil
			}}})
			base, err := queue.ParseBaseAs("http://api.test", queue.Fal)
			if err != nil {
				t.Fatal(err)
			}
			batch := requests(t, 80)
			for i := range batch {
				batch[i].Base = base
			}
			ctx, cancel := context.WithCancel(t.Context())
			go p.Run(ctx)
			p.Track(batch)
			time.Sleep(10 * time.Second)
			if asked {
				for seq := range int32(80) {
					p.PollNow(seq)
				}
			}
			before := polls.Load()
			time.Sleep(time.Minute)
			if n := polls.Load() - before; n < 60 {
				t.Errorf("asked %v: 8 running tasks were polled %d times in a minute, want 60 at least", asked, n)
			}
			cancel()
			synctest.Wait()
		})
	}
}

// huge is a service of which every result is too long to be read.
type huge struct{ service }

func (huge) Result(context.Context, queue.Request) (queue.ResultAnswer, *queue.Fault) {
	return queue.ResultAnswer{HTTP: 200, TooLong: true, Error: "the result is longer than 32 MiB"}, nil
}

// A result that is too long to be read is a success whose outputs were not had, not one
// that made nothing.
func TestResultThatIsTooLongIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := poller.NewPoller(poller.Options{Rate: 20, Concurrency: 8, Interval: time.Second, Service: huge{func(context.Context, queue.Request) (queue.Answer, *queue.Fault) {
			return completed, nil
		}}})
		base, err := queue.ParseBaseAs("http://api.test", queue.Fal)
		if err != nil {
			t.Fatal(err)
		}
		batch := requests(t, 1)
		batch[0].Base = base
		ctx, cancel := context.WithCancel(t.Context())
		go p.Run(ctx)
		p.Track(batch)
		time.Sleep(10 * time.Second)
		task := p.Tasks()[0]
		if fetched, _ := p.Result(0); task.State != poller.Succeeded || task.Fetched || fetched.Fault == nil || !strings.Contains(fetched.Fault.Error(), "32 MiB") {
			t.Errorf("%s with %+v", task.State, fetched)
		}
		cancel()
		synctest.Wait()
	})
}
