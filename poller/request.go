package poller

import (
	"context"
	"fmt"
	"runtime/debug"

	"polltop/poller/guard"
	"polltop/poller/queue"
)

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

// dispatch makes the chosen request in a goroutine of its own, which hands the result to
// the goroutine of Run. It does nothing where the task was untracked since it was
// chosen. The caller sees to it that a host has no more than Options.Concurrency at once.
func (p *Poller) dispatch(ctx context.Context, h *host, c choice, now moment) {
	task := p.tasks[c.errand.seq]
	if task == nil {
		return
	}
	if c.errand.kind == poll {
		p.slots[c.errand.seq].asking = true
		c.errand.logs = c.errand.seq == p.opened
		p.stats.Polls++
	}
	p.stats.InFlight++
	p.stats.Requests++
	request, cancel := context.WithCancel(ctx)
	f := &flight{errand: c.errand, endpoint: h.endpointOf(c.errand.seq), sent: now, retry: c.retry, cancel: cancel}
	h.depart(f)
	p.running.Go(guard.Func(func() {
		r := result{errand: f.errand, flight: f, host: h}
		p.run(request, task.Request, &r)
		select {
		case p.answers <- r:
		case <-ctx.Done():
		}
	}))
}

// run makes a request and fills in the result, be it a panic: that is then one of Run's,
// whose caller can recover it and put the terminal right.
func (p *Poller) run(ctx context.Context, request queue.Request, r *result) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	r.errand.run(ctx, p.options.Service, request, r)
}
