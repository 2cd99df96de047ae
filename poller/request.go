package poller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"polltop/poller/guard"
	"polltop/poller/plan"
	"polltop/poller/queue"
)

const (
	// slowAfter is the least time after which a request may be given up, or silentAfter if the
	// endpoint has answered none yet. It must also take slowFactor times as long as usual there.
	slowAfter   = time.Second
	silentAfter = 3 * time.Second
	slowFactor  = 8
)

// errSlow is why a request was given up.
var errSlow = errors.New("no answer in time")

// operationKind says what a request asks for.
type operationKind uint8

const (
	poll operationKind = iota // the status of a live task
	fetch
	cancel
	logs   // the log lines of a task that has ended
	create // a task from a payload
)

// operation is what a request is to ask for. All kinds share the host's request budget.
type operation struct {
	kind operationKind
	// background is set where no user waits for it: it takes turns with the polls.
	background bool
	seq        int32 // of the task; -1 for a payload
	payload    int64 // the number of the payload to create a task from
	tries      int
	refusals   int // the 429s that it got
	due        time.Duration
	since      time.Duration // when the first try had failed
}

// request is a request from when it is chosen until its outcome is applied. The poller's
// goroutine owns it, but for the outcome while it is under way.
type request struct {
	operation
	host     *host
	endpoint *endpoint
	retry    bool // it is likely to fail, and takes one of the slots for those
	withLogs bool // a poll that asks for log lines as well
	sent     time.Duration
	patience time.Duration // after which it is given up; 0 for the time-out of the Service

	answer   queue.Answer        // of poll and logs
	read     queue.ResultAnswer  // of fetch
	outcome  queue.CancelOutcome // of cancel
	created  queue.CreateAnswer  // of create
	fault    *queue.Fault        // why there is none of these
	panicked string              // the panic of the request with its stack; "" for none
}

// dispatch makes the chosen request in a goroutine of its own, which sends it with its outcome
// to the goroutine of Run. It does nothing where the task was untracked since it was
// chosen. The caller keeps to Options.Concurrency requests a host.
func (p *Poller) dispatch(ctx context.Context, r *request, now time.Duration) {
	var run func(ctx context.Context)
	if r.kind == create {
		payload := p.beginCreation(r, now)
		run = func(ctx context.Context) { p.create(ctx, payload, r) }
		ctx = context.WithoutCancel(ctx) // nobody would know whether it created a task
	} else {
		task := p.tasks[r.seq]
		if task == nil {
			return
		}
		r.endpoint = r.host.endpointOf(r.seq)
		run = func(ctx context.Context) { r.ask(ctx, p.options.Service, task.Request) }
	}
	if r.kind == poll {
		p.slots[r.seq].asking = true
		r.withLogs = r.seq == p.opened
		p.stats.Polls++
	}
	p.stats.InFlight++
	p.stats.Requests++
	h := r.host
	r.sent, r.patience = now, h.patience(r)
	h.asked = cmp.Or(h.asked, max(now, 1))
	h.flights = append(h.flights, r)
	p.running.Go(guard.Func(func() {
		r.run(ctx, run)
		select {
		case p.answers <- r:
		case <-ctx.Done():
		}
	}))
}

// run makes the request. A panic is stored in it and repeated by Run, whose caller can recover
// it and restore the terminal.
func (r *request) run(ctx context.Context, f func(ctx context.Context)) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	if r.patience > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, r.patience, errSlow)
		defer stop()
	}
	f(ctx)
	if r.fault != nil && context.Cause(ctx) == errSlow {
		r.fault = r.slow(r.fault)
	}
}

// ask asks the service, and sets its answer or fault.
func (r *request) ask(ctx context.Context, service Service, about queue.Request) {
	switch r.kind {
	case poll, logs:
		r.answer, r.fault = service.Status(ctx, about, r.withLogs || r.kind == logs)
	case fetch:
		r.read, r.fault = service.Result(ctx, about)
	case cancel:
		r.outcome, r.fault = service.Cancel(ctx, about)
	}
}

// slow returns the fault of a request that was given up: that no answer came in time, unless it
// had not come through the proxy.
func (r *request) slow(fault *queue.Fault) *queue.Fault {
	if fault.Proxy != "" && fault.Kind == queue.Unreachable {
		return fault
	}
	message := fmt.Sprintf("no answer within %s", r.patience.Round(100*time.Millisecond))
	if fault.Proxy != "" {
		message += " through the proxy " + fault.Proxy
	}
	return &queue.Fault{Kind: queue.TimedOut, Message: message, Proxy: fault.Proxy}
}

// patience returns after how long to give a request up, 0 for the time-out of the Service: where
// most of the slots are used, or those for requests likely to fail, far longer than usual is too
// long. One request has the whole time-out even then, so that a service that became slow can
// still answer. A result may be long, and of a request that creates a task nobody would know
// whether it did.
func (h *host) patience(r *request) time.Duration {
	others := h.underWay(func(f *request) bool { return f.retry == r.retry && f.patience == 0 })
	room := !r.retry && h.trouble == nil && len(h.flights) < h.slots/2
	switch usual := r.endpoint.latency; {
	case r.kind == fetch, r.kind == create, room, others == 0:
		return 0
	case usual == 0:
		return silentAfter
	default:
		return max(slowAfter, slowFactor*usual)
	}
}

// underWay counts the requests under way of a kind.
func (h *host) underWay(is func(r *request) bool) (n int) {
	for _, r := range h.flights {
		if is(r) {
			n++
		}
	}
	return n
}

// reportSilence reports that the host leaves requests without any answer, once it has for
// some time. It returns when to call it again.
func (h *host) reportSilence(now time.Duration) (at time.Duration) {
	switch at = h.asked + silentAfter; {
	case h.silent || len(h.flights) == 0:
		return plan.Never
	case at > now:
		return at
	}
	h.silent, h.poller.dirty = true, true
	return plan.Never
}
