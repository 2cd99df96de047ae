package poller

import (
	"cmp"
	"slices"
	"time"

	"polltop/poller/plan"
)

// enqueue has an operation wait to be made.
func (h *host) enqueue(o operation) {
	waiting := &h.interactive
	if o.kind == create {
		waiting = &h.creations
	} else if o.background {
		waiting = &h.background
	}
	*waiting = append(*waiting, o)
}

// nextOperation removes and returns the operation to make now, or returns when one is due. Those
// in background take turns with the polls that wait; while paused, none of those is made. Results
// leave a share of the slots to others, because reading them can take long. may reports whether
// the task may be asked now.
func (h *host) nextOperation(now time.Duration, paused, pollsWait bool, may func(seq int32) bool) (*request, time.Duration) {
	full := h.underWay(func(r *request) bool { return r.kind == fetch }) >= max(1, h.slots-h.share())
	dueAt := func(o operation) time.Duration {
		if o.due <= now && (full && o.kind == fetch || !may(o.seq)) {
			return plan.Never
		}
		return o.due
	}
	r, at := takeDue(&h.interactive, now, dueAt)
	if r != nil || paused {
		return r, at
	}
	if h.backgroundTurn = !h.backgroundTurn; pollsWait && !h.backgroundTurn {
		return nil, at
	}
	r, backgroundAt := takeDue(&h.background, now, dueAt)
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

// drop removes the waiting operations of a kind about a task, and reports whether there
// were any.
func (h *host) drop(kind operationKind, seq int32) bool {
	found := false
	for _, waiting := range []*[]operation{&h.interactive, &h.background} {
		*waiting = slices.DeleteFunc(*waiting, func(w operation) bool {
			same := w.kind == kind && w.seq == seq
			found = found || same
			return same
		})
	}
	return found
}

// nextCreation removes and returns the payload to send now, or returns when one is due.
func (h *host) nextCreation(now time.Duration, paused bool) (*request, time.Duration) {
	if paused {
		return nil, plan.Never
	}
	return takeDue(&h.creations, now, func(o operation) time.Duration {
		payload := h.poller.payloads[o.payload]
		e := h.endpoint(payload.Endpoint)
		if e.forbidden != nil || h.poller.liveOf[payload.Batch] >= cmp.Or(payload.MaxLive, DefaultMaxLive) {
			return plan.Never
		}
		return max(o.due, e.createAt)
	})
}
