package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

const (
	// maxInsertPayloads and maxInsertBytes bound one transaction that adds payloads, so that a slow
	// source does not keep the session locked.
	maxInsertPayloads = 200
	maxInsertBytes    = 4 << 20
	// draftLifetime is how long payloads are stored that were not confirmed, because their process
	// ended before the user answered.
	draftLifetime = 24 * time.Hour
)

// payloadTables are the tables of payloads. draft is the time in milliseconds at which a payload was
// added that is not confirmed yet, and must not be sent; NULL for others.
const payloadTables = `
CREATE TABLE IF NOT EXISTS payloads (number INTEGER PRIMARY KEY, batch INTEGER, draft INTEGER, about TEXT, rev INTEGER, sum INTEGER);
CREATE TABLE IF NOT EXISTS inputs (number INTEGER PRIMARY KEY, input TEXT, sum INTEGER);
`

// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, as a batch that
// is not sent before Confirm. It sets their numbers, and returns the batch. On an error it adds nothing.
func (s *Store) AddPayloads(next func() (*poller.Payload, []byte, error)) (batch int64, n int, err error) {
	for err == nil {
		var payloads []*poller.Payload
		var inputs [][]byte
		for size := 0; err == nil && len(inputs) < maxInsertPayloads && size < maxInsertBytes; {
			var payload *poller.Payload
			var input []byte
			if payload, input, err = next(); err == nil {
				payloads, inputs = append(payloads, payload), append(inputs, input)
				size += len(input)
			}
		}
		if failed := s.change(false, func(tx *sql.Tx) (err error) {
			for i, payload := range payloads {
				if batch, err = insertPayload(tx, payload, batch, inputs[i]); err != nil {
					return err
				}
			}
			return nil
		}); failed != nil {
			err = failed
		}
		n += len(payloads)
	}
	if err == io.EOF {
		return batch, n, nil
	}
	return batch, n, errors.Join(err, s.DropBatch(batch))
}

// insertPayload inserts a payload as a draft, and sets its number. batch is 0 for the first payload of a
// batch, whose number becomes that of the batch. It returns the batch.
func insertPayload(tx *sql.Tx, payload *poller.Payload, batch int64, input []byte) (int64, error) {
	if len(input) > queue.MaxInput {
		return batch, fmt.Errorf("a payload has %d bytes, more than %d MiB", len(input), queue.MaxInput>>20)
	}
	var number int64
	// Tasks may still refer to deleted payloads, so that their numbers are not reused.
	err := tx.QueryRow("SELECT 1 + max(coalesce((SELECT max(number) FROM payloads), 0), coalesce((SELECT max(payload) FROM tasks), 0))").Scan(&number)
	if err != nil {
		return batch, err
	}
	now := time.Now()
	payload.Number, payload.Batch, payload.Size, payload.Added = number, cmp.Or(batch, number), len(input), poller.StampOf(now)
	if err := putPayload(tx, payload, 0, now.UnixMilli()); err != nil {
		return batch, err
	}
	return payload.Batch, inputsTable.put(tx, withChecksum(number, string(input))...)
}

// putPayload writes a payload. draft is nil for one that is confirmed.
func putPayload(tx *sql.Tx, p *poller.Payload, rev int64, draft any) error {
	about, err := EncodePayload(p)
	if err != nil {
		return err
	}
	text := string(about)
	return payloadsTable.put(tx, p.Number, text, rev, checksum([]any{p.Number, text}), p.Batch, draft)
}

// Confirm orders that the payloads of a batch are sent. They and the order are on disk when it returns.
func (s *Store) Confirm(batch int64) error {
	return s.change(true, func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE payloads SET draft = NULL WHERE batch = ?", batch); err != nil {
			return err
		}
		return putOrder(tx, Order{Submit: batch})
	})
}

// DropBatch deletes the payloads of a batch that is not confirmed yet.
func (s *Store) DropBatch(batch int64) error {
	return s.change(false, func(tx *sql.Tx) error { return deletePayloads(tx, "batch = ? AND draft IS NOT NULL", batch) })
}

func deletePayloads(tx *sql.Tx, where string, values ...any) error {
	if _, err := tx.Exec("DELETE FROM inputs WHERE number IN (SELECT number FROM payloads WHERE "+where+")", values...); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM payloads WHERE "+where, values...)
	return err
}

// DropPayloads deletes payloads, and drafts that are older than draftLifetime.
func (s *Store) DropPayloads(numbers []int64) error {
	return s.change(false, s.ifOwner(func(tx *sql.Tx) error {
		for _, number := range numbers {
			if err := deletePayloads(tx, "number = ?", number); err != nil {
				return err
			}
		}
		return deletePayloads(tx, "draft < ?", time.Now().Add(-draftLifetime).UnixMilli())
	}))
}

// WritePayload writes a payload's snapshot, in place of one in the buffer, and waits for the disk. It
// returns ErrLeaseLost if another process polls the session.
func (s *Store) WritePayload(p *poller.Payload) error {
	return s.change(true, s.ifOwner(func(tx *sql.Tx) error {
		if s.filesLost != nil {
			return s.filesLost
		}
		s.DiscardPayload(p.Number)
		s.rev++
		return putPayload(tx, p, s.rev, nil)
	}))
}

// Input returns the parameters of a payload, and whether they are stored and sound.
func (s *Store) Input(number int64) ([]byte, bool) {
	r := inputsTable.get(s.conn(), "number = ?", number)
	input, ok := r[1].(string)
	return []byte(input), ok && verifyChecksum(r[:2], r[2]) == nil
}

// Payloads returns the payloads of a batch.
func (s *Store) Payloads(batch int64, bases BaseResolver) ([]*poller.Payload, error) {
	var next Snapshot
	err := readPayloads(s.conn(), bases, &next, "batch = ?", batch)
	return next.Payloads, explain(err)
}

// readPayloads reads the confirmed payloads that match where, and raises next.rev. It counts unusable
// rows in next.Unreadable.
func readPayloads(db querier, bases BaseResolver, next *Snapshot, where string, value any) error {
	return eachRow(db, payloadsTable.query()+" WHERE draft IS NULL AND "+where+" ORDER BY number", func(r []any) error {
		payload, err := payloadOf(r, bases)
		if err != nil {
			next.Unreadable++
			return nil
		}
		if rev, ok := r[2].(int64); ok {
			next.rev = max(next.rev, rev)
		}
		next.Payloads = append(next.Payloads, payload)
		return nil
	}, value)
}

// payloadOf returns the payload of a row of payloadsTable.
func payloadOf(r []any, bases BaseResolver) (*poller.Payload, error) {
	number, isNumber := r[0].(int64)
	about, isText := r[1].(string)
	if !isNumber || !isText || verifyChecksum(r[:2], r[3]) != nil {
		return nil, errChecksum
	}
	return DecodePayload(number, []byte(about), bases)
}
