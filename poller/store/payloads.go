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
	// insertMost and insertBytes bound one transaction that adds payloads, so that a slow
	// source does not lock the session.
	insertMost  = 200
	insertBytes = 4 << 20
	// draftLasts is how long payloads are kept that nobody has confirmed: those of a process
	// that ended while it asked.
	draftLasts = 24 * time.Hour
)

// payloadTables are the tables of payloads. One with a draft, the time at which it was added,
// is not to be sent yet.
const payloadTables = `
CREATE TABLE IF NOT EXISTS payloads (number INTEGER PRIMARY KEY, batch INTEGER, draft INTEGER, about TEXT, rev INTEGER, sum INTEGER);
CREATE TABLE IF NOT EXISTS inputs (number INTEGER PRIMARY KEY, input TEXT, sum INTEGER);
`

// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, as a
// batch that is not to be sent before Confirm. It sets their numbers, and returns the batch. On
// an error nothing is added.
func (s *Store) AddPayloads(next func() (*poller.Payload, []byte, error)) (batch int64, n int, err error) {
	for err == nil {
		var payloads []*poller.Payload
		var inputs [][]byte
		for size := 0; err == nil && len(inputs) < insertMost && size < insertBytes; {
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

// insertPayload inserts a payload as a draft, and sets its number. It returns the batch, which is
// that of its first payload.
func insertPayload(tx *sql.Tx, payload *poller.Payload, batch int64, input []byte) (int64, error) {
	if len(input) > queue.MaxInput {
		return batch, fmt.Errorf("a payload has %d bytes, more than %d MiB", len(input), queue.MaxInput>>20)
	}
	var number int64
	// The numbers of deleted ones are not given again: tasks may have them.
	err := tx.QueryRow("SELECT 1 + max(coalesce((SELECT max(number) FROM payloads), 0), coalesce((SELECT max(payload) FROM tasks), 0))").Scan(&number)
	if err != nil {
		return batch, err
	}
	now := time.Now()
	payload.Number, payload.Batch, payload.Size, payload.Added = number, cmp.Or(batch, number), len(input), poller.StampOf(now)
	if err := putPayload(tx, payload, 0, now.UnixMilli()); err != nil {
		return batch, err
	}
	return payload.Batch, inputsTable.put(tx, summed(number, string(input))...)
}

// putPayload writes a payload; draft is nil for one that is confirmed.
func putPayload(tx *sql.Tx, p *poller.Payload, rev int64, draft any) error {
	about, err := EncodePayload(p)
	if err != nil {
		return err
	}
	text := string(about)
	return payloadsTable.put(tx, p.Number, text, rev, checksum([]any{p.Number, text}), p.Batch, draft)
}

// Confirm has the payloads of a batch sent by the process that polls, also by the next one if
// that ends. They are on disk when it returns.
func (s *Store) Confirm(batch int64) error {
	return s.change(true, func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE payloads SET draft = NULL WHERE batch = ?", batch); err != nil {
			return err
		}
		return putOrder(tx, Order{Submit: batch})
	})
}

// DropBatch deletes the payloads of a batch that is not confirmed.
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

// DropPayloads deletes payloads, and drafts that nobody has confirmed for long.
func (s *Store) DropPayloads(numbers []int64) error {
	return s.change(false, s.owned(func(tx *sql.Tx) error {
		for _, number := range numbers {
			if err := deletePayloads(tx, "number = ?", number); err != nil {
				return err
			}
		}
		return deletePayloads(tx, "draft < ?", time.Now().Add(-draftLasts).UnixMilli())
	}))
}

// WritePayload writes a payload's snapshot, and waits for the disk. A note of an older one is
// dropped. It is an error if another process polls the session.
func (s *Store) WritePayload(p *poller.Payload) error {
	return s.change(true, s.owned(func(tx *sql.Tx) error {
		if s.gone != nil {
			return s.gone
		}
		s.DiscardPayload(p.Number)
		s.rev++
		return putPayload(tx, p, s.rev, nil)
	}))
}

// Input returns the parameters in a payload, and whether they are stored and sound.
func (s *Store) Input(number int64) ([]byte, bool) {
	r := inputsTable.get(s.conn(), "number = ?", number)
	input, ok := r[1].(string)
	return []byte(input), ok && checkSum(r[:2], r[2]) == nil
}

// Payloads returns the payloads of a batch.
func (s *Store) Payloads(batch int64, bases BaseOf) ([]*poller.Payload, error) {
	var next Snapshot
	err := readPayloads(s.conn(), bases, &next, "batch = ?", batch)
	return next.Payloads, plainly(err)
}

// readPayloads reads the payloads that match, and raises next.rev. Rows that can't be used are
// counted in next.Unreadable.
func readPayloads(of querier, bases BaseOf, next *Snapshot, where string, value any) error {
	return each(of, payloadsTable.query()+" WHERE draft IS NULL AND "+where+" ORDER BY number", func(r []any) error {
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

// payloadOf returns the payload of a row: number, about, rev, sum and others.
func payloadOf(r []any, bases BaseOf) (*poller.Payload, error) {
	number, isNumber := r[0].(int64)
	about, isText := r[1].(string)
	if !isNumber || !isText || checkSum(r[:2], r[3]) != nil {
		return nil, errRecord
	}
	return DecodePayload(number, []byte(about), bases)
}
