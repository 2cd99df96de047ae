package poller_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/simulatortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a poller that asks a simulator over real HTTP on pipes in memory,
// with the clock of synctest: minutes pass in milliseconds, and exactly.
type bench struct {
	t       *testing.T
	server  *faulty.Server
	poller  *poller.Poller
	base    *queue.Base
	tasks   map[int32]*poller.Task
	hosts   []poller.HostStatus
	cancels []poller.CancelReport
	stats   poller.Stats
	start   time.Time
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	stop    func()
}

const testKey = simulatortest.Key

// withBench runs a test within a bubble of its own.
func withBench(t *testing.T, config faulty.Config, o poller.Options, test func(b *bench)) {
	t.Helper()
	simulatortest.Run(t, func() *faulty.Server { return faulty.New(config) }, func(t *testing.T, s *faulty.Server, c *simulatortest.Client) {
		base, err := queue.ParseBase("http://localhost:80" + simulator.BasePath)
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{t: t, server: s, base: base, start: time.Now(), dial: c.Dial, stop: func() {}}
		b.run(o)
		defer func() { b.stop() }()
		test(b)
	})
}

// run ends the poller that runs, if one does, and starts another at the same server.
func (b *bench) run(o poller.Options) {
	b.stop()
	if o.Concurrency == 0 {
		o.Concurrency = 16
	}
	client := simulatortest.NewQueueClient(o.Concurrency, b.dial)
	o.Service = client
	if o.Random == nil {
		o.Random = rand.New(rand.NewPCG(1, 2))
	}
	b.poller, b.tasks = poller.NewPoller(o), map[int32]*poller.Task{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.poller.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		client.Close()
	})
}

// submit submits n tasks with a plan and returns their requests.
func (b *bench) submit(n int, plan simulator.Plan) []queue.Request {
	requests := make([]queue.Request, n)
	for i := range requests {
		requests[i] = b.request(b.server.Submit("wan26_i2v", plan))
	}
	return requests
}

func (b *bench) request(id string) queue.Request {
	return queue.Request{ID: id, Endpoint: "wan26_i2v", Base: b.base}
}

// pass takes in updates until the given time has passed.
func (b *bench) pass(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	for b.next(ctx) {
	}
	synctest.Wait()
}

func (b *bench) next(ctx context.Context) bool {
	u, ok := b.poller.Next(ctx)
	if !ok {
		return false
	}
	for _, t := range u.Tasks {
		b.tasks[t.Seq] = t
	}
	b.hosts, b.stats = u.Hosts, u.Stats
	b.cancels = append(b.cancels, u.Cancels...)
	return true
}

// until takes in updates until the condition holds, for an hour at most, and then
// lets everything happen that is to at that moment: a request that was chosen before
// it is under way afterwards.
func (b *bench) until(what string, holds func() bool) time.Duration {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	for !holds() {
		if !b.next(ctx) {
			b.t.Fatalf("after an hour still not: %s; tasks: %s", what, b.summary())
		}
	}
	synctest.Wait()
	return time.Since(b.start)
}

// ended reports whether n tasks are terminal.
func (b *bench) ended(n int) func() bool {
	return func() bool {
		count := 0
		for _, t := range b.tasks {
			if t.State.Terminal() {
				count++
			}
		}
		return count == n
	}
}

func (b *bench) summary() string {
	counts := map[string]int{}
	for _, t := range b.tasks {
		counts[t.State.String()]++
	}
	return fmt.Sprint(counts)
}

// task returns the latest snapshot of the one tracked task with an id.
func (b *bench) task(id string) *poller.Task {
	b.t.Helper()
	for _, t := range b.tasks {
		if t.Request.ID == id {
			return t
		}
	}
	b.t.Fatalf("no task %s has been handed out", id)
	return nil
}
