package poller

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"polltop/poller/queue"
	"polltop/poller/queue/guard"
)

// crew are the workers that make the requests. Each goes on with the next request
// by itself, after it has taken in what came of the last: to hand each answer to
// another goroutine, and each request to a new one, cost a third of a poll.
type crew struct {
	jobs  chan job    // to workers that have nothing to do
	died  chan string // what a worker died of
	ended sync.WaitGroup
	idle  int // workers that wait for a job; guarded by the poller's mu
}

// job is a request to be made.
type job struct {
	flight  *flight
	host    *host
	request queue.Request
	ctx     context.Context
}

// result is what came of one request.
type result struct {
	errand  errand
	flight  *flight
	host    *host
	answer  queue.Answer        // of a poll
	read    queue.ResultAnswer  // of reading a result
	outcome queue.CancelOutcome // of canceling
	fault   *queue.Fault
	// panicked is what the request died of; "" if it did not.
	panicked string
}

func newCrew() crew { return crew{jobs: make(chan job), died: make(chan string, 1)} }

// job returns a choice as a request that is counted as under way, and false where
// its task was untracked since it was made.
func (p *Poller) job(ctx context.Context, h *host, c choice, now moment) (job, bool) {
	task := p.tasks[c.errand.seq]
	if task == nil {
		return job{}, false
	}
	if c.errand.kind == poll {
		p.slots[c.errand.seq].asking = true
		c.errand.logs = c.errand.seq == p.opened
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &flight{errand: c.errand, endpoint: h.endpointOf(c.errand.seq), sent: now, retry: c.retry, cancel: cancel}
	h.depart(f)
	p.stats.InFlight++
	p.stats.Requests++
	if c.errand.kind == poll {
		p.stats.Polls++
	}
	return job{flight: f, host: h, request: task.Request, ctx: ctx}, true
}

// hand gives a job to a worker that has none, or to a new one: so there are never
// more of them than the hosts' flights allow.
func (p *Poller) hand(ctx context.Context, j job) {
	if p.crew.idle == 0 {
		p.crew.ended.Add(1)
		guard.Go(func() { p.work(ctx, j) })
		return
	}
	p.crew.idle--
	// A worker that is idle is there, or on its way without needing the lock.
	select {
	case p.crew.jobs <- j:
	case <-ctx.Done():
	}
}

// work makes a request, and then others until ctx ends.
func (p *Poller) work(ctx context.Context, j job) {
	defer p.crew.ended.Done()
	for {
		r := result{errand: j.flight.errand, flight: j.flight, host: j.host}
		p.run(j.ctx, j.request, &r)
		if p.takeIn(ctx, r, &j) {
			continue
		}
		select {
		case j = <-p.crew.jobs:
		case <-ctx.Done():
			return
		}
	}
}

// run makes a request and fills in what came of it, be it a panic.
func (p *Poller) run(ctx context.Context, request queue.Request, r *result) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	r.errand.run(ctx, p.options.Service, request, r)
}

// takeIn takes in what came of a request. It sets next to the request that the
// worker is to make now, and reports whether there is one. A panic, also that of
// the request, is handed to the goroutine of Run, whose caller can recover it and
// put the terminal right; here it would end the process at once.
func (p *Poller) takeIn(ctx context.Context, r result, next *job) (more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || ctx.Err() != nil {
		return false
	}
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		what, ours := v.(string)
		if !ours || what != r.panicked {
			what = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
		p.over, more = true, false
		p.crew.died <- what
	}()
	p.finish(r)
	if more = p.advance(ctx, next); !more {
		p.crew.idle++
	}
	return more
}
