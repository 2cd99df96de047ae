package script

import (
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
)

// look tells of a task when it was asked for once.
func (w *watch) look(t *poller.Task) error {
	if int(t.Seq) < len(w.answered) && w.answered[t.Seq] {
		return nil // it was asked again before the others were through
	}
	if t.Trouble != nil && t.Trouble.Kind == queue.Missing && !t.State.Terminal() {
		// A dashboard would ask some times more, in case it was only just made.
		// Here this is the answer.
		gone := *t
		gone.State, gone.Error = poller.NotFound, t.Trouble.Message
		t = &gone
	}
	w.keep(t)
	if t.Polls == 0 && t.Trouble == nil || w.askedAgain(t) {
		return nil
	}
	if t.State == poller.Reading && t.Trouble == nil {
		return nil // its result tells more
	}
	w.tellWord(t)
	w.answered[t.Seq] = true
	w.looked++
	switch {
	case t.State.Terminal():
		return w.ended(t)
	case t.Trouble != nil:
		w.tellForbidden(t)
		return w.tell(t, report.EventTrouble, nil, nil)
	case t.State == poller.Queued:
		return w.tell(t, report.EventQueued, nil, nil)
	case t.State == poller.New: // its status is none that polltop knows
		return w.tell(t, report.EventTask, nil, nil)
	}
	return w.tell(t, report.EventRunning, nil, nil)
}

// The failed polls in a row after which Once takes that for the answer. A refusal is
// confirmed first, and a 429 says nothing about the task.
const (
	onceRefused = 2
	onceLimited = 3
)

// tellForbidden tells that the key may not use the endpoint of the only task there is: no
// other can confirm it.
func (w *watch) tellForbidden(t *poller.Task) {
	h := w.host(t)
	key := refusal{t.Request.Base.Origin(), t.Request.Endpoint}
	if t.Trouble.Kind == queue.Forbidden && w.tracked() == 1 && h.Base != nil && !w.told.forbidden[key] {
		w.told.forbidden[key] = true
		w.printer.notice(report.Refusal(h, poller.Forbidden{Endpoint: t.Request.Endpoint, Fault: t.Trouble}))
	}
}

// askedAgain reports whether a task's last poll failed in a way after which Once has it
// asked again: a 429 whose wait is short, or a refusal that is not confirmed yet.
func (w *watch) askedAgain(t *poller.Task) bool {
	if t.Trouble == nil || w.denied(t) != nil {
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
