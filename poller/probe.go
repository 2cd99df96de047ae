package poller

import (
	"time"

	"polltop/poller/plan"
)

// probesAtOnce returns how many probes of a host in trouble may be under way: the share of
// requests likely to fail while few have failed, then one.
func (h *host) probesAtOnce() int {
	if h.failures < exploreFailures && h.cause != keyRefused {
		return h.share()
	}
	return 1
}

// pickProbe returns a probe of a host in trouble: at first several, about tasks that did not
// fail themselves, then one at a time at growing intervals, or at once if the user asks.
func (h *host) pickProbe(now time.Duration, paused bool) (next choice, ok bool, at time.Duration) {
	probes := now >= h.probeAt && len(h.flights) == 0
	seq, ok, _ := h.plan.Next(now, h.pace.now(), true)
	if !ok && !paused && (probes || h.probesAtOnce() > 1) {
		seq, ok = h.probeTask(now)
		ok = ok && (probes || !h.plan.HasFailed(seq))
	}
	switch {
	case ok:
		h.plan.Take(seq, now)
		return choice{operation: operation{seq: seq}}, true, 0
	case !probes && len(h.flights) > 0:
		return choice{}, false, plan.Never
	case !probes:
		return choice{}, false, h.probeAt
	}
	op, ok, at := h.operations.next(now, paused, false, func(int32) bool { return true })
	return choice{operation: op}, ok, at
}

// probeTask returns the task to probe the host with, of another endpoint than the last failed
// one if possible.
func (h *host) probeTask(now time.Duration) (seq int32, ok bool) {
	if seq, ok = h.otherTask(h.failedAt, now); ok || h.failedAt == nil || h.failedAt.held(now) {
		return seq, ok
	}
	return h.plan.Any(h.failedAt.name, h.failures)
}

// otherTask returns a task of another endpoint than e that may be asked, in rotation.
func (h *host) otherTask(e *endpoint, now time.Duration) (seq int32, ok bool) {
	for i := range h.endpoints {
		at := (h.turn + i) % len(h.endpoints)
		if h.endpoints[at] == e || h.endpoints[at].held(now) {
			continue
		}
		if seq, ok = h.plan.Any(h.endpoints[at].name, h.failures); ok {
			h.turn = at + 1
			return seq, true
		}
	}
	return 0, false
}
