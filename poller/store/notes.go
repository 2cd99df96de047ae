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
	urgent  map[int32]*poller.Task // nil for a task that is dropped
	lazy    map[int32]*poller.Task
	answers map[answerKey][]byte
	// payloads are all urgent.
	payloads map[int64]*poller.Payload
	lazyAt   time.Time // when the lazy ones were written last
}

// answerKey identifies a body.
type answerKey struct {
	seq  int32
	kind kind
}

// discard deletes all notes.
func (n *notes) discard() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clear()
}

func (n *notes) clear() {
	n.urgent, n.lazy, n.answers = map[int32]*poller.Task{}, map[int32]*poller.Task{}, map[answerKey][]byte{}
	n.payloads = map[int64]*poller.Payload{}
}

// PutPayload notes a payload's latest snapshot.
func (n *notes) PutPayload(p *poller.Payload) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.payloads[p.Number] = p
}

// forgetPayload drops the note of a payload.
func (n *notes) forgetPayload(number int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.payloads, number)
}

// Put notes a task's latest snapshot.
func (n *notes) Put(t *poller.Task, matters bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, waits := n.urgent[t.Seq]; matters || waits {
		n.urgent[t.Seq] = t
		delete(n.lazy, t.Seq)
		return
	}
	n.lazy[t.Seq] = t
}

// Drop notes that a task is not tracked any more. Its stored answers stay until the session is
// opened next, because the removal can be undone.
func (n *notes) Drop(seq int32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.urgent[seq] = nil
	delete(n.lazy, seq)
}

// PutAnswer notes the raw answer that ended a task.
func (n *notes) PutAnswer(seq int32, body []byte) { n.put(seq, answerBody, body) }

// PutResult notes a task's raw result.
func (n *notes) PutResult(seq int32, body []byte) { n.put(seq, resultBody, body) }

func (n *notes) put(seq int32, k kind, body []byte) {
	if len(body) == 0 || len(body) > k.most() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers[answerKey{seq, k}] = body
}

// notice is the part of the notes that is being written.
type notice struct {
	tasks    map[int32]*poller.Task
	answers  map[answerKey][]byte
	payloads map[int64]*poller.Payload
	all      bool
}

func (n notice) empty() bool { return len(n.tasks)+len(n.answers)+len(n.payloads) == 0 }

// take removes and returns the notes to write now: those that matter and, with all or after
// waiting long enough, the others.
func (n *notes) take(all bool) notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lazyAt.IsZero() {
		n.lazyAt = time.Now()
	}
	due := all || time.Since(n.lazyAt) >= lazily
	if len(n.urgent)+len(n.answers)+len(n.payloads) == 0 && !(due && len(n.lazy) > 0) {
		return notice{}
	}
	taken := notice{tasks: n.urgent, answers: n.answers, payloads: n.payloads, all: due}
	n.urgent, n.answers, n.payloads = map[int32]*poller.Task{}, map[answerKey][]byte{}, map[int64]*poller.Payload{}
	if due {
		for seq, t := range n.lazy {
			taken.tasks[seq] = t
		}
		clear(n.lazy)
		n.lazyAt = time.Now()
	}
	return taken
}

// putBack adds the notes of a failed write again, unless there are newer ones.
func (n *notes) putBack(failed notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for seq, t := range failed.tasks {
		if _, newer := n.urgent[seq]; newer {
			continue
		}
		if newer := n.lazy[seq]; newer != nil {
			t = newer
			delete(n.lazy, seq)
		}
		n.urgent[seq] = t
	}
	for number, p := range failed.payloads {
		if n.payloads[number] == nil {
			n.payloads[number] = p
		}
	}
	for key, body := range failed.answers {
		if _, newer := n.answers[key]; !newer {
			n.answers[key] = body
		}
	}
}

// noted returns a body that is not yet written.
func (n *notes) noted(key answerKey) ([]byte, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	body, ok := n.answers[key]
	return body, ok
}
