package natsstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"polltop/poller"
	"polltop/poller/store"
)

// mirror is what this process knows of the bucket.
type mirror struct {
	records  map[int32]json.RawMessage // tasks by Seq
	payloads map[int64]savedPayload
	revs     map[string]uint64 // the sequence of each key's last write
	created  time.Time         // when the bucket was made
	seen     uint64            // the sequence that was delivered last
	synced   bool              // all has been delivered once
	foreign  bool              // another process has written since this one polled
	broken   error             // why this process must not write; nil if it may

	lease     store.Lease
	leaseSeq  uint64
	leaseSeen time.Time // when it was delivered
	leaseGone bool      // it was not delivered since watching began

	// Since the last Load or Since:
	changed map[int32]bool
	dropped map[int32]bool
	moved   map[int64]bool
}

func newMirror() mirror {
	return mirror{
		records: map[int32]json.RawMessage{}, payloads: map[int64]savedPayload{}, revs: map[string]uint64{},
		changed: map[int32]bool{}, dropped: map[int32]bool{}, moved: map[int64]bool{},
	}
}

// watch keeps the mirror up to date until ctx ends.
func (s *Store) watch(ctx context.Context) {
	for {
		err := s.follow(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(rewatchAfter):
		}
		within, cancel := context.WithTimeout(ctx, openTimeout)
		// Made anew if it was deleted: the next process that polls writes all that it knows.
		_ = s.ensure(within, true) // else following fails
		cancel()
		s.setErr(err)
	}
}

// follow applies what is in the bucket and what is written to it, until watching fails.
func (s *Store) follow(ctx context.Context) error {
	status, err := s.kv.Status(ctx)
	if err != nil {
		return err
	}
	s.begun(status.(*jetstream.KeyValueBucketStatus).StreamInfo().Created)
	s.rewatch.Clear()
	w, err := s.kv.WatchFiltered(ctx, []string{"lease", "tasks.*", "payload.*"})
	if err != nil {
		return err
	}
	defer w.Stop()
	for {
		select {
		case e, ok := <-w.Updates():
			if !ok {
				return jetstream.ErrBucketNotFound
			}
			s.apply(e)
		case <-s.rewatch:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// begun forgets the sequences of an earlier bucket of the same name, as watching begins.
func (s *Store) begun(created time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mirror.leaseGone = true
	if !s.mirror.created.Equal(created) {
		s.mirror.created, s.mirror.revs, s.mirror.leaseSeq, s.mirror.seen = created, map[string]uint64{}, 0, 0
	}
}

// apply applies an entry of the bucket; nil says that all there were are applied.
func (s *Store) apply(e jetstream.KeyValueEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.applied.Set()
	m := &s.mirror
	if e == nil {
		m.synced = true
		if m.leaseGone {
			m.lease, m.leaseSeq = store.Lease{}, 0 // also its marker has expired
		}
		return
	}
	m.seen = max(m.seen, e.Revision())
	m.leaseGone = m.leaseGone && e.Key() != "lease"
	if e.Revision() <= m.revs[e.Key()] {
		return // this process has written what is newer
	}
	m.revs[e.Key()] = e.Revision()
	kind, text, _ := strings.Cut(e.Key(), ".")
	number, _ := strconv.ParseInt(text, 10, 64)
	there := e.Operation() == jetstream.KeyValuePut
	by := s.holder // neither a lease nor what is deleted makes a note stale
	var err error
	switch kind {
	case "lease":
		m.lease, m.leaseSeq, m.leaseSeen = store.Lease{}, e.Revision(), time.Now()
		if there {
			err = json.Unmarshal(e.Value(), &m.lease)
			m.lease.Beat = int64(e.Revision())
		}
	case "tasks":
		var c chunk
		if err = unpack(e.Value(), &c); err == nil {
			m.setChunk(int32(number), c.Tasks)
			by = c.By
		}
	case "payload":
		var p savedPayload
		if !there {
			delete(m.payloads, number)
			break
		}
		if err = unpack(e.Value(), &p); err == nil {
			err = json.Unmarshal(p.About, &p.Payload)
		}
		if err == nil {
			m.payloads[number], m.moved[number], by = p, true, p.By
		}
	}
	m.foreign = m.foreign || by != s.holder
	if err != nil {
		s.damaged(e.Key(), err)
	}
}

// damaged has this process view only, so that it overwrites nothing that it can't read. The caller
// holds mu.
func (s *Store) damaged(what string, why error) {
	s.held = false
	s.mirror.broken = fmt.Errorf("%s in bucket %s can't be read (%w): the session is only viewed here; if a newer polltop wrote it, update this one", what, s.bucket, why)
}

// setChunk sets the tasks of a chunk, and marks those that differ.
func (m *mirror) setChunk(number int32, tasks map[int32]json.RawMessage) {
	for seq := number * chunkSize; seq < (number+1)*chunkSize; seq++ {
		now, there := tasks[seq]
		before, was := m.records[seq]
		switch {
		case there && !bytes.Equal(now, before):
			m.records[seq], m.changed[seq] = now, true
			delete(m.dropped, seq)
		case was && !there:
			delete(m.records, seq)
			delete(m.changed, seq)
			m.dropped[seq] = true
		}
	}
}

// Load returns all tasks and payloads, with what this process has noted and not yet written.
func (s *Store) Load(bases store.BaseResolver) (store.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &s.mirror
	for seq := range m.records {
		m.changed[seq] = true
	}
	for number := range m.payloads {
		m.moved[number] = true
	}
	next := s.take(bases)
	noted := s.Drain(true)
	s.Requeue(noted)
	next.Tasks = slices.DeleteFunc(next.Tasks, func(t *poller.Task) bool { _, newer := noted.Tasks[t.Seq]; return newer })
	for _, t := range noted.Tasks {
		if t != nil {
			next.Tasks = append(next.Tasks, t)
		}
	}
	slices.SortFunc(next.Tasks, func(a, b *poller.Task) int { return int(a.Seq - b.Seq) })
	return next, nil
}

// Since returns what has changed since the last Load or Since.
func (s *Store) Since(_ store.Snapshot, bases store.BaseResolver, _ iter.Seq[int32]) (store.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fault(); err != nil {
		return store.Snapshot{}, err
	}
	return s.take(bases), nil
}

// take decodes what has changed, and marks it as unchanged. The caller holds mu.
func (s *Store) take(bases store.BaseResolver) (next store.Snapshot) {
	m := &s.mirror
	for _, seq := range slices.Sorted(maps.Keys(m.changed)) {
		t, err := store.DecodeTask(seq, m.records[seq], bases)
		if err != nil {
			s.damaged(fmt.Sprintf("task %d", seq+1), err)
			next.Unreadable++
			continue
		}
		next.Tasks = append(next.Tasks, t)
	}
	for _, number := range slices.Sorted(maps.Keys(m.moved)) {
		p, there := m.payloads[number]
		if !there || p.Draft {
			continue
		}
		payload, err := store.DecodePayload(number, p.About, bases)
		if err != nil {
			s.damaged(payloadKey(number), err)
			next.Unreadable++
			continue
		}
		next.Payloads = append(next.Payloads, payload)
	}
	next.Dropped = slices.Collect(maps.Keys(m.dropped))
	clear(m.changed)
	clear(m.dropped)
	clear(m.moved)
	return next
}

// setErr stores why reading or writing failed; nil for success.
func (s *Store) setErr(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = s.explain(err)
}
