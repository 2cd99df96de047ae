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
	// leaseTTL is the time to live of the lease at the server. After this process was killed, another one
	// polls within that, one second of the server and half a second of its own.
	leaseTTL = 7 * time.Second
	// pollingTTL is how long this process polls after it sent a renewal. The rest of leaseTTL is for
	// requests in flight.
	pollingTTL = 5 * time.Second
	// renewInterval is the time between two renewals.
	renewInterval = 1500 * time.Millisecond
	// catchUpTimeout bounds the wait until the mirror has the lease of another process.
	catchUpTimeout = time.Second
	// syncTimeout bounds how long Sync waits. The user waits for it.
	syncTimeout = 2 * time.Second
	// closeTimeout bounds the writes of Acquire, and the last writes at the end.
	closeTimeout = 5 * time.Second
)

// ownLease is the lease of this process.
type ownLease struct {
	held      bool      // acquired and not lost; it may have expired
	renewedAt time.Time // when the last renewal that was stored was sent
	leaseRev  uint64    // the sequence of that renewal
}

// holdsLease reports whether this process may poll. The caller must hold mu.
func (l *ownLease) holdsLease() bool {
	now := time.Now()
	// The monotonic clock stops while a laptop sleeps, and the wall clock may be set: use the longer time.
	l.held = l.held && max(now.Sub(l.renewedAt), now.Round(0).Sub(l.renewedAt.Round(0))) < pollingTTL
	return l.held
}

// mayPoll is holdsLease for callers that don't hold mu.
func (s *Store) mayPoll() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holdsLease()
}

// Acquire makes this process the one that polls, unless another one does or may. It returns the lease of
// the process that polls, and whether that is this one.
func (s *Store) Acquire() (store.Lease, bool, error) {
	s.mu.Lock()
	found, seq, receivedAt := s.mirror.lease, s.mirror.leaseSeq, s.mirror.leaseReceivedAt
	mayPoll, usable := s.holdsLease(), s.mirror.unreadable == nil && s.mirror.synced && s.conn.IsConnected()
	s.mu.Unlock()
	if found.Holder == s.holder && !mayPoll {
		found = store.Lease{} // it was lost
	}
	free := found.Holder == "" || time.Since(receivedAt) > leaseTTL
	if mayPoll || !usable {
		return found, mayPoll, nil
	}
	if !free {
		s.setErr(s.resolveBuffer(true))
		return found, false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	err := s.renew(ctx, seq)
	if err == nil {
		err = s.becomeOwner(ctx)
	}
	if errors.Is(err, store.ErrLeaseLost) {
		s.awaitOtherLease(ctx, seq)
		err = nil
	}
	s.setErr(err)
	return found, s.mayPoll(), nil
}

// awaitOtherLease waits until the mirror has another lease than the outdated one with the given sequence.
// If it does not get one, the watch has missed something and begins again.
func (s *Store) awaitOtherLease(ctx context.Context, seq uint64) {
	ctx, cancel := context.WithTimeout(ctx, catchUpTimeout)
	defer cancel()
	if s.awaitMirror(ctx, func() bool { return s.mirror.leaseSeq != seq }) != nil {
		s.mu.Lock()
		s.mirror.synced = false
		s.mu.Unlock()
		s.rewatchDue.Set()
	}
}

// becomeOwner waits until the mirror is as new as the lease that was just stored, resolves the buffer, and
// writes it.
func (s *Store) becomeOwner(ctx context.Context) error {
	err := s.awaitMirror(ctx, func() bool { return s.mirror.lastSeq >= s.leaseRev })
	if err == nil {
		err = s.resolveBuffer(false)
	}
	if err == nil {
		s.mu.Lock()
		s.held = true
		s.mu.Unlock()
		err = s.writeAll(ctx)
	}
	if err == nil {
		err = s.startConsuming(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = s.held && err == nil
	s.mirror.othersWrote = s.mirror.othersWrote && !s.held
	return err
}

// renew replaces the lease with the given sequence. It returns ErrLeaseLost if that is not the latest
// one. The caller must hold writeMu.
func (s *Store) renew(ctx context.Context, rev uint64) error {
	host, _ := os.Hostname()
	value, err := json.Marshal(store.Lease{Holder: s.holder, Host: host, Pid: os.Getpid()})
	if err != nil {
		return err
	}
	sent := time.Now()
	seq, err := s.publish(ctx, "lease", value, jetstream.WithExpectLastSequencePerSubject(rev), jetstream.WithMsgTTL(leaseTTL))
	if err != nil {
		return err
	}
	s.lastSeq = seq
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaseRev, s.renewedAt = seq, sent
	return nil
}

// renewIfDue renews the lease if renewInterval has passed. It returns ErrLeaseLost if this process must
// not poll. The caller must hold writeMu.
func (s *Store) renewIfDue(ctx context.Context) error {
	s.mu.Lock()
	mayPoll, due, rev := s.holdsLease(), time.Since(s.renewedAt) >= renewInterval, s.leaseRev
	s.mu.Unlock()
	switch {
	case !mayPoll:
		return store.ErrLeaseLost
	case due:
		return s.renew(ctx, rev)
	}
	return nil
}

// loseLease stops writing and consuming orders. Acquire starts both again.
func (s *Store) loseLease() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	s.stopConsuming()
}

// Beat returns store.ErrLeaseLost if this process must not poll any more. The lease is renewed in the
// background.
func (s *Store) Beat() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holdsLease() {
		return nil
	}
	s.stopConsuming()
	return store.ErrLeaseLost
}

// Release writes everything and releases the lease, so that another process may poll.
func (s *Store) Release() { s.flushAndRelease() }

// flushAndRelease writes everything, and deletes the lease of this process.
func (s *Store) flushAndRelease() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if !s.mayPoll() {
		return s.resolveBuffer(true)
	}
	err := s.writeAll(ctx)
	if err == nil {
		_, err = s.publish(ctx, "lease", nil, jetstream.WithExpectLastSequence(s.lastSeq), jetstream.WithMsgTTL(markerTTL))
	}
	s.loseLease()
	return s.explain(err)
}

// resolveBuffer decides about the buffer from before the lease was lost. If othersPoll is set, or another
// process has written since, the snapshots of that one are newer: resolveBuffer only leaves an order to
// track the requests, because that process may lack some, and has the next Since return what that one
// wrote. Otherwise the buffer stays.
func (s *Store) resolveBuffer(othersPoll bool) error {
	buffered := s.Drain(true)
	s.mu.Lock()
	if !othersPoll && !s.mirror.othersWrote {
		s.mu.Unlock()
		s.Requeue(buffered)
		return nil
	}
	s.mu.Unlock()
	if err := s.postTrack(store.TrackOrder(maps.Values(buffered.Tasks)).Track); err != nil {
		s.Requeue(buffered)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for seq := range buffered.Tasks {
		if _, ok := s.mirror.tasks[seq]; ok {
			s.mirror.changedTasks[seq] = true
		} else {
			s.mirror.droppedTasks[seq] = true
		}
	}
	return nil
}

// publish writes a key, or deletes it if value is nil, and returns the sequence. It returns ErrLeaseLost if
// the server refuses the write because another one was stored before it.
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

// wrongLast are JetStream's errors for a write whose expected last sequence is wrong.
var wrongLast = []jetstream.ErrorCode{jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant}
