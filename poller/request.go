package poller

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"polltop/poller/guard"
	"polltop/poller/queue"
)

// result is the outcome of one request: an answer or a fault.
type result struct {
	operation operation
	flight    *flight
	host      *host
	answer    queue.Answer        // of a poll
	read      queue.ResultAnswer  // of reading a result
	outcome   queue.CancelOutcome // of canceling
	created   queue.CreateAnswer  // of creating a task
	fault     *queue.Fault
	// panicked is the panic of the request with its stack; "" for none.
	panicked string
}

// dispatch makes the chosen request in a goroutine of its own, which sends the result to
// the goroutine of Run. It does nothing where the task was untracked since it was
// chosen. The caller keeps to Options.Concurrency requests a host.
func (p *Poller) dispatch(ctx context.Context, h *host, c choice, now time.Duration) {
	task := p.tasks[c.operation.seq]
	if task == nil {
		return
	}
	if c.operation.kind == poll {
		p.slots[c.operation.seq].asking = true
		c.operation.logs = c.operation.seq == p.opened
		p.stats.Polls++
	}
	p.stats.InFlight++
	p.stats.Requests++
	request, cancel := context.WithCancel(ctx)
	f := &flight{operation: c.operation, endpoint: h.endpointOf(c.operation.seq), sent: now, retry: c.retry, cancel: cancel}
	h.addFlight(f)
	p.running.Go(guard.Func(func() {
		r := result{operation: f.operation, flight: f, host: h}
		p.run(request, task.Request, &r)
		select {
		case p.answers <- r:
		case <-ctx.Done():
		}
	}))
}

// run makes a request and sets the result. A panic is stored in it and repeated by Run,
// whose caller can recover it and restore the terminal.
func (p *Poller) run(ctx context.Context, request queue.Request, r *result) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	r.operation.run(ctx, p.options.Service, request, r)
}
