package script

import (
	"slices"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
	"polltop/views/safe"
)

// reportHolds reports what newly keeps tasks from being polled, and what is over. A pause that
// the service asked for is reported where it is long, and again where it is more than twice as
// long; all else once.
func (w *watch) reportHolds() {
	lasting := map[report.Held]bool{}
	for _, h := range w.holds {
		lasting[h.Held] = true
		before, told := w.told[h.Held]
		if h.Reason == report.WaitRetryAfter {
			told = h.Wait <= max(longWait, 2*before.Wait)
		}
		if told {
			continue
		}
		w.told[h.Held] = h
		w.printer.notice(h.Text)
		if h.Reason != "" && !(w.options.Once && h.Reason == report.WaitOutage) { // else it is not waited for
			w.printer.object(h.Object)
		}
	}
	for held, h := range w.told {
		if lasting[held] {
			continue
		}
		delete(w.told, held)
		hidden := func(other report.Hold) bool { return other.Origin == held.Origin && other.Reason == report.WaitOutage }
		if h.Over != "" && (held.Whole || !slices.ContainsFunc(w.holds, hidden)) {
			w.printer.notice(h.Over)
		}
	}
}

// judge decides whether nothing more can be learned: without a dashboard nobody gives another key.
func (w *watch) judge() {
	w.refused = false
	if w.stats.InFlight > 0 || len(w.holds) == 0 {
		// Requests under way may still bring answers.
		return
	}
	w.release(func(t *poller.Task) bool { return w.denied(t.Request.Base, t.Request.Endpoint) != nil })
	w.refused = !w.options.Once
	for _, t := range w.tasks {
		if t == nil || t.State.Terminal() || (w.options.Once && w.answered[t.Seq]) {
			continue
		}
		fault := w.denied(t.Request.Base, t.Request.Endpoint)
		if fault == nil {
			w.refused = false
		} else if w.options.Once {
			unheard := *t
			unheard.Trouble = fault
			w.applyOnce(&unheard)
		}
	}
	w.refused = w.refused && !w.canSubmit()
}

// denied returns why an endpoint of a host is not asked, nil if it is. What ends by itself counts
// only with Once, and a short pause never: else it is waited for.
func (w *watch) denied(base *queue.Base, endpoint string) *queue.Fault {
	origin := base.Origin()
	for _, h := range w.holds {
		waits := h.Reason != "" && !w.options.Once || h.Reason == report.WaitRetryAfter && h.Wait <= longWait
		if h.Origin == origin && (h.Whole || h.Endpoint == endpoint) && !waits {
			return h.Fault
		}
	}
	return nil
}

// short returns a task's id, safe to show.
func short(t *poller.Task) string { return safe.Middle(t.Request.ID, 80) }
