package natsstore

import (
	"context"
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

// ErrPrivate is the error for parameters that are not to be stored in NATS.
var ErrPrivate = errors.New("parameters are stored in NATS, where the machine that polls finds them, only with --share-payloads")

// draft is a payload of a batch that this process has read and not yet confirmed.
type draft struct {
	payload      *poller.Payload
	about, input []byte
}

// AddPayloads reads the payloads that next returns with their parameters, until io.EOF, as a
// batch that is not to be sent before Confirm. The process that polls adds them at once.
func (s *Store) AddPayloads(next func() (*poller.Payload, []byte, error)) (batch int64, n int, err error) {
	if !s.share {
		return 0, 0, ErrPrivate
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
	s.mu.Lock()
	held := s.holds()
	if !held {
		s.drafts = all
	}
	for _, d := range all {
		if held && err == nil {
			err = s.add(d)
		}
	}
	s.mu.Unlock()
	if held && err == nil {
		err = s.writeNow(func(context.Context) error { return nil })
	}
	return batch, len(all), err
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

// add stores a payload as a draft, unless it is there, and sets its number. The caller holds mu.
func (s *Store) add(d draft) error {
	number := int64(1)
	for known, saved := range s.mirror.payloads {
		if saved.Key == d.payload.Key {
			return nil // it was delivered before
		}
		number = max(number, known+1)
	}
	d.payload.Number = number
	saved, err := s.saved(d.about, true)
	if err != nil {
		return err
	}
	value, err := pack(saved)
	if err != nil {
		return err
	}
	s.mirror.payloads[number] = saved
	s.puts = append(s.puts, put{inputKey(number), d.input}, put{payloadKey(number), value})
	return nil
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
func (s *Store) Payloads(batch int64, bases store.BaseOf) (all []*poller.Payload, err error) {
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
		s.puts = append(s.puts, put{payloadKey(number), nil}, put{inputKey(number), nil})
	}
	return nil
}

// WritePayload writes a payload's snapshot, and waits until it is stored.
func (s *Store) WritePayload(p *poller.Payload) error {
	s.ForgetPayload(p.Number)
	return s.writeNow(func(ctx context.Context) error { return s.writePayload(ctx, p) })
}

// writeNow writes the keys that wait, and what f writes.
func (s *Store) writeNow(f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.writePuts(ctx)
	if err == nil {
		err = f(ctx)
	}
	if errors.Is(err, store.ErrLost) {
		return err
	}
	return s.explain(err)
}

// writePayload writes a payload. The caller holds writing.
func (s *Store) writePayload(ctx context.Context, p *poller.Payload) error {
	about, err := store.EncodePayload(p)
	if err != nil {
		return err
	}
	saved, err := s.saved(about, false)
	if err != nil {
		return err
	}
	value, err := pack(saved)
	if err != nil {
		return err
	}
	rev, err := s.put(ctx, payloadKey(p.Number), value)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mirror.payloads[p.Number], s.mirror.revs[payloadKey(p.Number)] = saved, rev
	return nil
}

// PutAnswer notes the raw answer that ended a task, with Options.SharePayloads.
func (s *Store) PutAnswer(seq int32, body []byte) {
	if s.share && s.fits("the answer", seq, body) {
		s.Notes.PutAnswer(seq, body)
	}
}

// PutResult notes a task's raw result, with Options.SharePayloads.
func (s *Store) PutResult(seq int32, body []byte) {
	if s.share && s.fits("the result", seq, body) {
		s.Notes.PutResult(seq, body)
	}
}

// fits reports whether the server takes a body. The user is told if not.
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
	s.mu.Lock()
	kv, at := s.kv, slices.IndexFunc(s.puts, func(p put) bool { return p.key == key })
	if at >= 0 {
		defer s.mu.Unlock()
		return s.puts[at].value, s.puts[at].value != nil
	}
	s.mu.Unlock()
	if !s.conn.IsConnected() {
		return nil, false
	}
	e, err := kv.Get(context.Background(), key)
	if err != nil {
		return nil, false
	}
	return e.Value(), true
}
