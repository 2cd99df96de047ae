package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

const (
	// bodiesLast is how long answers and results are stored, so that they don't fill the server.
	bodiesLast = 7 * 24 * time.Hour
	// headersMost is what a message takes beside its value, in bytes, rounded up.
	headersMost = 1 << 10
)

// put is a key to write, with a value for no task; nil deletes the key.
type put struct {
	key   string
	value []byte
}

// write writes what is noted and renews the lease, until ctx ends.
func (s *Store) write(ctx context.Context) {
	ticker := time.NewTicker(renewEvery / 3)
	defer ticker.Stop()
	for {
		select {
		case <-s.wake:
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		s.work(ctx)
	}
}

// work does one round of write.
func (s *Store) work(ctx context.Context) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	held, done := s.holds(), s.done
	s.done = nil
	s.mu.Unlock()
	if !held {
		return
	}
	err := s.keep(ctx)
	if err == nil {
		err = s.writeNotes(ctx, s.Take(len(done) > 0))
	}
	for _, msg := range done {
		if err == nil {
			err = msg.Ack() // else it is delivered again
		}
	}
	switch {
	case errors.Is(err, store.ErrLost):
		s.lose()
		err = nil
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		s.rewatch.Set() // the bucket may be gone
	}
	if ctx.Err() == nil {
		s.setErr(err)
	}
}

// writeAll writes all notes, after what the bucket lacks because it was made anew. The caller holds
// writing.
func (s *Store) writeAll(ctx context.Context) error {
	s.mu.Lock()
	m := &s.mirror
	for number, p := range m.payloads {
		if value, err := pack(p); err == nil && m.revs[payloadKey(number)] == 0 {
			s.puts = append(s.puts, put{payloadKey(number), value})
		}
	}
	chunks := map[int32]bool{}
	for seq := range m.records {
		if number := seq / chunkSize; m.revs[chunkKey(number)] == 0 {
			chunks[number] = true
		}
	}
	s.mu.Unlock()
	for number := range chunks {
		if err := s.writeChunk(ctx, number, nil); err != nil {
			return err
		}
	}
	return s.writeNotes(ctx, s.Take(true))
}

// writeNotes writes what waits. What it could not write waits again.
func (s *Store) writeNotes(ctx context.Context, n store.Notice) (err error) {
	defer func() {
		if err != nil {
			s.PutBack(n)
		}
	}()
	if err := s.writePuts(ctx); err != nil {
		return err
	}
	chunks := map[int32]bool{}
	for seq := range n.Tasks {
		chunks[seq/chunkSize] = true
	}
	for _, number := range slices.Sorted(maps.Keys(chunks)) {
		if err := s.writeChunk(ctx, number, n.Tasks); err != nil {
			return err
		}
		maps.DeleteFunc(n.Tasks, func(seq int32, _ *poller.Task) bool { return seq/chunkSize == number })
	}
	for number, p := range n.Payloads {
		if err := s.writePayload(ctx, p); err != nil {
			return err
		}
		delete(n.Payloads, number)
	}
	for key, body := range n.Answers {
		if _, err := s.put(ctx, key.String(), body, jetstream.WithMsgTTL(bodiesLast)); err != nil {
			return err
		}
		delete(n.Answers, key)
	}
	return nil
}

// writePuts writes the keys that wait, in order.
func (s *Store) writePuts(ctx context.Context) error {
	for {
		s.mu.Lock()
		if len(s.puts) == 0 {
			s.mu.Unlock()
			return nil
		}
		next := s.puts[0]
		s.mu.Unlock()
		if _, err := s.put(ctx, next.key, next.value); err != nil {
			return err
		}
		s.mu.Lock()
		s.puts = s.puts[1:]
		s.mu.Unlock()
	}
}

// writeChunk writes a chunk with the tasks that have changed; nil for one that is dropped.
func (s *Store) writeChunk(ctx context.Context, number int32, tasks map[int32]*poller.Task) error {
	c := chunk{By: s.holder, Tasks: map[int32]json.RawMessage{}}
	s.mu.Lock()
	for seq := number * chunkSize; seq < (number+1)*chunkSize; seq++ {
		if record, there := s.mirror.records[seq]; there {
			c.Tasks[seq] = record
		}
	}
	s.mu.Unlock()
	for seq := number * chunkSize; seq < (number+1)*chunkSize; seq++ {
		t, noted := tasks[seq]
		if noted && t == nil {
			delete(c.Tasks, seq)
		} else if noted {
			record, err := store.EncodeTask(t)
			if err != nil {
				return err
			}
			c.Tasks[seq] = record
		}
	}
	value, err := pack(c)
	if err != nil {
		return err
	}
	rev, err := s.put(ctx, chunkKey(number), value)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mirror.setChunk(number, c.Tasks)
	s.mirror.revs[chunkKey(number)] = rev
	return nil
}

// put writes a key, and returns its sequence. JetStream refuses it if another process has written
// to the bucket or the lease has expired, which is ErrLost. A write that timed out may have been
// stored; then the next is refused although the lease is still this process's. The caller holds
// writing.
func (s *Store) put(ctx context.Context, key string, value []byte, options ...jetstream.PublishOpt) (uint64, error) {
	if err := s.keep(ctx); err != nil {
		return 0, err
	}
	for try := 0; ; try++ {
		ack, err := s.publish(ctx, key, value, append(options, jetstream.WithExpectLastSequence(s.last))...)
		if err == nil {
			s.last = ack.Sequence
			return ack.Sequence, nil
		}
		if !wrongLast(err) {
			return 0, err
		}
		if try > 0 {
			return 0, store.ErrLost
		}
		if err := s.confirm(ctx); err != nil {
			return 0, err
		}
	}
}

// settle decides about notes from before the lease was lost. If another process has polled since,
// it knows more, and is only told the requests, as it may not know all. Otherwise the notes are
// still to be written.
func (s *Store) settle(polled bool) error {
	noted := s.Take(true)
	s.mu.Lock()
	stale := polled || s.mirror.foreign
	if !stale || noted.Empty() {
		s.mu.Unlock()
		s.PutBack(noted)
		return nil
	}
	s.puts = nil // what they are from is delivered again
	s.mu.Unlock()
	var requests []queue.Request
	for _, t := range noted.Tasks {
		if t != nil {
			requests = append(requests, t.Request)
		}
	}
	if err := s.postTrack(store.Requests(requests)); err != nil {
		s.PutBack(noted)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for seq := range noted.Tasks {
		if _, there := s.mirror.records[seq]; there {
			s.mirror.changed[seq] = true
		} else {
			s.mirror.dropped[seq] = true
		}
	}
	return nil
}
