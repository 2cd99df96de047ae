package poller

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// longestRequest bounds how long a request can be under way. After more the machine
// must have slept.
const longestRequest = 2 * time.Minute

// flight is a request under way. The poller's goroutine owns it.
type flight struct {
	operation operation
	endpoint  *endpoint
	sent      time.Duration
	retry     bool               // it takes a slot of those for requests likely to fail
	cancel    context.CancelFunc // ends it
	gaveUp    time.Duration      // after which it was given up, 0 for not
}

// silence is how long a host has left requests without any answer, be it a failure.
type silence struct {
	asked time.Duration // when the first of these requests was sent, 0 for none
	told  bool          // the silence is long enough to be told
}

// heard notes an answer to one of the host's requests; others are still under way.
func (h *host) heard(now time.Duration) {
	if h.silence = (silence{}); len(h.flights) > 0 {
		h.asked = now
	}
}

// tellSilence reports whether the silence has just become long enough to be told, and when
// to call it again.
func (h *host) tellSilence(now time.Duration) (told bool, at time.Duration) {
	if h.told || len(h.flights) == 0 {
		return false, plan.Never
	}
	at = h.asked + silentAfter
	h.told = at <= now
	if h.told {
		return true, plan.Never
	}
	return false, at
}

// addFlight counts a request that is sent.
func (h *host) addFlight(f *flight) {
	if h.asked == 0 {
		h.asked = max(f.sent, 1)
	}
	h.flights = append(h.flights, f)
	f.endpoint.flights++
	if f.retry {
		h.retries++
	}
}

// removeFlight counts a request out that has returned, and releases its context.
func (h *host) removeFlight(f *flight) {
	f.cancel()
	i := slices.Index(h.flights, f)
	h.flights = slices.Delete(h.flights, i, i+1)
	f.endpoint.flights--
	if f.retry {
		h.retries--
	}
}

// giveUpSlow cancels slow requests where they use up a limit: all slots, the slots for
// retries, or the slots for one endpoint beside others. The oldest, up to a quarter of
// the limit, go on, so that a service that became slow can still answer. It returns when
// to call it again.
func (h *host) giveUpSlow(now time.Duration) (at time.Duration) {
	limit := h.slots
	if h.trouble != nil {
		limit = h.probesAtOnce()
	}
	at = h.giveUp(now, limit, func(*flight) bool { return true })
	at = min(at, h.giveUp(now, h.share(), func(f *flight) bool { return f.retry }))
	if len(h.endpoints) == 1 {
		return at
	}
	for _, e := range h.endpoints {
		limit := h.slots / 2
		if !e.answers {
			limit = h.share()
		}
		at = min(at, h.giveUp(now, limit, func(f *flight) bool { return f.endpoint == e }))
	}
	return at
}

// giveUp cancels the slow requests of a group that has reached its limit, but none that creates
// a task: nobody would know whether it did.
func (h *host) giveUp(now time.Duration, limit int, in func(*flight) bool) (at time.Duration) {
	at = plan.Never
	var slow []*flight
	n := 0
	for _, f := range h.flights {
		if f.gaveUp > 0 || now-f.sent > longestRequest || f.operation.kind == create || !in(f) {
			continue
		}
		n++
		if due := f.sent + h.patience(f); due <= now {
			slow = append(slow, f)
		} else {
			at = min(at, due)
		}
	}
	if n < limit {
		return plan.Never
	}
	slices.SortFunc(slow, func(a, b *flight) int { return cmp.Compare(a.sent, b.sent) })
	for _, f := range slow[min(max(1, limit/4), len(slow)):] {
		f.gaveUp = now - f.sent
		f.cancel()
	}
	return at
}

// patience returns after how long a request counts as slow.
func (h *host) patience(f *flight) time.Duration {
	if f.sent >= h.answeredAt {
		return max(silentAfter, slowFactor*f.endpoint.latency)
	}
	return max(slowAfter, slowFactor*f.endpoint.latency)
}

// fault returns the fault of a request that brought one: of one that was given up,
// that no answer came in time, unless it had not come through the proxy.
func (f *flight) fault(fault *queue.Fault) *queue.Fault {
	if f.gaveUp == 0 || fault == nil || fault.Proxy != "" && fault.Kind == queue.Unreachable {
		return fault
	}
	message := fmt.Sprintf("no answer within %s", f.gaveUp.Round(100*time.Millisecond))
	if fault.Proxy != "" {
		message += " through the proxy " + fault.Proxy
	}
	return &queue.Fault{Kind: queue.TimedOut, Message: message, Proxy: fault.Proxy}
}
