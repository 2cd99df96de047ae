package script

import (
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
)

// want adds requests that are named here. A session may have them already.
func (w *watch) want(requests []queue.Request) {
	for _, r := range requests {
		key := r.Key()
		w.watched[key] = true
		if t := w.unnamed[key]; t != nil {
			delete(w.unnamed, key)
			w.applyTask(t)
		}
	}
}

// named reports whether a task is watched, and stores it in unnamed if not.
func (w *watch) named(t *poller.Task) bool {
	key := t.Request.Key()
	if w.unnamed == nil || w.watched[key] || t.Payload != 0 && w.payloads[t.Payload] != nil {
		return true
	}
	w.unnamed[key] = t
	return false
}

// drop forgets a task that another process has stopped tracking.
func (w *watch) drop(seq int32) {
	if int(seq) >= len(w.tasks) || w.tasks[seq] == nil {
		return
	}
	t := w.tasks[seq]
	w.counts[t.State]--
	delete(w.watched, t.Request.Key())
	delete(w.pending, seq)
	w.tasks[seq] = nil
}

// reportPersistence reports each problem with the disk once.
func (w *watch) reportPersistence(u poller.Update) {
	said := u.Persistence.Damage
	if u.Persistence.Viewing != "" {
		said = "polltop with " + u.Persistence.Viewing + " polls this session: here it is watched; whether the service refuses its key can't be seen here"
	}
	if u.Persistence.Silent {
		said = "polltop with " + u.Persistence.Viewing + " polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over"
	}
	if u.StoreErr != nil {
		said = "not " + u.Persistence.Place() + ": " + u.StoreErr.Error()
	}
	if said != "" && w.news(topic{what: "disk"}, said) {
		w.printer.notice(said)
	}
}

// applyOnce applies a snapshot with Options.Once, and reports the task's first answer.
func (w *watch) applyOnce(t *poller.Task) {
	if w.answered[t.Seq] {
		return // it was asked again before the others were through
	}
	if t.Trouble != nil && t.Trouble.Kind == queue.Missing && !t.State.Terminal() {
		// The poller asks again: a new request may not be known everywhere. With Once this is the answer.
		gone := *t
		gone.State, gone.Error = poller.NotFound, t.Trouble.Message
		t = &gone
	}
	w.keep(t)
	if t.Trouble == nil && (t.Polls == 0 || t.State == poller.Reading) || w.askedAgain(t) {
		return // it has no answer yet, or its result reports more
	}
	w.reportWord(t)
	w.answered[t.Seq] = true
	if t.Trouble == nil || t.State.Terminal() {
		w.reportState(t)
		return
	}
	w.reportForbidden(t)
	w.report(t, report.EventTrouble, nil, nil)
}

// reportForbidden reports that the key may not use the only task's endpoint, which none confirms.
func (w *watch) reportForbidden(t *poller.Task) {
	base, endpoint := t.Request.Base, t.Request.Endpoint
	_, told := w.told[report.Held{Origin: base.Origin(), Endpoint: endpoint}]
	if t.Trouble.Kind == queue.Forbidden && w.tracked() == 1 && !told {
		w.printer.notice(report.Refusal(base.Host(), poller.Forbidden{Endpoint: endpoint, Fault: t.Trouble}))
	}
}

// askedAgain reports whether Once waits for another poll after a failure: after a 429 with a
// short wait, or a refusal that is not confirmed yet.
func (w *watch) askedAgain(t *poller.Task) bool {
	if t.Trouble == nil || w.denied(t.Request.Base, t.Request.Endpoint) != nil {
		return false
	}
	switch t.Trouble.Kind {
	case queue.RateLimited:
		return t.Failures < onceLimited && t.Trouble.RetryAfter <= longWait
	case queue.Unauthorized:
		return t.Failures < onceRefused
	}
	return false
}
