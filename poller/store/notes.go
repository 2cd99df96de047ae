package store

import (
	"sync"
	"time"

	"polltop/poller"
)

// notes buffer what is to be written: the latest snapshot of each task. Adding a note never
// waits for the disk.
type notes struct {
	mu      sync.Mutex
	waiting notice
	urgent  bool      // something waits that the next poll would not bring again
	wrote   time.Time // when notes were taken last
}

// notice is what is written at once.
type notice struct {
	tasks    map[int32]*poller.Task // nil for a task that is dropped
	answers  map[answerKey][]byte
	payloads map[int64]*poller.Payload
}

// answerKey identifies a body.
type answerKey struct {
	seq  int32
	kind kind
}

func newNotice() notice {
	return notice{map[int32]*poller.Task{}, map[answerKey][]byte{}, map[int64]*poller.Payload{}}
}

func (n notice) empty() bool { return len(n.tasks)+len(n.answers)+len(n.payloads) == 0 }

// discard deletes all notes.
func (n *notes) discard() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting, n.urgent = newNotice(), false
}

// PutPayload notes a payload's latest snapshot.
func (n *notes) PutPayload(p *poller.Payload) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting.payloads[p.Number], n.urgent = p, true
}

// forgetPayload drops the note of a payload.
func (n *notes) forgetPayload(number int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.waiting.payloads, number)
}

// Put notes a task's latest snapshot. One that matters is written with the next Sync, others
// within a second.
func (n *notes) Put(t *poller.Task, matters bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting.tasks[t.Seq], n.urgent = t, n.urgent || matters
}

// Drop notes that a task is not tracked any more. Its stored answers stay until the session is
// opened next, because the removal can be undone.
func (n *notes) Drop(seq int32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting.tasks[seq], n.urgent = nil, true
}

// PutAnswer notes the raw answer that ended a task.
func (n *notes) PutAnswer(seq int32, body []byte) { n.put(seq, answerBody, body) }

// PutResult notes a task's raw result.
func (n *notes) PutResult(seq int32, body []byte) { n.put(seq, resultBody, body) }

func (n *notes) put(seq int32, k kind, body []byte) {
	if len(body) == 0 || len(body) > bodyMost[k] {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting.answers[answerKey{seq, k}], n.urgent = body, true
}

// take removes and returns all notes, with all or if some matter or have waited long enough.
func (n *notes) take(all bool) notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.wrote.IsZero() {
		n.wrote = time.Now()
	}
	if n.waiting.empty() || !all && !n.urgent && time.Since(n.wrote) < lazily {
		return notice{}
	}
	taken := n.waiting
	n.waiting, n.urgent, n.wrote = newNotice(), false, time.Now()
	return taken
}

// putBack adds the notes of a failed write again, unless there are newer ones.
func (n *notes) putBack(failed notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.urgent = true
	addOlder(n.waiting.tasks, failed.tasks)
	addOlder(n.waiting.answers, failed.answers)
	addOlder(n.waiting.payloads, failed.payloads)
}

// addOlder adds what has no newer value in a map.
func addOlder[K comparable, V any](to, older map[K]V) {
	for key, value := range older {
		if _, newer := to[key]; !newer {
			to[key] = value
		}
	}
}

// noted returns a body that is not yet written.
func (n *notes) noted(key answerKey) ([]byte, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	body, ok := n.waiting.answers[key]
	return body, ok
}
