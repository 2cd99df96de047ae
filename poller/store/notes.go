package store

import (
	"database/sql"
	"fmt"
	"sync"
	"time"

	"polltop/poller"
)

// WriteBuffer buffer what is to be written: the latest snapshot of each task. Adding a note never
// waits for the disk.
type WriteBuffer struct {
	mu      sync.Mutex
	waiting Writes
	urgent  bool      // something waits that the next poll would not bring again
	wrote   time.Time // when notes were taken last
}

// Writes is what is written at once.
type Writes struct {
	Tasks    map[int32]*poller.Task // nil for a task that is dropped
	Answers  map[AnswerKey][]byte
	Payloads map[int64]*poller.Payload // nil for one that is deleted, which only DeletePayload notes
}

// AnswerKey identifies a stored body: the raw answer that ended a task, or its raw result.
type AnswerKey struct {
	Seq  int32
	kind kind
}

// String names the body, as answer.7 or result.7.
func (k AnswerKey) String() string {
	return fmt.Sprintf("%s.%d", [kinds]string{answerBody: "answer", resultBody: "result"}[k.kind], k.Seq)
}

func newNotice() Writes {
	return Writes{map[int32]*poller.Task{}, map[AnswerKey][]byte{}, map[int64]*poller.Payload{}}
}

// NewWriteBuffer returns notes without any.
func NewWriteBuffer() WriteBuffer { return WriteBuffer{waiting: newNotice(), wrote: time.Now()} }

// Empty reports whether nothing is to be written.
func (n Writes) Empty() bool { return len(n.Tasks)+len(n.Answers)+len(n.Payloads) == 0 }

// note has f change what waits, which is urgent if it matters.
func (n *WriteBuffer) note(matters bool, f func(waiting *Writes)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(&n.waiting)
	n.urgent = n.urgent || matters
}

// Discard deletes all notes.
func (n *WriteBuffer) Discard() { n.note(false, func(waiting *Writes) { *waiting = newNotice() }) }

// PutPayload notes a payload's latest snapshot.
func (n *WriteBuffer) PutPayload(p *poller.Payload) {
	n.note(true, func(waiting *Writes) { waiting.Payloads[p.Number] = p })
}

// DeletePayload notes that a payload is to be deleted.
func (n *WriteBuffer) DeletePayload(number int64) {
	n.note(true, func(waiting *Writes) { waiting.Payloads[number] = nil })
}

// DiscardPayload drops the note of a payload.
func (n *WriteBuffer) DiscardPayload(number int64) {
	n.note(false, func(waiting *Writes) { delete(waiting.Payloads, number) })
}

// Put notes a task's latest snapshot. One that matters is written with the next Sync, others
// within a second.
func (n *WriteBuffer) Put(t *poller.Task, matters bool) {
	n.note(matters, func(waiting *Writes) { waiting.Tasks[t.Seq] = t })
}

// Drop notes that a task is not tracked any more. Its stored answers stay, because the removal
// can be undone.
func (n *WriteBuffer) Drop(seq int32) {
	n.note(true, func(waiting *Writes) { waiting.Tasks[seq] = nil })
}

// PutAnswer notes the raw answer that ended a task.
func (n *WriteBuffer) PutAnswer(seq int32, body []byte) { n.put(AnswerKey{seq, answerBody}, body) }

// PutResult notes a task's raw result.
func (n *WriteBuffer) PutResult(seq int32, body []byte) { n.put(AnswerKey{seq, resultBody}, body) }

func (n *WriteBuffer) put(key AnswerKey, body []byte) {
	if len(body) > 0 && len(body) <= bodyMost[key.kind] {
		n.note(true, func(waiting *Writes) { waiting.Answers[key] = body })
	}
}

// Drain removes and returns all notes, with all or if some matter or have waited long enough.
func (n *WriteBuffer) Drain(all bool) Writes {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting.Empty() || !all && !n.urgent && time.Since(n.wrote) < lazily {
		return Writes{}
	}
	taken := n.waiting
	n.waiting, n.urgent, n.wrote = newNotice(), false, time.Now()
	return taken
}

// Requeue adds the notes of a failed write again, unless there are newer ones.
func (n *WriteBuffer) Requeue(failed Writes) {
	n.note(true, func(waiting *Writes) {
		addOlder(waiting.Tasks, failed.Tasks)
		addOlder(waiting.Answers, failed.Answers)
		addOlder(waiting.Payloads, failed.Payloads)
	})
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
func (n *WriteBuffer) noted(key AnswerKey) (body []byte, ok bool) {
	n.note(false, func(waiting *Writes) { body, ok = waiting.Answers[key] })
	return body, ok
}

// kind is the kind of a stored body.
type kind int

const (
	answerBody kind = iota // the raw answer that ended a task
	resultBody             // its raw result
	kinds
)

// MaxResult bounds a stored result, in bytes.
const MaxResult = 1 << 20

// bodyMost bounds one kept body, in bytes. bodyBudget bounds all stored bodies of a kind
// together, in bytes on disk: beyond it the oldest quarter is deleted.
var (
	bodyMost   = [kinds]int{answerBody: 16 << 10, resultBody: MaxResult}
	bodyBudget = [kinds]int64{answerBody: 48 << 20, resultBody: 64 << 20}
)

// Answer returns the raw answer that ended a task, and whether it is stored.
func (s *Store) Answer(seq int32) ([]byte, bool) { return s.body(AnswerKey{seq, answerBody}) }

// Result returns a task's raw result, and whether it is stored.
func (s *Store) Result(seq int32) ([]byte, bool) { return s.body(AnswerKey{seq, resultBody}) }

func (s *Store) body(key AnswerKey) ([]byte, bool) {
	if body, ok := s.noted(key); ok {
		return body, true
	}
	r := answersTable.get(s.conn(), "seq = ? AND kind = ?", key.Seq, key.kind)
	body, ok := r[3].(string)
	return []byte(body), ok && checkSum(r[:4], r[4]) == nil
}

func (s *Store) writeAnswers(tx *sql.Tx, answers map[AnswerKey][]byte) error {
	for key, body := range answers {
		s.bodyAt++
		if err := answersTable.put(tx, summed(int64(key.Seq), int64(key.kind), s.bodyAt, string(body))...); err != nil {
			return err
		}
		s.kept[key.kind] += int64(len(body))
	}
	for k := range kinds {
		if s.kept[k] > bodyBudget[k] {
			if err := s.prune(tx, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure sums up the sizes of the bodies in one scan: a session of 100,000 tasks has some
// 60 MiB.
func (s *Store) measure() error {
	const query = `SELECT coalesce(max(CASE WHEN typeof(at) = 'integer' THEN at END), 0),
		coalesce(sum(CASE kind WHEN ? THEN octet_length(body) END), 0),
		coalesce(sum(CASE kind WHEN ? THEN octet_length(body) END), 0) FROM answers`
	return s.conn().QueryRow(query, answerBody, resultBody).Scan(&s.bodyAt, &s.kept[answerBody], &s.kept[resultBody])
}

// prune deletes the oldest bodies of a kind, down to three quarters of its budget.
func (s *Store) prune(tx *sql.Tx, k kind) error {
	const oldest = `DELETE FROM answers WHERE kind = ?1 AND at <= (SELECT max(at) FROM (
		SELECT at, sum(octet_length(body)) OVER (ORDER BY at DESC) AS kept FROM answers WHERE kind = ?1 AND typeof(at) = 'integer')
		WHERE kept > ?2)`
	if _, err := tx.Exec(oldest, k, bodyBudget[k]*3/4); err != nil {
		return err
	}
	return tx.QueryRow("SELECT coalesce(sum(octet_length(body)), 0) FROM answers WHERE kind = ?", k).Scan(&s.kept[k])
}
