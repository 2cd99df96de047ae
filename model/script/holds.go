package script

import (
	"slices"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
	"polltop/views/safe"
)

// reportHolds reports each hold once, and its end. A pause that the service asked for (Retry-After) is
// reported only if it is long, and again if it has become more than twice as long.
func (m *monitor) reportHolds() {
	present := map[report.HoldScope]bool{}
	for _, h := range m.holds {
		present[h.HoldScope] = true
		before, skip := m.reportedHolds[h.HoldScope]
		if h.Reason == report.WaitRetryAfter {
			skip = h.Wait <= max(longPause, 2*before.Wait)
		}
		if skip {
			continue
		}
		m.reportedHolds[h.HoldScope] = h
		m.printer.notice(h.Text)
		if h.Reason != "" && !(m.options.Once && h.Reason == report.WaitOutage) { // with Once, an outage is not waited for
			m.printer.object(h.Object)
		}
	}
	for held, h := range m.reportedHolds {
		if present[held] {
			continue
		}
		delete(m.reportedHolds, held)
		hidden := func(other report.Hold) bool { return other.Origin == held.Origin && other.Reason == report.WaitOutage }
		if h.EndText != "" && (held.WholeHost || !slices.ContainsFunc(m.holds, hidden)) {
			m.printer.notice(h.EndText)
		}
	}
}

// checkRefused sets m.refused if no task can be polled any more: without a dashboard no user gives
// another key.
func (m *monitor) checkRefused() {
	m.refused = false
	if m.stats.InFlight > 0 || len(m.holds) == 0 {
		// Requests in flight may still return answers.
		return
	}
	m.reportAwaiting(func(t *poller.Task) *queue.Fault { return m.refusal(t.Request.Base, t.Request.Endpoint) })
	m.refused = !m.options.Once
	for _, t := range m.tasks {
		if t == nil || t.State.Terminal() || (m.options.Once && m.answered[t.Seq]) {
			continue
		}
		fault := m.refusal(t.Request.Base, t.Request.Endpoint)
		if fault == nil {
			m.refused = false
		} else if m.options.Once {
			unanswered := *t
			unanswered.Trouble = fault
			m.applyOnce(&unanswered)
		}
	}
	m.refused = m.refused && !m.canSubmit()
}

// refusal returns why an endpoint of a host is not polled, nil if it is polled or waited for. Without
// Once all holds that end by themselves are waited for, with Once short pauses alone.
func (m *monitor) refusal(base *queue.Base, endpoint string) *queue.Fault {
	origin := base.Origin()
	for _, h := range m.holds {
		waits := h.Reason != "" && !m.options.Once || h.Reason == report.WaitRetryAfter && h.Wait <= longPause
		if h.Origin == origin && (h.WholeHost || h.Endpoint == endpoint) && !waits {
			return h.Fault
		}
	}
	return nil
}

// idOf returns a task's id, shortened and safe for the terminal.
func idOf(t *poller.Task) string { return safe.TruncateMiddle(t.Request.ID, 80) }
