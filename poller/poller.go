package poller

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"polltop/poller/queue"
)

// Service asks a queue service about requests: each call brings an answer, or a
// fault that says why there is none. It must return when ctx ends, and within a
// bounded time. A queue.Client is one.
type Service interface {
	Status(ctx context.Context, r queue.Request) (queue.Answer, *queue.Fault)
	Result(ctx context.Context, r queue.Request) (made queue.Result, done bool, fault *queue.Fault)
	Cancel(ctx context.Context, r queue.Request) (queue.CancelOutcome, *queue.Fault)
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
	// Results says that the result of every task that succeeds is fetched.
	Results bool
	// Keeper keeps the tasks on disk; nil where nothing does.
	Keeper Keeper
	// Tasks are those of an earlier run, to go on with; each has its own Seq.
	Tasks []*Task
}

// Poller tracks tasks and asks for their status until each has ended. Its
// methods may be called from any goroutine; before Run runs they wait for it, and
// after it has ended they do nothing.
type Poller struct {
	options  Options
	ops      chan func()
	finished chan result
	done     chan struct{}
	outbox   *outbox
	bodies   bodies
	results  results

	// What follows belongs to the goroutine of Run.
	start    time.Time
	tasks    []*Task
	slots    []slot
	known    map[queue.Key]int32
	hosts    []*host
	changed  []*Task
	canceled []CancelReport
	dirty    bool // something but a task changed
	paused   bool
	stats    Stats
	// published is when what changed was last published, 0 for never.
	published moment
}

// result is what came of one request.
type result struct {
	errand  errand
	host    *host
	answer  queue.Answer        // of a poll
	made    queue.Result        // of fetching a result
	done    bool                // whether that is there yet
	outcome queue.CancelOutcome // of canceling
	fault   *queue.Fault
	// panicked is what the request's goroutine died of; "" if it did not.
	panicked string
}

// NewPoller returns a poller that tracks nothing yet. Run makes it work.
func NewPoller(o Options) *Poller {
	if o.Keeper == nil {
		o.Keeper = unkept{}
	}
	return &Poller{
		options:  o,
		ops:      make(chan func()),
		finished: make(chan result),
		done:     make(chan struct{}),
		outbox:   newOutbox(),
		known:    map[queue.Key]int32{},
	}
}

// Run polls until ctx ends, and returns when no request is under way any more;
// those under way then are given up. It may be called once.
func (p *Poller) Run(ctx context.Context) {
	defer close(p.done)
	p.start = time.Now()
	p.resume(p.options.Tasks)
	p.options.Tasks = nil
	var flights sync.WaitGroup
	defer flights.Wait()
	// Canceled before the wait above, so that no request outlasts the loop.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wake := p.dispatch(ctx, &flights)
		p.sleep(timer, sooner(wake, p.publishDue()))
		select {
		case <-ctx.Done():
			p.publish()
			return
		case op := <-p.ops:
			op()
		case r := <-p.finished:
			p.finish(r)
		case <-timer.C:
		}
	}
}

// dispatch starts all requests that may be made now, and returns the next moment
// at which another may, -1 for never.
func (p *Poller) dispatch(ctx context.Context, flights *sync.WaitGroup) moment {
	now := p.now()
	wake := moment(-1)
	for _, h := range p.hosts {
		for h.flights < p.options.Concurrency {
			job, ok, at := h.pick(now, p.paused)
			if ok {
				p.ask(ctx, flights, h, job)
				continue
			}
			if at >= 0 && (wake < 0 || at < wake) {
				wake = at
			}
			break
		}
	}
	return wake
}

// sleep sets the timer to a moment, or to none for -1.
func (p *Poller) sleep(timer *time.Timer, wake moment) {
	if wake < 0 {
		timer.Stop()
		return
	}
	timer.Reset(max(wake-p.now(), time.Millisecond))
}

// publishDue publishes what changed, at most once a tick, as more often nobody
// looks. It returns when it is to be called again, -1 for not before something
// changes.
func (p *Poller) publishDue() moment {
	if len(p.changed) == 0 && len(p.canceled) == 0 && !p.dirty {
		return -1
	}
	now := p.now()
	if due := p.published + tick; p.published > 0 && now < due {
		return due
	}
	p.published = max(now, 1)
	p.publish()
	return -1
}

// ask makes one request in a goroutine of its own; there are never more of
// them than the hosts' flights allow.
func (p *Poller) ask(ctx context.Context, flights *sync.WaitGroup, h *host, job errand) {
	task := p.tasks[job.seq]
	if task == nil {
		return // untracked since the errand was given
	}
	h.flights++
	p.stats.InFlight++
	p.stats.Requests++
	if job.kind == poll {
		p.stats.Polls++
	}
	request := task.Request
	flights.Add(1)
	go func() {
		defer flights.Done()
		r := result{errand: job, host: h}
		p.run(ctx, request, &r)
		select {
		case p.finished <- r:
		case <-ctx.Done():
		}
	}()
}

// run makes a request and fills in what came of it. A panic is handed to the poller's
// goroutine, where the caller of Run can recover it and put the terminal right;
// here it would end the process at once.
func (p *Poller) run(ctx context.Context, request queue.Request, r *result) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	r.errand.run(ctx, p.options.Service, request, r)
}

// now returns the moment on the poller's clock.
func (p *Poller) now() moment { return time.Since(p.start) }

// publish puts what changed into the outbox.
func (p *Poller) publish() {
	if len(p.changed) == 0 && len(p.canceled) == 0 && !p.dirty {
		return
	}
	statuses := make([]HostStatus, len(p.hosts))
	now := p.now()
	for i, h := range p.hosts {
		statuses[i] = h.status(p.start, now)
	}
	p.outbox.put(p.changed, p.canceled, statuses, p.paused, p.stats)
	clear(p.changed)
	p.changed, p.canceled, p.dirty = p.changed[:0], nil, false
}

// set replaces a task by its next snapshot.
func (p *Poller) set(t *Task) {
	p.options.Keeper.Put(t, matters(p.tasks[t.Seq], t))
	p.tasks[t.Seq] = t
	p.changed = append(p.changed, t)
}

// do runs f on the poller's goroutine and waits for it. It reports whether f
// ran: after the end of Run nothing does.
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

// Next waits until something has changed, at least a tick (33 ms) after it last
// returned, and returns what did. It returns false when ctx ends. Only one
// goroutine at a time may call it. All that it returns has been kept before, so
// that no end that somebody has seen can be lost; where it could not be, the
// update says why.
func (p *Poller) Next(ctx context.Context) (Update, bool) {
	u, ok := p.outbox.next(ctx)
	if ok {
		u.Unkept = p.options.Keeper.Sync()
	}
	return u, ok
}

// Wake makes Next return, though nothing may have changed.
func (p *Poller) Wake() { p.do(func() { p.dirty = true }) }

// Body returns the body of the task's last answer, without the user's secrets,
// and whether it is still kept: memory for them is bounded.
func (p *Poller) Body(seq int32) ([]byte, bool) {
	if body, ok := p.bodies.get(seq); ok {
		return body, true
	}
	return p.options.Keeper.Answer(seq)
}
