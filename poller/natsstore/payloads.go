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

// draftLasts is how long payloads are stored whose batch was not confirmed.
const draftLasts = 24 * time.Hour

// ErrNotShared is the error for parameters that are not to be stored in NATS.
var ErrNotShared = errors.New("parameters are stored in NATS, where the machine that polls finds them, only with --share-payloads")

// draft is a payload of a batch that this process has read and not yet confirmed.
type draft struct {
	payload      *poller.Payload
	about, input []byte
}

// AddPayloads reads the payloads that next returns with their parameters, until io.EOF, as a
// batch that is not to be sent before Confirm. The process that polls adds them at once.
func (s *Store) AddPayloads(next func() (*poller.Payload, []byte, error)) (batch int64, n int, err error) {
	if !s.share {
		return 0, 0, ErrNotShared
	}
	batch = rand.Int64N(1<<53-1) + 1
	var all []draft
	for {
		payload, input, err := next()
		if err == io.EOF {
			break
		}
		if most := s.valueMost(); err == nil && len(input) > most {
			err = fmt.Errorf("payload %d has %d bytes, more than the NATS server takes (%d): raise max_payload in its configuration, or use a session on disk", len(all)+1, len(input), most)
		}
		if err != nil {
			return 0, 0, err
		}
		payload.Batch, payload.Size, payload.Added = batch, len(input), poller.StampOf(time.Now())
		about, err := store.EncodePayload(payload)
		if err != nil {
			return 0, 0, err
		}
		all = append(all, draft{payload, about, input})
	}
	if s.polls() {
		return batch, len(all), s.writeNow(func(ctx context.Context) error { return s.add(ctx, all...) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drafts = all
	return batch, len(all), nil
}

// Confirm leaves the batch that AddPayloads has read for the process that polls. Nothing of it is
// submitted if Confirm fails.
func (s *Store) Confirm(batch int64) error {
	s.mu.Lock()
	drafts := s.drafts
	s.drafts = nil
	s.mu.Unlock()
	for _, d := range drafts {
		if err := s.send(d.input, nats.Header{aboutHeader: {string(d.about)}}); err != nil {
			return s.explain(err)
		}
	}
	return s.explain(s.post(store.Order{Submit: batch, Count: len(drafts)}))
}

// DropBatch forgets the batch that AddPayloads has read.
func (s *Store) DropBatch(int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drafts = nil
	return nil
}

// add writes payloads as drafts, unless they are there, and sets their numbers. The caller holds
// writing.
func (s *Store) add(ctx context.Context, drafts ...draft) error {
	for _, d := range drafts {
		number, known := s.numberOf(d.payload.Key)
		if known {
			continue // it was delivered before
		}
		d.payload.Number = number
		s.DiscardPayload(number) // one that was deleted
		_, err := s.put(ctx, inputKey(number), d.input)
		if err == nil {
			err = s.writePayload(ctx, number, d.about, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numberOf returns the number of the payload with a key, or that of the next one.
func (s *Store) numberOf(key string) (number int64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number = 1
	for there, p := range s.mirror.payloads {
		if p.Key == key {
			return there, true
		}
		number = max(number, there+1)
	}
	return number, false
}

// batchSize returns how many payloads of a batch have come.
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

// DropPayloads deletes payloads in the background, and drafts that nobody has confirmed for long.
func (s *Store) DropPayloads(numbers []int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for number, p := range s.mirror.payloads {
		if p.Draft && time.Since(p.Added.Time()) > draftLasts {
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
	return s.writeNow(func(ctx context.Context) error { return s.writeNoted(ctx, p.Number, p) })
}

// writeNow has f write to the bucket, and returns an error for people, or ErrLeaseLost.
func (s *Store) writeNow(f func(context.Context) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := f(context.Background()); !errors.Is(err, store.ErrLeaseLost) {
		return s.explain(err)
	}
	return store.ErrLeaseLost
}

// writeNoted writes a payload, or deletes it if it is nil. The caller holds writing.
func (s *Store) writeNoted(ctx context.Context, number int64, p *poller.Payload) error {
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
	return s.writePayload(ctx, number, about, false)
}

// writePayload writes a payload as it is encoded. The caller holds writing.
func (s *Store) writePayload(ctx context.Context, number int64, about []byte, draft bool) error {
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
	s.mirror.payloads[number], s.mirror.revs[payloadKey(number)] = saved, rev
	return nil
}

// PutAnswer notes the raw answer that ended a task, with Options.SharePayloads.
func (s *Store) PutAnswer(seq int32, body []byte) {
	if s.share && s.fits("the answer", seq, body) {
		s.WriteBuffer.PutAnswer(seq, body)
	}
}

// PutResult notes a task's raw result, with Options.SharePayloads.
func (s *Store) PutResult(seq int32, body []byte) {
	if s.share && s.fits("the result", seq, body) {
		s.WriteBuffer.PutResult(seq, body)
	}
}

// fits reports whether the server takes a body. It warns the user if not.
func (s *Store) fits(what string, seq int32, body []byte) bool {
	most := min(s.valueMost(), store.MaxResult)
	if len(body) > most {
		s.report(fmt.Sprintf("%s of task %d has %d bytes, more than can be shared (%d, by max_payload of the NATS server): the others don't see it", what, seq+1, len(body), most))
	}
	return len(body) <= most
}

// valueMost is the length of the largest value that the server takes.
func (s *Store) valueMost() int { return int(s.conn.MaxPayload()) - headersMost }

// Answer returns the raw answer that ended a task, and whether it is stored.
func (s *Store) Answer(seq int32) ([]byte, bool) { return s.get(fmt.Sprintf("answer.%d", seq)) }

// Result returns a task's raw result, and whether it is stored.
func (s *Store) Result(seq int32) ([]byte, bool) { return s.get(fmt.Sprintf("result.%d", seq)) }

// Input returns a payload's parameters, and whether they are stored.
func (s *Store) Input(number int64) ([]byte, bool) { return s.get(inputKey(number)) }

// get returns the value of a key that is in no mirror.
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
