package poller

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// Service sends requests to a queue service. Each method returns an answer, or the fault why
// there is none. It must return when ctx ends, and within a bounded time. queue.Client
// implements it.
type Service interface {
	// Status asks for the status of a task, and with logs for its log lines.
	Status(ctx context.Context, r queue.Request, logs bool) (queue.Answer, *queue.Fault)
	Result(ctx context.Context, r queue.Request) (queue.ResultAnswer, *queue.Fault)
	Cancel(ctx context.Context, r queue.Request) (queue.CancelOutcome, *queue.Fault)
	// Create creates a task. It must not repeat the request where that could create two.
	Create(ctx context.Context, p queue.Payload) queue.CreateAnswer
	// CloseIdle closes the connections that no request uses.
	CloseIdle()
}

// Options configure a Poller.
type Options struct {
	Service Service
	// Rate is the most requests/s to one host.
	Rate float64
	// Concurrency is the most requests to one host at once.
	Concurrency int
	// Interval is the least time between two polls of one task; 0 for none.
	Interval time.Duration
	// FetchResults makes the poller fetch the result of every task that succeeds. If the service
	// reports failures only in the result it is fetched anyway, unless NoResults is set.
	FetchResults, NoResults bool
	// Hook marks each task that ends as HookDue, until ClaimHook.
	Hook bool
	// Store persists the tasks; nil for none.
	Store Store
	// Wall returns the wall-clock time, which is shown and stored; nil is time.Now. The
	// schedule does not use it.
	Wall func() time.Time
	// Random is the source of jitter and of the choice of probes; nil for a new one. Only
	// the poller's goroutine uses it.
	Random *rand.Rand
	// Paused has polling begin paused.
	Paused bool
	// Tasks are the tasks of an earlier run, with their Seqs. NewPoller takes ownership.
	Tasks []*Task
	// Payloads are the payloads of an earlier run. Their parameters are in the Store.
	Payloads []*Payload
}

// Poller tracks tasks and polls each until it has ended. Its methods may be called from
// any goroutine: before Run they block, after its end they do nothing.
type Poller struct {
	options              Options
	calls                chan func() // functions for the goroutine of Run
	done                 chan struct{}
	outbox               *outbox
	bodies, failedBodies *cache[[]byte] // raw answers, without a failure and with one
	results              *cache[FetchedResult]
	logs                 *cache[[]queue.LogLine]
	outcomes             chan *request  // requests that have returned
	requests             sync.WaitGroup // the goroutines of requests

	// The fields below are owned by the goroutine of Run.
	start           time.Time
	wallStart       time.Time // the start by the wall clock as it is set now, without a monotonic reading
	timer           *time.Timer
	wakeAt          time.Duration // when the timer fires
	tasks           []*Task       // by Seq; nil where none is tracked
	pollStates      []pollState   // by Seq
	tracked         map[queue.Key]int32
	payloads        map[int64]*Payload
	hosts           []*host
	changedTasks    []*Task
	changedPayloads []*Payload
	cancelReports   []CancelReport
	liveInBatch     map[int64]int // live tasks by batch, with those being created
	creating        int           // requests in flight that create tasks
	dirty           bool          // something changed that the three above do not have
	paused          bool
	opened          int32 // the task that the user has open, -1 for none
	stats           Stats
}

// NewPoller returns a poller. It does nothing until Run.
func NewPoller(o Options) *Poller {
	if o.Store == nil {
		o.Store = noStore{}
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Random == nil {
		o.Random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return &Poller{
		options:      o,
		calls:        make(chan func()),
		done:         make(chan struct{}),
		outbox:       newOutbox(),
		bodies:       newBodies(),
		failedBodies: newBodies(),
		results:      newCache(maxResultBytes, func(f FetchedResult) int { return len(f.Result.Raw) }),
		logs:         newCache(maxLogs, func([]queue.LogLine) int { return 1 }),
		outcomes:     make(chan *request),
		tracked:      map[queue.Key]int32{},
		payloads:     map[int64]*Payload{},
		liveInBatch:  map[int64]int{},
		opened:       -1,
		paused:       o.Paused,
	}
}

// Run polls until ctx ends. Then it cancels the requests in flight, except those that create
// tasks, and returns when all have returned. It may be called once.
func (p *Poller) Run(ctx context.Context) {
	defer close(p.done)
	defer p.requests.Wait()
	// Canceled before the wait above, so that no request outlasts the loop.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.begin()
	defer p.timer.Stop()
	for {
		select {
		case <-ctx.Done():
			p.awaitCreations()
			p.publish() // the outcomes of other requests in flight are lost
			return
		case call := <-p.calls:
			p.step(ctx, call)
		case <-p.timer.C:
			p.step(ctx, func() { p.wakeAt = plan.Never })
		case r := <-p.outcomes:
			p.step(ctx, func() { p.apply(r) })
		}
	}
}

// begin resumes the tasks and payloads of an earlier run. The timer fires at once.
func (p *Poller) begin() {
	p.start, p.wallStart = time.Now(), p.options.Wall().Round(0)
	p.timer = time.NewTimer(0)
	for _, payload := range p.options.Payloads {
		p.payloads[payload.Number] = payload
		p.reserveSeqs(payload.Row - 1)
	}
	p.resume(p.options.Tasks)
	p.resumePayloads(p.options.Payloads)
	p.options.Tasks, p.options.Payloads = nil, nil
}

// step changes the state with f, dispatches all requests that may be made now, and
// publishes the changes.
func (p *Poller) step(ctx context.Context, f func()) {
	p.followClock()
	f()
	now, wake := p.now(), plan.Never
	for _, h := range p.hosts {
		for len(h.inFlight) < p.options.Concurrency {
			r, at := h.pick(now, p.paused)
			if r == nil {
				wake = min(wake, at)
				break
			}
			p.dispatch(ctx, r, now)
		}
		wake = min(wake, h.reportSilence(now))
	}
	p.sleep(now, wake)
	p.publish()
}

// sleep sets the timer to a time, and stops it for plan.Never.
func (p *Poller) sleep(now, wake time.Duration) {
	if wake == p.wakeAt {
		return
	}
	p.wakeAt = wake
	if wake == plan.Never {
		p.timer.Stop()
		return
	}
	p.timer.Reset(max(wake-now, time.Millisecond))
}

// now returns the time since the start, by the monotonic clock. All times of the
// schedule are such durations, because the wall clock may be set.
func (p *Poller) now() time.Duration { return time.Since(p.start) }

// publish puts the changes into the outbox.
func (p *Poller) publish() {
	if len(p.changedTasks) == 0 && len(p.cancelReports) == 0 && len(p.changedPayloads) == 0 && !p.dirty {
		return
	}
	u := Update{Tasks: p.changedTasks, Payloads: p.changedPayloads, Cancels: p.cancelReports, Hosts: make([]HostStatus, len(p.hosts)), Paused: p.paused, Stats: p.stats}
	now := p.now()
	for i, h := range p.hosts {
		u.Hosts[i] = h.status(now)
	}
	p.outbox.put(u)
	p.changedTasks, p.cancelReports, p.changedPayloads, p.dirty = nil, nil, nil, false
}

// set replaces the snapshot of a task, also in the Store.
func (p *Poller) set(t *Task) {
	old := p.tasks[t.Seq]
	if t.State.Terminal() {
		t.CancelDue = false
		t.HookDue = t.HookDue || p.options.Hook && !old.State.Terminal()
	}
	p.countLive(old, -1)
	p.countLive(t, 1)
	p.tasks[t.Seq] = t
	if old.State != t.State && t.State.Terminal() {
		p.payloadEnded(t) // before Put: a viewer must not see the end before the next attempt
	}
	p.options.Store.Put(t, mustSync(old, t))
	p.changedTasks = append(p.changedTasks, t)
}

// change replaces the snapshot of a task by a copy that f has changed.
func (p *Poller) change(t *Task, f func(next *Task)) {
	next := *t
	f(&next)
	p.set(&next)
}

// task returns the task with a Seq, nil where none is tracked.
func (p *Poller) task(seq int32) *Task {
	if seq < 0 || int(seq) >= len(p.tasks) {
		return nil
	}
	return p.tasks[seq]
}

// each runs f on the goroutine of Run for each tracked task with one of the seqs, and waits for it.
func (p *Poller) each(seqs []int32, f func(t *Task)) {
	p.do(func() {
		for _, seq := range seqs {
			if t := p.task(seq); t != nil {
				f(t)
			}
		}
	})
}

// do runs f on the goroutine of Run and waits for it. After the end of Run it returns false
// without running f.
func (p *Poller) do(f func()) bool {
	ran := make(chan struct{})
	select {
	case p.calls <- func() { f(); close(ran) }:
		<-ran
		return true
	case <-p.done:
		return false
	}
}

// doOrRead is do for an f that only reads: after the end of Run it runs f on this goroutine.
func (p *Poller) doOrRead(f func()) {
	if !p.do(f) {
		f()
	}
}

// Next waits until something has changed, and returns the changes. While requests are in
// flight it returns at most once a tick (33 ms). It returns false when ctx ends. Only one
// goroutine at a time may call it. The changes are on disk before it returns, so that no end
// that the user saw is lost; otherwise StoreErr is the error.
func (p *Poller) Next(ctx context.Context) (Update, bool) {
	u, ok := p.outbox.next(ctx)
	if ok {
		u.StoreErr = p.options.Store.SyncSoon()
	}
	return u, ok
}

// Forward makes Next return changes of another process.
func (p *Poller) Forward(u Update) { p.outbox.put(u) }

// Wake makes Next return, even if nothing has changed.
func (p *Poller) Wake() { p.do(func() { p.dirty = true }) }
