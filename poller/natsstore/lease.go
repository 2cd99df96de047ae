package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"polltop/poller/store"
)

const (
	// leaseLasts is the time to live of the lease at the server: another process polls at most
	// that, a second of the server's and half a second of its own after this one was killed.
	leaseLasts = 7 * time.Second
	// pollsFor is how long after a renewal was sent this process polls without another. The rest
	// of leaseLasts is for requests under way.
	pollsFor = 5 * time.Second
	// renewEvery is the time between two renewals.
	renewEvery = 1500 * time.Millisecond
	// confirmTimeout bounds the wait for a lease that was stored.
	confirmTimeout = time.Second
	// syncMost bounds how long what a user has done waits until it is stored.
	syncMost = 2 * time.Second
	// leaveTimeout bounds the last writes at the end.
	leaveTimeout = 5 * time.Second
)

// tenure is what this process knows of its own lease.
type tenure struct {
	held    bool
	renewed time.Time // when the last renewal that was stored was sent
	rev     uint64    // its sequence
}

// holds reports whether this process may poll. The caller holds mu.
func (t *tenure) holds() bool {
	now := time.Now()
	// The monotonic clock stands still while a laptop sleeps, the wall clock may be set.
	t.held = t.held && max(now.Sub(t.renewed), now.Round(0).Sub(t.renewed.Round(0))) < pollsFor
	return t.held
}

// polls is holds for callers that do not hold mu.
func (s *Store) polls() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holds()
}

// Acquire makes this process the one that polls, unless another one does or may.
func (s *Store) Acquire() (store.Lease, bool, error) {
	s.mu.Lock()
	found, seq, seen := s.mirror.lease, s.mirror.leaseSeq, s.mirror.leaseSeen
	holds, usable := s.holds(), s.mirror.broken == nil && s.mirror.synced && s.conn.IsConnected()
	s.mu.Unlock()
	if found.Holder == s.holder && !holds {
		found = store.Lease{} // it must not poll with this one
	}
	free := found.Holder == "" || time.Since(seen) > leaseLasts
	if holds || !usable {
		return found, holds, nil
	}
	if !free {
		s.setErr(s.resolveNotes(true))
		return found, false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.renew(ctx, seq)
	if err == nil {
		err = s.enter(ctx)
	}
	if errors.Is(err, store.ErrLeaseLost) {
		s.catchUp(ctx, seq)
		err = nil
	}
	s.setErr(err)
	return found, s.polls(), nil
}

// catchUp waits until the mirror has another lease than one that is not the last any more. If that
// does not come, what is watched has a gap, and is watched anew.
func (s *Store) catchUp(ctx context.Context, seq uint64) {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	if s.await(ctx, func() bool { return s.mirror.leaseSeq != seq }) != nil {
		s.mu.Lock()
		s.mirror.synced = false
		s.mu.Unlock()
		s.rewatch.Set()
	}
}

// enter brings the mirror up to the lease that was just stored, and writes what this process
// noted before it lost an earlier one, if no other has written since.
func (s *Store) enter(ctx context.Context) error {
	err := s.await(ctx, func() bool { return s.mirror.seen >= s.rev })
	if err == nil {
		err = s.resolveNotes(false)
	}
	if err == nil {
		s.mu.Lock()
		s.held = true
		s.mu.Unlock()
		err = s.writeAll(ctx)
	}
	if err == nil {
		err = s.listen(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = s.held && err == nil
	s.mirror.foreign = s.mirror.foreign && !s.held
	return err
}

// renew writes the lease in place of the one with the given sequence. It returns ErrLeaseLost if that
// is not the last one. The caller holds writing.
func (s *Store) renew(ctx context.Context, rev uint64) error {
	host, _ := os.Hostname()
	value, err := json.Marshal(store.Lease{Holder: s.holder, Host: host, Pid: os.Getpid()})
	if err != nil {
		return err
	}
	sent := time.Now()
	seq, err := s.publish(ctx, "lease", value, jetstream.WithExpectLastSequencePerSubject(rev), jetstream.WithMsgTTL(leaseLasts))
	if err != nil {
		return err
	}
	s.last = seq
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rev, s.renewed = seq, sent
	return nil
}

// keep renews the lease if that is due. The caller holds writing.
func (s *Store) keep(ctx context.Context) error {
	s.mu.Lock()
	held, due, rev := s.holds(), time.Since(s.renewed) >= renewEvery, s.rev
	s.mu.Unlock()
	switch {
	case !held:
		return store.ErrLeaseLost
	case due:
		return s.renew(ctx, rev)
	}
	return nil
}

// lose stops writing, until Acquire.
func (s *Store) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	s.stopListening()
}

// Beat returns store.ErrLeaseLost if this process must not poll any more. The lease is renewed in the
// background.
func (s *Store) Beat() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds() {
		return nil
	}
	s.stopListening()
	return store.ErrLeaseLost
}

// Release writes everything and gives up the lease. Another process may poll then.
func (s *Store) Release() { s.leave() }

// leave writes everything, and deletes the lease of this process.
func (s *Store) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.polls() {
		return s.resolveNotes(true)
	}
	err := s.writeAll(ctx)
	if err == nil {
		_, err = s.publish(ctx, "lease", nil, jetstream.WithExpectLastSequence(s.last), jetstream.WithMsgTTL(markerLasts))
	}
	s.lose()
	return s.explain(err)
}

// resolveNotes decides about notes from before the lease was lost. If another process has polled since,
// it knows more, and only gets the requests, as it may not know all. Otherwise the notes are
// still to be written.
func (s *Store) resolveNotes(polled bool) error {
	noted := s.Drain(true)
	s.mu.Lock()
	if !polled && !s.mirror.foreign {
		s.mu.Unlock()
		s.Requeue(noted)
		return nil
	}
	s.mu.Unlock()
	if err := s.postTrack(store.TrackOrder(maps.Values(noted.Tasks)).Track); err != nil {
		s.Requeue(noted)
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

// publish writes a key, and returns its sequence; nil deletes it. It is ErrLeaseLost if the server refuses
// it because another write came before it.
func (s *Store) publish(ctx context.Context, key string, value []byte, options ...jetstream.PublishOpt) (uint64, error) {
	m := nats.NewMsg("$KV." + s.bucket + "." + key)
	m.Data = value
	if value == nil {
		m.Header.Set("KV-Operation", "DEL")
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ack, err := s.js.PublishMsg(ctx, m, options...)
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && slices.Contains(wrongLast, api.ErrorCode) {
		return 0, store.ErrLeaseLost
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// wrongLast are JetStream's errors for a write that expects another one to be the last.
var wrongLast = []jetstream.ErrorCode{jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant}
