package natsstore

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"polltop/poller"
	"polltop/poller/store"
)

const (
	// bodiesLast is how long answers and results are stored, so that they don't fill the server.
	bodiesLast = 7 * 24 * time.Hour
	// headersMost is what a message takes beside its value, in bytes, rounded up.
	headersMost = 1 << 10
)

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
		err = s.writeNotes(ctx, s.Drain(len(done) > 0))
	}
	for _, msg := range done {
		if err == nil {
			err = msg.Ack() // else it is delivered again
		}
	}
	switch {
	case errors.Is(err, store.ErrLeaseLost):
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
	payloads := maps.Clone(m.payloads)
	maps.DeleteFunc(payloads, func(number int64, _ savedPayload) bool { return m.revs[payloadKey(number)] != 0 })
	chunks := map[int32]bool{}
	for seq := range m.records {
		if number := seq / chunkSize; m.revs[chunkKey(number)] == 0 {
			chunks[number] = true
		}
	}
	s.mu.Unlock()
	for number, p := range payloads {
		if err := s.writePayload(ctx, number, p.About, p.Draft); err != nil {
			return err
		}
	}
	for number := range chunks {
		if err := s.writeChunk(ctx, number, nil); err != nil {
			return err
		}
	}
	return s.writeNotes(ctx, s.Drain(true))
}

// writeNotes writes what waits. What it could not write waits again.
func (s *Store) writeNotes(ctx context.Context, n store.Writes) (err error) {
	defer func() {
		if err != nil {
			s.Requeue(n)
		}
	}()
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
		if err := s.writeNoted(ctx, number, p); err != nil {
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

// put writes a key, and returns its sequence. It is ErrLeaseLost if another process has written to the
// bucket or the lease has expired, or a write that timed out was stored after all: then Acquire
// finds the lease to be this process's still. The caller holds writing.
func (s *Store) put(ctx context.Context, key string, value []byte, options ...jetstream.PublishOpt) (uint64, error) {
	if err := s.keep(ctx); err != nil {
		return 0, err
	}
	seq, err := s.publish(ctx, key, value, append(options, jetstream.WithExpectLastSequence(s.last))...)
	if err == nil {
		s.last = seq
	}
	return seq, err
}

const (
	// chunkSize is how many tasks lie in one key: with one task a key, 10,000 tasks would be as
	// many writes, one after the other.
	chunkSize = 64
	// unpackedMost bounds an uncompressed value, in bytes, against one that is damaged.
	unpackedMost = 64 << 20
)

func chunkKey(number int32) string   { return fmt.Sprintf("tasks.%d", number) }
func payloadKey(number int64) string { return fmt.Sprintf("payload.%d", number) }
func inputKey(number int64) string   { return fmt.Sprintf("input.%d", number) }

// chunk is the value of a key tasks.N.
type chunk struct {
	By    string                    `json:"by"` // the process that wrote it
	Tasks map[int32]json.RawMessage `json:"tasks"`
}

// savedPayload is the value of a key payload.N.
type savedPayload struct {
	By    string          `json:"by"`
	Draft bool            `json:"draft,omitempty"` // it is not to be sent yet
	About json.RawMessage `json:"about"`
	// Payload is that of About without its base.
	*poller.Payload `json:"-"`
}

// packers are used again, as each takes 1.2 MB.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is valid
	return w
}}

func pack(v any) ([]byte, error) {
	var out bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	err := errors.Join(json.NewEncoder(w).Encode(v), w.Close())
	return out.Bytes(), err
}

func unpack(value []byte, v any) error {
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(value)), unpackedMost))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
