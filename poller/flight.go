package poller

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"polltop/poller/queue"
)

// longestRequest is after how long under way the machine must have slept.
const longestRequest = 2 * time.Minute

// flight is a request under way. The poller's goroutine owns it.
type flight struct {
	errand   errand
	endpoint *endpoint
	sent     moment
	retry    bool               // it takes a slot of those for requests likely to fail
	cancel   context.CancelFunc // ends it
	gaveUp   time.Duration      // after which it was given up, 0 for not
}

// depart notes that a request is under way.
func (h *host) depart(f *flight) {
	h.flights = append(h.flights, f)
	f.endpoint.flights++
	if f.retry {
		h.retries++
	}
}

// arrive notes that a request is over.
func (h *host) arrive(f *flight) {
	f.cancel()
	i := slices.Index(h.flights, f)
	h.flights = slices.Delete(h.flights, i, i+1)
	f.endpoint.flights--
	if f.retry {
		h.retries--
	}
}

// giveUpSlow gives up slow requests where all slots are taken, so that hanging ones
// leave room for others: the youngest of those that were sent before the last answer
// came, down to a share of the slots. It gives up none where no answer came of late: the
// host may not be reached, or the machine has slept. It returns when to look again, -1
// for never.
func (h *host) giveUpSlow(now moment) (at moment) {
	at = -1
	if now-h.answeredAt > 2*slowAfter {
		return at
	}
	var slow []*flight
	for _, f := range h.flights {
		switch {
		case f.gaveUp > 0 || f.sent >= h.answeredAt || now-f.sent > longestRequest:
		case f.endpoint.isSlow(now - f.sent):
			slow = append(slow, f)
		default:
			at = sooner(at, f.sent+max(slowAfter, slowFactor*f.endpoint.latency))
		}
	}
	slices.SortFunc(slow, func(a, b *flight) int { return cmp.Compare(a.sent, b.sent) })
	for _, f := range slow[min(h.share(), len(slow)):] {
		f.gaveUp = now - f.sent
		f.cancel()
	}
	return at
}

// fault returns the fault of a request that brought one: of one that was given up,
// that no answer came in time.
func (f *flight) fault(fault *queue.Fault) *queue.Fault {
	if f.gaveUp == 0 || fault == nil {
		return fault
	}
	return &queue.Fault{Kind: queue.TimedOut, Message: fmt.Sprintf("no answer within %s, while others were answered", f.gaveUp.Round(100*time.Millisecond))}
}
