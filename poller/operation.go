package poller

import (
	"context"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/plan"
	"polltop/poller/queue"
)

// maxOperationTries is how often an operation is tried before its failure is reported.
// operationRetryFirst and operationRetryMost bound the waits between the tries.
const (
	maxOperationTries   = 5
	operationRetryFirst = time.Second
	operationRetryMost  = 15 * time.Second
)

// operationKind says what a request asks for.
type operationKind uint8

const (
	poll operationKind = iota // the status of a live task
	fetch
	cancel
	logs   // the log lines of a task that has ended
	create // a task from a payload
)

// operation is a request about one task. All kinds share the host's request budget.
type operation struct {
	kind  operationKind
	seq   int32 // -1 for a payload
	tries int
	due   time.Duration
	since time.Duration // when the first try had failed
	// background is set where no user waits for it: it takes turns with the polls.
	background bool
	// logs has a poll ask for log lines as well.
	logs bool
	// refusals counts the 429s that it got.
	refusals int
	// payload is the number of the payload to create a task from.
	payload int64
}

// operations holds the operations that wait to be made at a host, other than polls.
// Those in background take turns with the polls, those in interactive go before them.
type operations struct {
	interactive, background []operation
	backgroundTurn          bool
}

// next removes and returns the operation to make now, or returns when one is due.
// While pollsWait, it returns one of background only every second time;
// while paused, none of those. may reports whether the task may be asked now.
func (e *operations) next(now time.Duration, paused, pollsWait bool, may func(seq int32) bool) (operation, bool, time.Duration) {
	at := plan.Never
	if found, ok := takeDue(&e.interactive, now, &at, may); ok {
		return found, true, 0
	}
	if paused {
		return operation{}, false, at
	}
	e.backgroundTurn = !e.backgroundTurn
	if pollsWait && !e.backgroundTurn {
		return operation{}, false, at
	}
	found, ok := takeDue(&e.background, now, &at, may)
	return found, ok, at
}

// takeDue removes and returns the first operation that is due and may be made. Where
// there is none it lowers at to when the next one is due.
func takeDue(queue *[]operation, now time.Duration, at *time.Duration, may func(seq int32) bool) (operation, bool) {
	for i, e := range *queue {
		if e.due <= now {
			if !may(e.seq) {
				continue
			}
			if i == 0 {
				*queue = (*queue)[1:]
			} else {
				*queue = append((*queue)[:i], (*queue)[i+1:]...)
			}
			return e, true
		}
		*at = min(*at, e.due)
	}
	return operation{}, false
}

// run makes the request and sets its answer or fault in r.
func (e operation) run(ctx context.Context, service Service, request queue.Request, r *result) {
	switch e.kind {
	case poll, logs:
		r.answer, r.fault = service.Status(ctx, request, e.logs || e.kind == logs)
	case fetch:
		r.read, r.fault = service.Result(ctx, request)
	case cancel:
		r.outcome, r.fault = service.Cancel(ctx, request)
	}
}

// applyOperation updates the task with the outcome of an operation other than a poll.
func (p *Poller) applyOperation(r result, now time.Duration) {
	h, task := r.host, p.tasks[r.operation.seq]
	if r.fault == nil {
		h.answered(r.flight, now)
	} else if p.requeue(r, now) {
		return
	}
	if task == nil {
		return // untracked meanwhile
	}
	if r.operation.kind == cancel {
		p.applyCancel(h, task, r, now)
		return
	}
	if r.operation.kind == logs {
		p.applyLogs(task, r)
		return
	}
	p.applyResult(h, task, r, now)
}

// requeue updates the host's health with the failure of an operation. It reports
// whether the operation was put back to be tried again.
func (p *Poller) requeue(r result, now time.Duration) bool {
	h := r.host
	switch r.fault.Kind {
	case queue.RateLimited:
		p.stats.RateLimited++
		wait := time.Duration(0)
		if !h.limited(r.flight, r.fault, r.operation.refusals > 0, now) {
			wait = h.retryWait(r.operation.refusals+1, r.fault)
		}
		r.operation.refusals++
		r.operation.tries-- // a refused request is no try
		p.retry(r, now, wait)
		return true
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway:
		p.failHost(h, r.flight, r.fault, now)
		if causeOf(r.fault) == silent {
			h.failAt(r.flight, r.fault, now)
		}
	case queue.Unauthorized:
		p.failHost(h, r.flight, r.fault, now)
		p.refuseKey(h, r.fault, now)
	default:
		h.alive(now)
	}
	switch {
	case r.operation.kind == fetch:
		return p.retryFetch(r, now)
	case r.operation.kind == cancel && mayPass(r.fault) && r.operation.tries+1 < maxOperationTries:
		p.retry(r, now, backoff.Delay(h.random, operationRetryFirst, r.operation.tries, operationRetryMost))
		return true
	}
	return false
}

// retry puts an operation back, due after a wait.
func (p *Poller) retry(r result, now time.Duration, wait time.Duration) {
	r.operation.tries++
	r.operation.due = now + wait
	waiting := &r.host.operations.interactive
	if r.operation.background {
		waiting = &r.host.operations.background
	}
	*waiting = append(*waiting, r.operation)
}

// drop removes the waiting operations of a kind about a task, and reports whether there
// were any.
func (e *operations) drop(kind operationKind, seq int32) bool {
	found := false
	for _, waiting := range []*[]operation{&e.interactive, &e.background} {
		*waiting = slices.DeleteFunc(*waiting, func(w operation) bool {
			same := w.kind == kind && w.seq == seq
			found = found || same
			return same
		})
	}
	return found
}

// ClaimHook reports whether the task is HookDue, and ends that: of all that claim a
// task, also after a restart, one is told true. It is told false after the end of Run.
func (p *Poller) ClaimHook(seq int32) bool {
	claimed := false
	p.do(func() {
		task := p.task(seq)
		if task == nil || !task.HookDue {
			return
		}
		next := *task
		next.HookDue = false
		p.set(&next)
		claimed = true
	})
	p.options.Store.Sync()
	return claimed
}

// Fetch asks for the result of a task that has ended, before all else, unless it is
// there already or was kept. A Task that is Fetched tells when it has come. A task that
// failed or was canceled may have one too, at Comfy Router.
func (p *Poller) Fetch(seq int32) {
	if p.loadResult(seq) {
		return
	}
	p.do(func() {
		task := p.task(seq)
		switch {
		case task == nil || p.hasResult(seq):
		case task.State == Unread:
			next := *task
			p.fetchNow(p.hostFor(task.Request.Base), &next)
		case task.State.Terminal() && !task.State.Unknown():
			p.beginFetch(seq)
			h := p.hostFor(task.Request.Base)
			h.operations.interactive = append(h.operations.interactive, operation{kind: fetch, seq: seq})
		}
	})
}

// task returns a tracked task, nil for a Seq of none.
func (p *Poller) task(seq int32) *Task {
	if seq < 0 || int(seq) >= len(p.tasks) {
		return nil
	}
	return p.tasks[seq]
}

// live returns those of the given tasks that are tracked and have not completed.
func (p *Poller) live(seqs []int32) []*Task {
	var live []*Task
	for _, seq := range seqs {
		if t := p.task(seq); t != nil && !t.State.Terminal() && t.State != Reading {
			live = append(live, t)
		}
	}
	return live
}
