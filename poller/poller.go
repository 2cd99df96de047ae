package poller

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// Service asks a queue service about requests. Each method returns an answer, or a fault
// that says why there is none. It must return when ctx ends, and within a bounded time. A
// queue.Client is one.
type Service interface {
	// Status asks for the log lines too where that is wished.
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
	// Results has the result of every task that succeeds fetched. Where the service
	// reports failures only in the result it is fetched anyway, unless NoResults is set.
	Results, NoResults bool
	// Hook marks each task that ends as HookDue, until ClaimHook.
	Hook bool
	// Store keeps the tasks on disk; nil for none.
	Store Store
	// Wall returns the time of day; nil is time.Now. It is used for times that are shown
	// or stored, never for the schedule.
	Wall func() time.Time
	// Random is the source of jitter and of the choice of probes; nil for a new one. Only
	// the poller's goroutine uses it.
	Random *rand.Rand
	// Tasks are those of an earlier run, each with its own Seq. The poller owns them from
	// then on.
	Tasks []*Task
	// Payloads are those of an earlier run that are in the Store.
	Payloads []*Payload
}

// Poller tracks tasks and polls each until it has ended. Its methods may be called from
// any goroutine: before Run they wait for it, after its end they do nothing.
type Poller struct {
	options          Options
	ops              chan func()
	done             chan struct{}
	outbox           *outbox
	bodies, failures *cache[[]byte]
	results          *cache[Fetched]
	logs             *cache[[]queue.LogLine]
	answers          chan *request  // of requests that have returned
	running          sync.WaitGroup // the goroutines of requests

	// What follows is owned by the goroutine of Run.
	start     time.Time
	wallStart time.Time // the start by the wall clock as it is set now, without a monotonic reading
	timer     *time.Timer
	wakes     time.Duration // when the timer fires
	tasks     []*Task
	slots     []slot
	tracked   map[queue.Key]int32 // Seqs of the tracked tasks
	payloads  map[int64]*Payload
	hosts     []*host
	changed   []*Task
	moved     []*Payload // those that changed
	canceled  []CancelReport
	liveOf    map[int64]int // live tasks by batch, with those being created
	creating  int           // requests under way that create tasks
	dirty     bool          // something but a task changed
	paused    bool
	opened    int32 // the task that the user has open, -1 for none
	stats     Stats
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
		options:  o,
		ops:      make(chan func()),
		done:     make(chan struct{}),
		outbox:   newOutbox(),
		bodies:   newBodies(),
		failures: newBodies(),
		results:  newCache(resultsMost, func(f Fetched) int { return len(f.Result.Raw) }),
		logs:     newCache(logsMost, func([]queue.LogLine) int { return 1 }),
		answers:  make(chan *request),
		tracked:  map[queue.Key]int32{},
		payloads: map[int64]*Payload{},
		liveOf:   map[int64]int{},
		opened:   -1,
	}
}

// Run polls until ctx ends. It cancels the requests under way then, but for those that create
// tasks, and returns when all have returned. It may be called once.
func (p *Poller) Run(ctx context.Context) {
	defer close(p.done)
	defer p.running.Wait()
	// Canceled before the wait above, so that no request outlasts the loop.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.begin()
	defer p.timer.Stop()
	for {
		select {
		case <-ctx.Done():
			p.awaitCreations()
			p.publish() // the results of other requests under way are lost
			return
		case op := <-p.ops:
			p.step(ctx, op)
		case <-p.timer.C:
			p.step(ctx, func() { p.wakes = plan.Never })
		case r := <-p.answers:
			p.step(ctx, func() { p.apply(r) })
		}
	}
}

// begin resumes the tasks of an earlier run. The timer fires at once, for the first
// requests.
func (p *Poller) begin() {
	p.start, p.wallStart = time.Now(), p.options.Wall().Round(0)
	p.timer = time.NewTimer(0)
	for _, payload := range p.options.Payloads {
		p.payloads[payload.Number] = payload
		p.reserve(payload.Row - 1)
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
		for len(h.flights) < p.options.Concurrency {
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

// sleep sets the timer to a time, or to none for plan.Never.
func (p *Poller) sleep(now, wake time.Duration) {
	if wake == p.wakes {
		return
	}
	p.wakes = wake
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
	if len(p.changed) == 0 && len(p.canceled) == 0 && len(p.moved) == 0 && !p.dirty {
		return
	}
	u := Update{Tasks: p.changed, Payloads: p.moved, Cancels: p.canceled, Hosts: make([]HostStatus, len(p.hosts)), Paused: p.paused, Stats: p.stats}
	now := p.now()
	for i, h := range p.hosts {
		u.Hosts[i] = h.status(now)
	}
	p.outbox.put(u)
	p.changed, p.canceled, p.moved, p.dirty = nil, nil, nil, false
}

// set stores the next snapshot of a task, on disk as well.
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
		p.payloadEnded(t) // before the task is on disk, so that no viewer takes this for the end
	}
	p.options.Store.Put(t, mustSync(old, t))
	p.changed = append(p.changed, t)
}

// change stores the next snapshot of a task, which f makes of a copy of the last one.
func (p *Poller) change(t *Task, f func(next *Task)) {
	next := *t
	f(&next)
	p.set(&next)
}

// task returns a tracked task, nil for a Seq of none.
func (p *Poller) task(seq int32) *Task {
	if seq < 0 || int(seq) >= len(p.tasks) {
		return nil
	}
	return p.tasks[seq]
}

// each runs f on the goroutine of Run for each of some tasks that is tracked, and waits for it.
func (p *Poller) each(seqs []int32, f func(t *Task)) {
	p.do(func() {
		for _, seq := range seqs {
			if t := p.task(seq); t != nil {
				f(t)
			}
		}
	})
}

// do runs f on the goroutine of Run and waits for it. It returns false, without running
// f, after the end of Run.
func (p *Poller) do(f func()) bool {
	ran := make(chan struct{})
	select {
	case p.ops <- func() { f(); close(ran) }:
		<-ran
		return true
	case <-p.done:
		return false
	}
}

// read is do, and runs f also after the end of Run, when nothing changes any more.
func (p *Poller) read(f func()) {
	if !p.do(f) {
		f()
	}
}

// Next waits until something has changed, and returns the changes. While requests are
// under way it returns at most once a tick (33 ms). It returns false when ctx ends. Only
// one goroutine at a time may call it. The changes are on disk before it returns, so that
// no end that the user saw is lost; StoreErr says why where that failed.
func (p *Poller) Next(ctx context.Context) (Update, bool) {
	u, ok := p.outbox.next(ctx)
	if ok {
		u.StoreErr = p.options.Store.SyncSoon()
	}
	return u, ok
}

// Show makes Next return changes of another process.
func (p *Poller) Show(u Update) { p.outbox.put(u) }

// Wake makes Next return, though nothing may have changed.
func (p *Poller) Wake() { p.do(func() { p.dirty = true }) }
