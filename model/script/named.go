package script

import (
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/safe"
)

// want adds requests that are named here. A session may have them already.
func (w *watch) want(requests []queue.Request) {
	for _, r := range requests {
		key := r.Key()
		if _, known := w.waits[key]; known {
			continue
		}
		w.waits[key] = true
		w.wanted++
		if t := w.unnamed[key]; t != nil {
			delete(w.unnamed, key)
			w.applyTask(t)
		}
	}
}

// named reports whether a task is watched, and stores it in unnamed if not.
func (w *watch) named(t *poller.Task) bool {
	if w.unnamed == nil || int(t.Seq) < len(w.tasks) && w.tasks[t.Seq] != nil {
		return true
	}
	key := t.Request.Key()
	if _, known := w.waits[key]; known || t.Payload != 0 && w.payloads[t.Payload] != nil {
		return true
	}
	w.unnamed[key] = t
	return false
}

// tracked returns the number of tasks, with those that have no snapshot yet.
func (w *watch) tracked() int { return w.counts.Total() + w.wanted }

// drop forgets a task that another process has stopped tracking.
func (w *watch) drop(seq int32) {
	if int(seq) >= len(w.tasks) || w.tasks[seq] == nil {
		return
	}
	t := w.tasks[seq]
	w.counts[t.State]--
	delete(w.waits, t.Request.Key())
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
	if said != "" && said != w.persistence {
		w.persistence = said
		w.printer.notice(safe.Line(said))
	}
}
