package poller

import (
	"cmp"
	"slices"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// enqueue has an operation wait to be made.
func (h *host) enqueue(o operation) {
	if o.background {
		h.background = append(h.background, o)
	} else {
		h.interactive = append(h.interactive, o)
	}
}

// nextOperation removes and returns the operation to make now, or returns when one is due. Those
// in background take turns with the polls that wait, and those of one kind with those of another;
// while paused, none of those is made. Results leave a share of the slots to others, because
// reading them can take long. may reports whether an operation that is due may be made now.
func (h *host) nextOperation(now time.Duration, paused, pollsWait bool, may func(o operation) bool) (*request, time.Duration) {
	full := h.underWay(func(r *request) bool { return r.kind == fetch }) >= max(1, h.slots-h.share())
	dueAt := func(o operation) time.Duration {
		due := o.due
		if o.kind == create {
			due = h.creationDue(o)
		}
		if due <= now && (full && o.kind == fetch || !may(o)) {
			return plan.Never
		}
		return due
	}
	r, at := takeDue(&h.interactive, now, dueAt)
	if r != nil || paused {
		return r, at
	}
	if h.backgroundTurn = !h.backgroundTurn; pollsWait && !h.backgroundTurn {
		return nil, at
	}
	r, backgroundAt := takeDue(&h.background, now, func(o operation) time.Duration {
		if o.kind == h.lastBackground {
			return plan.Never
		}
		return dueAt(o)
	})
	if r == nil {
		r, backgroundAt = takeDue(&h.background, now, dueAt)
	}
	if r != nil {
		h.lastBackground = r.kind
	}
	return r, min(at, backgroundAt)
}

// takeDue removes and returns the first operation that may be made now, or returns when one may.
func takeDue(waiting *[]operation, now time.Duration, dueAt func(o operation) time.Duration) (*request, time.Duration) {
	at := plan.Never
	for i, o := range *waiting {
		due := dueAt(o)
		if due > now {
			at = min(at, due)
			continue
		}
		if i == 0 {
			*waiting = (*waiting)[1:] // thousands may wait
		} else {
			*waiting = slices.Delete(*waiting, i, i+1)
		}
		return &request{operation: o}, 0
	}
	return nil, at
}

// drop removes the waiting operations that are meant, and reports whether there were any.
func (h *host) drop(isMeant func(o operation) bool) bool {
	n := len(h.interactive) + len(h.background)
	h.interactive = slices.DeleteFunc(h.interactive, isMeant)
	h.background = slices.DeleteFunc(h.background, isMeant)
	return len(h.interactive)+len(h.background) < n
}

// dropOf is drop for the operations of a kind about a task.
func (h *host) dropOf(kind operationKind, seq int32) bool {
	return h.drop(func(o operation) bool { return o.kind == kind && o.seq == seq })
}

// creationDue returns when a payload may be sent, plan.Never where only an event can change that.
func (h *host) creationDue(o operation) time.Duration {
	payload := h.poller.payloads[o.payload]
	e := h.endpoint(payload.Endpoint)
	if e.forbidden != nil || h.poller.liveOf[payload.Batch] >= cmp.Or(payload.MaxLive, DefaultMaxLive) {
		return plan.Never
	}
	return max(o.due, e.createAt)
}

// applyCancel updates a task with the answer to a request to cancel it. Only a poll
// reports whether the task was canceled in the end, so one is made at once.
func (p *Poller) applyCancel(task *Task, r *request, now time.Duration) {
	p.canceled = append(p.canceled, CancelReport{Seq: task.Seq, Outcome: r.outcome, Fault: r.fault})
	if task.State.Terminal() {
		return
	}
	next := *task
	next.CancelDue = false
	if r.fault == nil && r.outcome == queue.CancelDone {
		// It waited and was removed: there is nothing left to ask for.
		next.Ended, next.Canceling = p.stamp(now), false
		next.finalize(queue.Verdict{Outcome: queue.OutcomeCanceled, NextStep: queue.StepNothing})
		if !p.slots[task.Seq].asking {
			r.host.plan.Remove(task.Seq)
		}
		p.set(&next)
		return
	}
	next.Canceling = r.fault == nil && r.outcome == queue.CancelAccepted
	p.set(&next)
	r.host.plan.Prioritize(task.Seq)
}

// CancelReport says what came of a request to cancel a task: an outcome, or else
// the fault that kept the service from telling one.
type CancelReport struct {
	Seq     int32
	Outcome queue.CancelOutcome
	Fault   *queue.Fault
}

// Cancel asks the service to cancel the given tasks, before all polls. Tasks that have
// ended are skipped. An Update brings each answer; the task is Canceling until a poll shows
// its end.
func (p *Poller) Cancel(seqs ...int32) {
	p.each(seqs, func(t *Task) {
		if t.State.Terminal() || t.State == Reading || t.Canceling {
			return
		}
		p.change(t, func(next *Task) { next.Canceling, next.CancelDue = true, true })
		p.hostFor(t.Request.Base).enqueue(operation{kind: cancel, seq: t.Seq})
	})
	p.options.Store.Sync() // the next update reports what came of it
}

// DropCancels drops the cancels of the given tasks that have no answer yet. One that is
// under way is not stopped.
func (p *Poller) DropCancels(seqs ...int32) {
	p.each(seqs, func(t *Task) {
		if t.CancelDue {
			p.hostFor(t.Request.Base).dropOf(cancel, t.Seq)
			p.change(t, func(next *Task) { next.CancelDue, next.Canceling = false, false })
		}
	})
	p.options.Store.Sync()
}
