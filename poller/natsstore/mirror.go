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

// mirror is a copy of the bucket without answers, results and parameters.
type mirror struct {
	tasks         map[int32]json.RawMessage // by Seq, as store.EncodeTask returns them
	payloads      map[int64]savedPayload    // by number
	sequences     map[string]uint64         // the sequence of the last write of each key
	bucketCreated time.Time
	lastSeq       uint64 // the sequence that was received last
	synced        bool   // everything has been received once
	othersWrote   bool   // another process has written since this one held the lease
	unreadable    error  // what can't be decoded, so that this process must not write; nil for nothing

	lease           store.Lease
	leaseSeq        uint64    // the sequence of lease
	leaseReceivedAt time.Time // when lease was received
	leaseMissing    bool      // no lease was received since watching began

	// What has changed since the last Load or Since:
	changedTasks    map[int32]bool
	droppedTasks    map[int32]bool
	changedPayloads map[int64]bool
}

func newMirror() mirror {
	return mirror{
		tasks: map[int32]json.RawMessage{}, payloads: map[int64]savedPayload{}, sequences: map[string]uint64{},
		changedTasks: map[int32]bool{}, droppedTasks: map[int32]bool{}, changedPayloads: map[int64]bool{},
	}
}

// watch keeps the mirror up to date until ctx ends. It watches again after a failure.
func (s *Store) watch(ctx context.Context) {
	for {
		err := s.follow(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(rewatchDelay):
		}
		within, cancel := context.WithTimeout(ctx, openTimeout)
		// Create the bucket again if it was deleted: the next process that polls writes its mirror there.
		_ = s.ensureStreams(within, true) // follow returns the error
		cancel()
		s.setErr(err)
	}
}

// follow applies what is in the bucket and what is written to it, until the watch fails or misses
// something, or ctx ends.
func (s *Store) follow(ctx context.Context) error {
	status, err := s.kv.Status(ctx)
	if err != nil {
		return err
	}
	s.beginWatch(status.(*jetstream.KeyValueBucketStatus).StreamInfo().Created)
	s.rewatchDue.Clear()
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
		case <-s.rewatchDue:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// beginWatch prepares the mirror for a new watch. If the bucket was created again since the last one, it
// drops the sequences of the old bucket.
func (s *Store) beginWatch(created time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mirror.leaseMissing = true
	if !s.mirror.bucketCreated.Equal(created) {
		s.mirror.bucketCreated, s.mirror.sequences, s.mirror.leaseSeq, s.mirror.lastSeq = created, map[string]uint64{}, 0, 0
	}
}

// apply applies an entry of the bucket. nil means that all present entries have been applied.
func (s *Store) apply(e jetstream.KeyValueEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.mirrorChanged.Set()
	m := &s.mirror
	if e == nil {
		m.synced = true
		if m.leaseMissing {
			m.lease, m.leaseSeq = store.Lease{}, 0 // its marker has expired too
		}
		return
	}
	m.lastSeq = max(m.lastSeq, e.Revision())
	m.leaseMissing = m.leaseMissing && e.Key() != "lease"
	if e.Revision() <= m.sequences[e.Key()] {
		return // this process has written a newer one
	}
	m.sequences[e.Key()] = e.Revision()
	kind, text, _ := strings.Cut(e.Key(), ".")
	number, _ := strconv.ParseInt(text, 10, 64)
	exists := e.Operation() == jetstream.KeyValuePut
	by := s.holder // leases and deletions don't make the buffer outdated
	var err error
	switch kind {
	case "lease":
		m.lease, m.leaseSeq, m.leaseReceivedAt = store.Lease{}, e.Revision(), time.Now()
		if exists {
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
		if !exists {
			delete(m.payloads, number)
			break
		}
		if err = unpack(e.Value(), &p); err == nil {
			err = json.Unmarshal(p.About, &p.Payload)
		}
		if err == nil {
			m.payloads[number], m.changedPayloads[number], by = p, true, p.By
		}
	}
	m.othersWrote = m.othersWrote || by != s.holder
	if err != nil {
		s.markUnreadable(e.Key(), err)
	}
}

// markUnreadable makes this process view only, so that it overwrites nothing that it can't read. The caller
// must hold mu.
func (s *Store) markUnreadable(what string, why error) {
	s.held = false
	s.mirror.unreadable = fmt.Errorf("%s in bucket %s can't be read (%w): the session is only viewed here; if a newer polltop wrote it, update this one", what, s.bucket, why)
}

// setChunk sets the tasks of a chunk, and marks those that are different as changed or dropped.
func (m *mirror) setChunk(number int32, tasks map[int32]json.RawMessage) {
	for seq := number * chunkSize; seq < (number+1)*chunkSize; seq++ {
		task, ok := tasks[seq]
		old, had := m.tasks[seq]
		switch {
		case ok && !bytes.Equal(task, old):
			m.tasks[seq], m.changedTasks[seq] = task, true
			delete(m.droppedTasks, seq)
		case had && !ok:
			delete(m.tasks, seq)
			delete(m.changedTasks, seq)
			m.droppedTasks[seq] = true
		}
	}
}

// Load returns all tasks and payloads. For tasks in the buffer it returns the buffered snapshots.
func (s *Store) Load(bases store.BaseResolver) (store.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &s.mirror
	for seq := range m.tasks {
		m.changedTasks[seq] = true
	}
	for number := range m.payloads {
		m.changedPayloads[number] = true
	}
	next := s.drainChanges(bases)
	buffered := s.Drain(true)
	s.Requeue(buffered)
	next.Tasks = slices.DeleteFunc(next.Tasks, func(t *poller.Task) bool { _, newer := buffered.Tasks[t.Seq]; return newer })
	for _, t := range buffered.Tasks {
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
	return s.drainChanges(bases), nil
}

// drainChanges returns what has changed since its last call. The caller must hold mu.
func (s *Store) drainChanges(bases store.BaseResolver) (next store.Snapshot) {
	m := &s.mirror
	for _, seq := range slices.Sorted(maps.Keys(m.changedTasks)) {
		t, err := store.DecodeTask(seq, m.tasks[seq], bases)
		if err != nil {
			s.markUnreadable(fmt.Sprintf("task %d", seq+1), err)
			next.Unreadable++
			continue
		}
		next.Tasks = append(next.Tasks, t)
	}
	for _, number := range slices.Sorted(maps.Keys(m.changedPayloads)) {
		p, ok := m.payloads[number]
		if !ok || p.Draft {
			continue
		}
		payload, err := store.DecodePayload(number, p.About, bases)
		if err != nil {
			s.markUnreadable(payloadKey(number), err)
			next.Unreadable++
			continue
		}
		next.Payloads = append(next.Payloads, payload)
	}
	next.Dropped = slices.Collect(maps.Keys(m.droppedTasks))
	clear(m.changedTasks)
	clear(m.droppedTasks)
	clear(m.changedPayloads)
	return next
}

// setErr records why watching or writing failed; nil for success.
func (s *Store) setErr(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeErr = s.explain(err)
}
