package poller

import (
	"cmp"
	"slices"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// enqueue adds an operation to the ones that wait.
func (h *host) enqueue(o operation) {
	if o.background {
		h.background = append(h.background, o)
	} else {
		h.interactive = append(h.interactive, o)
	}
}

// nextOperation removes and returns the operation to make now, or returns when one is due.
// Interactive operations go first. Background ones alternate with polls if pollsWait, and one kind
// of them with another; while paused, none is made. Fetches leave some slots to other requests,
// because they can take long. allowed reports whether an operation that is due may be made now.
func (h *host) nextOperation(now time.Duration, paused, pollsWait bool, allowed func(o operation) bool) (*request, time.Duration) {
	fetchesFull := h.countInFlight(func(r *request) bool { return r.kind == fetch }) >= max(1, h.concurrency-h.retrySlots())
	dueAt := func(o operation) time.Duration {
		due := o.due
		if o.kind == create {
			due = h.creationDue(o)
		}
		if due <= now && (fetchesFull && o.kind == fetch || !allowed(o)) {
			return plan.Never
		}
		return due
	}
	r, at := popDue(&h.interactive, now, poll, dueAt)
	if r != nil || paused {
		return r, at
	}
	if h.backgroundTurn = !h.backgroundTurn; pollsWait && !h.backgroundTurn {
		return nil, at
	}
	r, backgroundAt := popDue(&h.background, now, h.lastBackground, dueAt)
	if r != nil {
		h.lastBackground = r.kind
	}
	return r, min(at, backgroundAt)
}

// popDue removes and returns the first operation that is due, of another kind than avoided if
// possible, or returns when one is.
func popDue(operations *[]operation, now time.Duration, avoided operationKind, dueAt func(o operation) time.Duration) (*request, time.Duration) {
	chosen, at := -1, plan.Never
	for i, o := range *operations {
		if due := dueAt(o); due > now {
			at = min(at, due)
		} else if o.kind != avoided {
			chosen = i
			break
		} else if chosen < 0 {
			chosen = i
		}
	}
	if chosen < 0 {
		return nil, at
	}
	r := &request{operation: (*operations)[chosen]}
	*operations = slices.Delete(*operations, chosen, chosen+1)
	return r, 0
}

// drop removes the waiting operations for which a condition is true.
func (h *host) drop(condition func(o operation) bool) {
	h.interactive = slices.DeleteFunc(h.interactive, condition)
	h.background = slices.DeleteFunc(h.background, condition)
}

// dropOf removes the waiting operations of a kind about a task.
func (h *host) dropOf(kind operationKind, seq int32) {
	h.drop(func(o operation) bool { return o.kind == kind && o.seq == seq })
}

// creationDue returns when a payload may be sent, plan.Never if only an event can change that.
func (h *host) creationDue(o operation) time.Duration {
	payload := h.poller.payloads[o.payload]
	e := h.endpoint(payload.Endpoint)
	if e.forbidden != nil || h.poller.liveInBatch[payload.Batch] >= cmp.Or(payload.MaxLive, DefaultMaxLive) {
		return plan.Never
	}
	return max(o.due, e.nextCreation)
}

// applyCancel updates a task with the answer to a request to cancel it. Only a poll
// reports whether the task was canceled in the end, so one is made at once.
func (p *Poller) applyCancel(task *Task, r *request, now time.Duration) {
	p.cancelReports = append(p.cancelReports, CancelReport{Seq: task.Seq, Outcome: r.cancelOutcome, Fault: r.fault})
	if task.State.Terminal() {
		return
	}
	next := *task
	next.CancelDue = false
	if r.fault == nil && r.cancelOutcome == queue.CancelDone {
		// The service removed it from the queue before it ran: no poll is needed.
		next.Ended, next.Canceling = p.stamp(now), false
		next.finalize(queue.Verdict{Outcome: queue.OutcomeCanceled, NextStep: queue.StepNothing})
		if !p.pollStates[task.Seq].inFlight {
			r.host.plan.Remove(task.Seq)
		}
		p.set(&next)
		return
	}
	next.Canceling = r.fault == nil && r.cancelOutcome == queue.CancelAccepted
	p.set(&next)
	r.host.plan.Prioritize(task.Seq)
}

// CancelReport is the outcome of a request to cancel a task, or the fault why there is none.
type CancelReport struct {
	Seq     int32
	Outcome queue.CancelOutcome
	Fault   *queue.Fault
}

// Cancel asks the service to cancel the given tasks, before all polls. It skips tasks that have
// ended. Update.Cancels has the answers. The task is Canceling until a poll shows its end.
func (p *Poller) Cancel(seqs ...int32) {
	p.each(seqs, func(t *Task) {
		if t.State.Terminal() || t.State == Reading || t.Canceling {
			return
		}
		p.change(t, func(next *Task) { next.Canceling, next.CancelDue = true, true })
		p.hostFor(t.Request.Base).enqueue(operation{kind: cancel, seq: t.Seq})
	})
	p.options.Store.Sync() // the next update has the error
}

// DropCancels drops the cancels of the given tasks that have no answer yet. A request in flight is
// not stopped.
func (p *Poller) DropCancels(seqs ...int32) {
	p.each(seqs, func(t *Task) {
		if t.CancelDue {
			p.hostFor(t.Request.Base).dropOf(cancel, t.Seq)
			p.change(t, func(next *Task) { next.CancelDue, next.Canceling = false, false })
		}
	})
	p.options.Store.Sync()
}
