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
	// Where slots are short, a request is given up after timeoutFactor times the endpoint's
	// latency, but not before minTimeout, or after silentAfter if the endpoint has not answered yet.
	// A host that answers nothing for silentAfter is reported as silent.
	minTimeout    = time.Second
	silentAfter   = 3 * time.Second
	timeoutFactor = 8
)

// errTimeout is the cause of the end of a request's context after its timeout.
var errTimeout = errors.New("no answer in time")

// operationKind says what a request is for.
type operationKind uint8

const (
	poll operationKind = iota // the status of a live task
	fetch
	cancel
	logs   // the log lines of a task that has ended
	create // a task from a payload
)

// operation says what a request is to do. All kinds share the host's request budget.
type operation struct {
	kind operationKind
	// background is set if no user waits for it: it alternates with the polls.
	background   bool
	seq          int32 // of the task; -1 for a payload
	payload      int64 // the number of the payload to create a task from
	tries        int   // failed ones, without 429s
	rateLimits   int   // 429s
	due          time.Duration
	firstFailure time.Duration // when the first try failed
}

// request is a request from when it is chosen until its outcome is applied. While it is in flight,
// its own goroutine owns the outcome; all else is the poller's goroutine's.
type request struct {
	operation
	host     *host
	endpoint *endpoint
	retry    bool // it is likely to fail, and uses one of retrySlots
	withLogs bool // a poll that asks for log lines as well
	sent     time.Duration
	timeout  time.Duration // 0 for that of the Service

	// The outcome is an answer by the kind, or a fault.
	answer        queue.Answer        // of poll and logs
	resultAnswer  queue.ResultAnswer  // of fetch
	cancelOutcome queue.CancelOutcome // of cancel
	createAnswer  queue.CreateAnswer  // of create
	fault         *queue.Fault
	panicked      string // the panic of the request with its stack; "" for none
}

// dispatch makes a request in a goroutine of its own, which sends it with its outcome to the
// goroutine of Run. It does nothing if the task was untracked since it was chosen.
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
		run = func(ctx context.Context) { r.send(ctx, p.options.Service, task.Request) }
	}
	if r.kind == poll {
		p.pollStates[r.seq].inFlight = true
		r.withLogs = r.seq == p.opened
		p.stats.Polls++
	}
	p.stats.InFlight++
	p.stats.Requests++
	h := r.host
	r.sent, r.timeout = now, h.timeoutOf(r)
	h.unansweredSince = cmp.Or(h.unansweredSince, max(now, 1))
	h.inFlight = append(h.inFlight, r)
	p.requests.Go(guard.Func(func() {
		r.run(ctx, run)
		select {
		case p.outcomes <- r:
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
	if r.timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, r.timeout, errTimeout)
		defer stop()
	}
	f(ctx)
	if r.fault != nil && context.Cause(ctx) == errTimeout {
		r.fault = r.timeoutFault(r.fault)
	}
}

// send asks the service, and sets its answer or fault.
func (r *request) send(ctx context.Context, service Service, of queue.Request) {
	switch r.kind {
	case poll, logs:
		r.answer, r.fault = service.Status(ctx, of, r.withLogs || r.kind == logs)
	case fetch:
		r.resultAnswer, r.fault = service.Result(ctx, of)
	case cancel:
		r.cancelOutcome, r.fault = service.Cancel(ctx, of)
	}
}

// timeoutFault returns the fault of a request that was given up, fault being that of the Service: it
// stays if the proxy could not be reached.
func (r *request) timeoutFault(fault *queue.Fault) *queue.Fault {
	if fault.Proxy != "" && fault.Kind == queue.Unreachable {
		return fault
	}
	message := fmt.Sprintf("no answer within %s", r.timeout.Round(100*time.Millisecond))
	if fault.Proxy != "" {
		message += " through the proxy " + fault.Proxy
	}
	return &queue.Fault{Kind: queue.TimedOut, Message: message, Proxy: fault.Proxy}
}

// timeoutOf returns after how long to give a request up, 0 for the time-out of the Service. It is
// shorter where slots are short: for a retry, in trouble, or with half of the slots used. One
// request always has the whole time-out, so that a service that became slow can still answer.
// So have fetches, whose answers may be long, and creations, which may have created a task.
func (h *host) timeoutOf(r *request) time.Duration {
	withFullTimeout := h.countInFlight(func(f *request) bool { return f.retry == r.retry && f.timeout == 0 })
	plentyOfSlots := !r.retry && h.trouble == nil && len(h.inFlight) < h.concurrency/2
	switch latency := r.endpoint.latency; {
	case r.kind == fetch, r.kind == create, plentyOfSlots, withFullTimeout == 0:
		return 0
	case latency == 0:
		return silentAfter
	default:
		return max(minTimeout, timeoutFactor*latency)
	}
}

// countInFlight counts the requests in flight for which a condition is true.
func (h *host) countInFlight(is func(r *request) bool) (n int) {
	for _, r := range h.inFlight {
		if is(r) {
			n++
		}
	}
	return n
}

// reportSilence sets silenceReported once the host has answered nothing for silentAfter. It
// returns when to call it again.
func (h *host) reportSilence(now time.Duration) (at time.Duration) {
	switch at = h.unansweredSince + silentAfter; {
	case h.silenceReported || len(h.inFlight) == 0:
		return plan.Never
	case at > now:
		return at
	}
	h.silenceReported, h.poller.dirty = true, true
	return plan.Never
}
