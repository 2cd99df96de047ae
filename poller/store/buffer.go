package store

import (
	"database/sql"
	"fmt"
	"sync"
	"time"

	"polltop/poller"
)

// WriteBuffer collects what is to be written: of each task and payload the latest snapshot. Adding to it
// never waits for the disk.
type WriteBuffer struct {
	mu        sync.Mutex
	pending   Writes
	urgent    bool      // pending has something that the next poll would not bring again
	drainedAt time.Time // when it was emptied last
}

// Writes are the changes of one transaction.
type Writes struct {
	Tasks    map[int32]*poller.Task    // by Seq; nil for a task to delete
	Answers  map[AnswerKey][]byte      // raw answers and results
	Payloads map[int64]*poller.Payload // by number; nil for a payload to delete, which only natsstore adds
}

// AnswerKey identifies a stored body: the raw answer that ended a task, or its raw result.
type AnswerKey struct {
	Seq  int32
	kind kind
}

// String names the body, such as answer.7 or result.7.
func (k AnswerKey) String() string {
	return fmt.Sprintf("%s.%d", [kindCount]string{answerBody: "answer", resultBody: "result"}[k.kind], k.Seq)
}

func newWrites() Writes {
	return Writes{map[int32]*poller.Task{}, map[AnswerKey][]byte{}, map[int64]*poller.Payload{}}
}

// NewWriteBuffer returns an empty buffer.
func NewWriteBuffer() WriteBuffer { return WriteBuffer{pending: newWrites(), drainedAt: time.Now()} }

// Empty reports whether there is nothing to write.
func (w Writes) Empty() bool { return len(w.Tasks)+len(w.Answers)+len(w.Payloads) == 0 }

func (b *WriteBuffer) update(urgent bool, f func(pending *Writes)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(&b.pending)
	b.urgent = b.urgent || urgent
}

// Discard empties the buffer.
func (b *WriteBuffer) Discard() { b.update(false, func(pending *Writes) { *pending = newWrites() }) }

// PutPayload adds a payload's latest snapshot.
func (b *WriteBuffer) PutPayload(p *poller.Payload) {
	b.update(true, func(pending *Writes) { pending.Payloads[p.Number] = p })
}

// DeletePayload adds the deletion of a payload.
func (b *WriteBuffer) DeletePayload(number int64) {
	b.update(true, func(pending *Writes) { pending.Payloads[number] = nil })
}

// DiscardPayload removes what is to be written of a payload.
func (b *WriteBuffer) DiscardPayload(number int64) {
	b.update(false, func(pending *Writes) { delete(pending.Payloads, number) })
}

// Put adds a task's latest snapshot. The next Sync writes an urgent one, and others within a second.
func (b *WriteBuffer) Put(t *poller.Task, urgent bool) {
	b.update(urgent, func(pending *Writes) { pending.Tasks[t.Seq] = t })
}

// Drop adds the deletion of a task. Its stored bodies stay, because the removal can be undone.
func (b *WriteBuffer) Drop(seq int32) {
	b.update(true, func(pending *Writes) { pending.Tasks[seq] = nil })
}

// PutAnswer adds the raw answer that ended a task.
func (b *WriteBuffer) PutAnswer(seq int32, body []byte) { b.putBody(AnswerKey{seq, answerBody}, body) }

// PutResult adds a task's raw result.
func (b *WriteBuffer) PutResult(seq int32, body []byte) { b.putBody(AnswerKey{seq, resultBody}, body) }

func (b *WriteBuffer) putBody(key AnswerKey, body []byte) {
	if len(body) > 0 && len(body) <= maxBody[key.kind] {
		b.update(true, func(pending *Writes) { pending.Answers[key] = body })
	}
}

// Drain empties the buffer and returns what it held. Unless all is set, it returns nothing before
// something urgent was added or maxWriteDelay has passed.
func (b *WriteBuffer) Drain(all bool) Writes {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending.Empty() || !all && !b.urgent && time.Since(b.drainedAt) < maxWriteDelay {
		return Writes{}
	}
	drained := b.pending
	b.pending, b.urgent, b.drainedAt = newWrites(), false, time.Now()
	return drained
}

// Requeue adds what could not be written again, unless the buffer has newer changes.
func (b *WriteBuffer) Requeue(failed Writes) {
	b.update(true, func(pending *Writes) {
		addOlder(pending.Tasks, failed.Tasks)
		addOlder(pending.Answers, failed.Answers)
		addOlder(pending.Payloads, failed.Payloads)
	})
}

// addOlder adds the entries of older whose keys the map lacks.
func addOlder[K comparable, V any](to, older map[K]V) {
	for key, value := range older {
		if _, newer := to[key]; !newer {
			to[key] = value
		}
	}
}

// kind is the kind of a stored body.
type kind int

const (
	answerBody kind = iota // the raw answer that ended a task
	resultBody             // the raw result of a task
	kindCount
)

// MaxResult bounds a stored result, in bytes.
const MaxResult = 1 << 20

// maxBody bounds one stored body, in bytes. bodyBudget bounds all stored bodies of a kind together, in
// bytes: once they exceed it, the oldest quarter is deleted.
var (
	maxBody    = [kindCount]int{answerBody: 16 << 10, resultBody: MaxResult}
	bodyBudget = [kindCount]int64{answerBody: 48 << 20, resultBody: 64 << 20}
)

// Answer returns the raw answer that ended a task, and whether it is stored.
func (s *Store) Answer(seq int32) ([]byte, bool) { return s.body(AnswerKey{seq, answerBody}) }

// Result returns a task's raw result, and whether it is stored.
func (s *Store) Result(seq int32) ([]byte, bool) { return s.body(AnswerKey{seq, resultBody}) }

func (s *Store) body(key AnswerKey) ([]byte, bool) {
	var pending []byte
	s.update(false, func(writes *Writes) { pending = writes.Answers[key] })
	if pending != nil {
		return pending, true
	}
	r := answersTable.get(s.conn(), "seq = ? AND kind = ?", key.Seq, key.kind)
	body, ok := r[3].(string)
	return []byte(body), ok && verifyChecksum(r[:4], r[4]) == nil
}

func (s *Store) writeAnswers(tx *sql.Tx, answers map[AnswerKey][]byte) error {
	for key, body := range answers {
		s.lastBody++
		if err := answersTable.put(tx, withChecksum(int64(key.Seq), int64(key.kind), s.lastBody, string(body))...); err != nil {
			return err
		}
		s.storedBytes[key.kind] += int64(len(body))
	}
	for k := range kindCount {
		if s.storedBytes[k] > bodyBudget[k] {
			if err := s.prune(tx, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// sumBodySizes sets storedBytes and lastBody in one scan: the bodies of 100,000 tasks have some 60 MiB.
func (s *Store) sumBodySizes() error {
	const query = `SELECT coalesce(max(CASE WHEN typeof(at) = 'integer' THEN at END), 0),
		coalesce(sum(CASE kind WHEN ? THEN octet_length(body) END), 0),
		coalesce(sum(CASE kind WHEN ? THEN octet_length(body) END), 0) FROM answers`
	return s.conn().QueryRow(query, answerBody, resultBody).Scan(&s.lastBody, &s.storedBytes[answerBody], &s.storedBytes[resultBody])
}

// prune deletes the oldest bodies of a kind, down to three quarters of its budget.
func (s *Store) prune(tx *sql.Tx, k kind) error {
	const oldest = `DELETE FROM answers WHERE kind = ?1 AND at <= (SELECT max(at) FROM (
		SELECT at, sum(octet_length(body)) OVER (ORDER BY at DESC) AS kept FROM answers WHERE kind = ?1 AND typeof(at) = 'integer')
		WHERE kept > ?2)`
	if _, err := tx.Exec(oldest, k, bodyBudget[k]*3/4); err != nil {
		return err
	}
	return tx.QueryRow("SELECT coalesce(sum(octet_length(body)), 0) FROM answers WHERE kind = ?", k).Scan(&s.storedBytes[k])
}
