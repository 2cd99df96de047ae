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
	// bodyTTL is how long answers and results are stored, so that they don't fill the server.
	bodyTTL = 7 * 24 * time.Hour
	// maxHeaders bounds the size of a message without its value, in bytes.
	maxHeaders = 1 << 10
)

// writeLoop writes the buffer and renews the lease, until ctx ends.
func (s *Store) writeLoop(ctx context.Context) {
	ticker := time.NewTicker(renewInterval / 3)
	defer ticker.Stop()
	for {
		select {
		case <-s.writeDue:
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		s.writeAndAcknowledge(ctx)
	}
}

// writeAndAcknowledge renews the lease if that is due, writes the buffer, and acknowledges the executed
// orders. It does nothing unless this process may poll.
func (s *Store) writeAndAcknowledge(ctx context.Context) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	s.mu.Lock()
	mayPoll, executed := s.holdsLease(), s.executed
	s.executed = nil
	s.mu.Unlock()
	if !mayPoll {
		return
	}
	err := s.renewIfDue(ctx)
	if err == nil {
		err = s.writeBuffered(ctx, s.Drain(len(executed) > 0))
	}
	for _, msg := range executed {
		if err == nil {
			err = msg.Ack() // otherwise it is delivered again
		}
	}
	switch {
	case errors.Is(err, store.ErrLeaseLost):
		s.loseLease()
		err = nil
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		s.rewatchDue.Set() // the bucket may have been deleted
	}
	if ctx.Err() == nil {
		s.setErr(err)
	}
}

// writeAll writes the whole buffer, after what the bucket lacks because it was created again. The caller
// must hold writeMu.
func (s *Store) writeAll(ctx context.Context) error {
	s.mu.Lock()
	m := &s.mirror
	payloads := maps.Clone(m.payloads)
	maps.DeleteFunc(payloads, func(number int64, _ savedPayload) bool { return m.sequences[payloadKey(number)] != 0 })
	chunks := map[int32]bool{}
	for seq := range m.tasks {
		if number := seq / chunkSize; m.sequences[chunkKey(number)] == 0 {
			chunks[number] = true
		}
	}
	s.mu.Unlock()
	for number, p := range payloads {
		if err := s.putPayload(ctx, number, p.About, p.Draft); err != nil {
			return err
		}
	}
	for number := range chunks {
		if err := s.writeChunk(ctx, number, nil); err != nil {
			return err
		}
	}
	return s.writeBuffered(ctx, s.Drain(true))
}

// writeBuffered writes what was drained from the buffer. It requeues what it could not write.
func (s *Store) writeBuffered(ctx context.Context, w store.Writes) (err error) {
	defer func() {
		if err != nil {
			s.Requeue(w)
		}
	}()
	chunks := map[int32]bool{}
	for seq := range w.Tasks {
		chunks[seq/chunkSize] = true
	}
	for _, number := range slices.Sorted(maps.Keys(chunks)) {
		if err := s.writeChunk(ctx, number, w.Tasks); err != nil {
			return err
		}
		maps.DeleteFunc(w.Tasks, func(seq int32, _ *poller.Task) bool { return seq/chunkSize == number })
	}
	for number, p := range w.Payloads {
		if err := s.writePayload(ctx, number, p); err != nil {
			return err
		}
		delete(w.Payloads, number)
	}
	for key, body := range w.Answers {
		if _, err := s.put(ctx, key.String(), body, jetstream.WithMsgTTL(bodyTTL)); err != nil {
			return err
		}
		delete(w.Answers, key)
	}
	return nil
}

// writeChunk writes a chunk with the given changes to its tasks; nil drops a task.
func (s *Store) writeChunk(ctx context.Context, number int32, tasks map[int32]*poller.Task) error {
	c := chunk{By: s.holder, Tasks: map[int32]json.RawMessage{}}
	s.mu.Lock()
	for seq := number * chunkSize; seq < (number+1)*chunkSize; seq++ {
		if encoded, ok := s.mirror.tasks[seq]; ok {
			c.Tasks[seq] = encoded
		}
	}
	s.mu.Unlock()
	for seq := number * chunkSize; seq < (number+1)*chunkSize; seq++ {
		t, changed := tasks[seq]
		if changed && t == nil {
			delete(c.Tasks, seq)
		} else if changed {
			encoded, err := store.EncodeTask(t)
			if err != nil {
				return err
			}
			c.Tasks[seq] = encoded
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
	s.mirror.sequences[chunkKey(number)] = rev
	return nil
}

// put writes a key, and returns its sequence. It returns ErrLeaseLost if another process has written to
// the bucket, if the lease has expired, or if a write that timed out was stored after all; in that case
// Acquire finds that the lease is still this process's. The caller must hold writeMu.
func (s *Store) put(ctx context.Context, key string, value []byte, options ...jetstream.PublishOpt) (uint64, error) {
	if err := s.renewIfDue(ctx); err != nil {
		return 0, err
	}
	seq, err := s.publish(ctx, key, value, append(options, jetstream.WithExpectLastSequence(s.lastSeq))...)
	if err == nil {
		s.lastSeq = seq
	}
	return seq, err
}

const (
	// chunkSize is how many tasks one key holds. With one task a key, 10,000 tasks would need as many
	// writes, one after the other.
	chunkSize = 64
	// maxUnpacked bounds an uncompressed value, in bytes, in case a value is damaged.
	maxUnpacked = 64 << 20
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
	Draft bool            `json:"draft,omitempty"` // it must not be sent yet
	About json.RawMessage `json:"about"`
	// Payload is the decoded About, without its base.
	*poller.Payload `json:"-"`
}

// packers are reused because each takes 1.2 MB.
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
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(value)), maxUnpacked))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
