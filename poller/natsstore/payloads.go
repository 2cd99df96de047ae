package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"polltop/poller"
	"polltop/poller/store"
)

// draftLifetime is how long payloads are stored whose batch is not confirmed.
const draftLifetime = 24 * time.Hour

// ErrNotShared is the error for parameters without Options.SharePayloads.
var ErrNotShared = errors.New("parameters are stored in NATS, where the machine that polls finds them, only with --share-payloads")

// draft is a payload that is not confirmed yet.
type draft struct {
	payload *poller.Payload
	about   []byte // the payload as store.EncodePayload returns it
	input   []byte // its parameters
}

// AddPayloads reads the payloads that next returns with their parameters, until io.EOF, as a batch that is
// not sent before Confirm. The process that polls stores them at once; others keep them in memory.
func (s *Store) AddPayloads(next func() (*poller.Payload, []byte, error)) (batch int64, n int, err error) {
	if !s.sharePayloads {
		return 0, 0, ErrNotShared
	}
	batch = rand.Int64N(1<<53-1) + 1
	var all []draft
	for {
		payload, input, err := next()
		if err == io.EOF {
			break
		}
		if limit := s.maxValue(); err == nil && len(input) > limit {
			err = fmt.Errorf("payload %d has %d bytes, more than the NATS server takes (%d): raise max_payload in its configuration, or use a session on disk", len(all)+1, len(input), limit)
		}
		if err != nil {
			return 0, 0, err
		}
		payload.Batch, payload.Size, payload.Added = batch, len(input), poller.StampOf(time.Now())
		about, err := store.EncodePayload(payload)
		if err != nil {
			return 0, 0, err
		}
		all = append(all, draft{payload: payload, about: about, input: input})
	}
	if s.mayPoll() {
		return batch, len(all), s.writeNow(func(ctx context.Context) error { return s.addDrafts(ctx, all...) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unconfirmed = all
	return batch, len(all), nil
}

// Confirm leaves an order to send the batch that AddPayloads has read. If it fails, none of its payloads
// are sent.
func (s *Store) Confirm(batch int64) error {
	s.mu.Lock()
	drafts := s.unconfirmed
	s.unconfirmed = nil
	s.mu.Unlock()
	for _, d := range drafts {
		if err := s.publishOrder(d.input, nats.Header{aboutHeader: {string(d.about)}}); err != nil {
			return s.explain(err)
		}
	}
	return s.explain(s.post(store.Order{Submit: batch, Count: len(drafts)}))
}

// DropBatch drops the batch that AddPayloads has read.
func (s *Store) DropBatch(int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unconfirmed = nil
	return nil
}

// addDrafts writes payloads as drafts and sets their numbers. It skips those that are stored already. The
// caller must hold writeMu.
func (s *Store) addDrafts(ctx context.Context, drafts ...draft) error {
	for _, d := range drafts {
		number, stored := s.numberOf(d.payload.Key)
		if stored {
			continue // its message was delivered twice
		}
		d.payload.Number = number
		s.DiscardPayload(number) // the buffered deletion of an earlier payload with the number
		_, err := s.put(ctx, inputKey(number), d.input)
		if err == nil {
			err = s.putPayload(ctx, number, d.about, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numberOf returns the number of the payload with an idempotency key, or else the next free number.
func (s *Store) numberOf(key string) (number int64, stored bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number = 1
	for used, p := range s.mirror.payloads {
		if p.Key == key {
			return used, true
		}
		number = max(number, used+1)
	}
	return number, false
}

// batchSize returns how many payloads of a batch are stored.
func (s *Store) batchSize(batch int64) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.mirror.payloads {
		if p.Batch == batch {
			n++
		}
	}
	return n
}

// Payloads returns the payloads of a batch.
func (s *Store) Payloads(batch int64, bases store.BaseResolver) (all []*poller.Payload, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, number := range slices.Sorted(maps.Keys(s.mirror.payloads)) {
		if p := s.mirror.payloads[number]; p.Batch == batch {
			payload, err := store.DecodePayload(number, p.About, bases)
			if err != nil {
				return nil, err
			}
			all = append(all, payload)
		}
	}
	return all, nil
}

// DropPayloads deletes payloads in the background, and drafts that are older than draftLifetime.
func (s *Store) DropPayloads(numbers []int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for number, p := range s.mirror.payloads {
		if p.Draft && time.Since(p.Added.Time()) > draftLifetime {
			numbers = append(numbers, number)
		}
	}
	for _, number := range numbers {
		delete(s.mirror.payloads, number)
		s.DeletePayload(number)
	}
	return nil
}

// WritePayload writes a payload's snapshot, and waits until it is stored.
func (s *Store) WritePayload(p *poller.Payload) error {
	s.DiscardPayload(p.Number)
	return s.writeNow(func(ctx context.Context) error { return s.writePayload(ctx, p.Number, p) })
}

// writeNow calls f while it holds writeMu. It returns ErrLeaseLost, or another error in words for people.
func (s *Store) writeNow(f func(context.Context) error) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if err := f(context.Background()); !errors.Is(err, store.ErrLeaseLost) {
		return s.explain(err)
	}
	return store.ErrLeaseLost
}

// writePayload writes a payload, or deletes it if it is nil. The caller must hold writeMu.
func (s *Store) writePayload(ctx context.Context, number int64, p *poller.Payload) error {
	if p == nil {
		_, err := s.put(ctx, payloadKey(number), nil)
		if err == nil {
			_, err = s.put(ctx, inputKey(number), nil)
		}
		return err
	}
	about, err := store.EncodePayload(p)
	if err != nil {
		return err
	}
	return s.putPayload(ctx, number, about, false)
}

// putPayload writes an encoded payload. The caller must hold writeMu.
func (s *Store) putPayload(ctx context.Context, number int64, about []byte, draft bool) error {
	saved := savedPayload{By: s.holder, Draft: draft, About: about}
	value, err := pack(saved)
	err = errors.Join(err, json.Unmarshal(about, &saved.Payload))
	if err != nil {
		return err
	}
	rev, err := s.put(ctx, payloadKey(number), value)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mirror.payloads[number], s.mirror.sequences[payloadKey(number)] = saved, rev
	return nil
}

// PutAnswer adds the raw answer that ended a task to the buffer, with Options.SharePayloads.
func (s *Store) PutAnswer(seq int32, body []byte) {
	if s.sharePayloads && s.fits("the answer", seq, body) {
		s.WriteBuffer.PutAnswer(seq, body)
	}
}

// PutResult adds a task's raw result to the buffer, with Options.SharePayloads.
func (s *Store) PutResult(seq int32, body []byte) {
	if s.sharePayloads && s.fits("the result", seq, body) {
		s.WriteBuffer.PutResult(seq, body)
	}
}

// fits reports whether the server accepts a body of that size. It reports to the user if not.
func (s *Store) fits(what string, seq int32, body []byte) bool {
	limit := min(s.maxValue(), store.MaxResult)
	if len(body) > limit {
		s.report(fmt.Sprintf("%s of task %d has %d bytes, more than can be shared (%d, by max_payload of the NATS server): the others don't see it", what, seq+1, len(body), limit))
	}
	return len(body) <= limit
}

// maxValue returns the size of the largest value that the server accepts, in bytes.
func (s *Store) maxValue() int { return int(s.conn.MaxPayload()) - maxHeaders }

// Answer returns the raw answer that ended a task, and whether it is stored.
func (s *Store) Answer(seq int32) ([]byte, bool) { return s.get(fmt.Sprintf("answer.%d", seq)) }

// Result returns a task's raw result, and whether it is stored.
func (s *Store) Result(seq int32) ([]byte, bool) { return s.get(fmt.Sprintf("result.%d", seq)) }

// Input returns a payload's parameters, and whether they are stored.
func (s *Store) Input(number int64) ([]byte, bool) { return s.get(inputKey(number)) }

// get returns the value of a key that the mirror does not have.
func (s *Store) get(key string) ([]byte, bool) {
	if !s.conn.IsConnected() {
		return nil, false
	}
	e, err := s.kv.Get(context.Background(), key)
	if err != nil {
		return nil, false
	}
	return e.Value(), true
}
