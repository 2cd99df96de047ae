package script

import (
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
)

// follow adds requests. Those that the session has already are reported at once.
func (m *monitor) follow(requests []queue.Request) {
	for _, r := range requests {
		key := r.Key()
		m.followed[key] = true
		if t := m.others[key]; t != nil {
			delete(m.others, key)
			m.applyTask(t)
		}
	}
}

// isFollowed reports whether a task is followed, and stores it in others if not.
func (m *monitor) isFollowed(t *poller.Task) bool {
	key := t.Request.Key()
	if m.others == nil || m.followed[key] || t.Payload != 0 && m.payloads[t.Payload] != nil {
		return true
	}
	m.others[key] = t
	return false
}

// remove removes a task that another process has stopped tracking.
func (m *monitor) remove(seq int32) {
	if int(seq) >= len(m.tasks) || m.tasks[seq] == nil {
		return
	}
	t := m.tasks[seq]
	m.counts[t.State]--
	delete(m.followed, t.Request.Key())
	delete(m.awaitingResult, seq)
	delete(m.lastMessages, topic{"trouble", seq}) // another task may have the Seq next
	delete(m.lastMessages, topic{"word", seq})
	m.tasks[seq] = nil
}

// reportPersistence reports each problem with the disk once.
func (m *monitor) reportPersistence(u poller.Update) {
	message := u.Persistence.Damage
	if u.Persistence.PolledBy != "" {
		message = "polltop with " + u.Persistence.PolledBy + " polls this session: here it is watched; whether the service refuses its key can't be seen here"
	}
	if u.Persistence.OwnerSilent {
		message = "polltop with " + u.Persistence.PolledBy + " polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over"
	}
	if u.StoreErr != nil {
		message = "not " + u.Persistence.Location() + ": " + u.StoreErr.Error()
	}
	if message != "" && m.isNew(topic{what: "disk"}, message) {
		m.printer.notice(message)
	}
}

// applyOnce applies a snapshot with Options.Once, and reports the task's first answer.
func (m *monitor) applyOnce(t *poller.Task) {
	if m.answered[t.Seq] {
		return // it was polled again before the other tasks had answers
	}
	if t.Trouble != nil && t.Trouble.Kind == queue.Missing && !t.State.Terminal() {
		// The poller would poll again, because a new request may not be known everywhere yet. With Once
		// this is the answer.
		notFound := *t
		notFound.State, notFound.Error = poller.NotFound, t.Trouble.Message
		t = &notFound
	}
	m.store(t)
	if t.Trouble == nil && (t.Polls == 0 || t.State == poller.Reading) || m.willPollAgain(t) {
		return // it has no answer yet, or its result or the next poll is awaited
	}
	m.reportStatusWord(t)
	m.answered[t.Seq] = true
	if t.Trouble == nil || t.State.Terminal() {
		m.reportState(t)
		return
	}
	m.reportForbidden(t)
	m.report(t, report.EventTrouble, nil, nil)
}

// reportForbidden reports that the key may not use the endpoint of the only task. With more tasks,
// the poller confirms this and reports a hold.
func (m *monitor) reportForbidden(t *poller.Task) {
	base, endpoint := t.Request.Base, t.Request.Endpoint
	_, ok := m.reportedHolds[report.HoldScope{Origin: base.Origin(), Endpoint: endpoint}]
	if t.Trouble.Kind == queue.Forbidden && m.tracked() == 1 && !ok {
		m.printer.notice(report.Refusal(base.Host(), poller.Forbidden{Endpoint: endpoint, Fault: t.Trouble}))
	}
}

// willPollAgain reports whether Once waits for another poll of a task: after a 429 with a short wait,
// or a refusal that is not confirmed yet.
func (m *monitor) willPollAgain(t *poller.Task) bool {
	if t.Trouble == nil || m.refusal(t.Request.Base, t.Request.Endpoint) != nil {
		return false
	}
	switch t.Trouble.Kind {
	case queue.RateLimited:
		return t.Failures < onceRateLimits && t.Trouble.RetryAfter <= longPause
	case queue.Unauthorized:
		return t.Failures < onceRefusals
	}
	return false
}
