package store

import "database/sql"

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
