package natsstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"polltop/poller/guard"
	"polltop/poller/signal"
	"polltop/poller/store"
)

const (
	// callTimeout bounds one request to NATS, also those without a context of their own.
	callTimeout = 2 * time.Second
	// openTimeout bounds connecting, and reading the session.
	openTimeout = 10 * time.Second
	// pingInterval and maxPings detect a broken connection within 6 s.
	pingInterval = 2 * time.Second
	maxPings     = 2
	// rewatchDelay is the wait between a failure to watch the bucket and the next attempt.
	rewatchDelay = time.Second
	// clusterReplicas is how many servers of a cluster store a session, so that one of them may fail.
	clusterReplicas = 3
	// minAPILevel is the first level of JetStream's API with a time to live for keys.
	minAPILevel = 1
	// markerTTL is how long the marker of a deleted key stays, for processes that begin to watch.
	markerTTL = time.Hour
)

// Options configure a Store.
type Options struct {
	// SharePayloads stores parameters, answers and results too.
	SharePayloads bool
	// Create has Open create the session if there is none. Without it Open returns ErrNoSession.
	Create bool
	Getenv func(string) string
}

// Store is a session in NATS JetStream: a session.Store. Its methods may be called from any
// goroutine.
type Store struct {
	store.WriteBuffer
	address       Address
	bucket        string
	sharePayloads bool
	holder        string // the random id of this process

	conn          *nats.Conn
	js            jetstream.JetStream
	kv            jetstream.KeyValue
	writeDue      signal.Signal // set while there may be something to write
	mirrorChanged signal.Signal
	rewatchDue    signal.Signal // set when the mirror may lack something
	stop          context.CancelFunc
	running       sync.WaitGroup

	writeMu sync.Mutex // held while writing to the bucket
	lastSeq uint64     // the sequence of the last write to the bucket; guarded by writeMu

	mu     sync.Mutex // guards all below; acquired after writeMu
	mirror mirror
	ownLease
	consuming   jetstream.ConsumeContext
	orders      []jetstream.Msg // orders that are not executed yet
	executed    []jetstream.Msg // executed orders, which are acknowledged once their changes are stored
	unconfirmed []draft         // the batch that AddPayloads has read
	writeErr    error           // why the last write or watch failed; nil for success
	notify      func(string)
}

// Open connects to a session.
func Open(a Address, o Options) (*Store, error) {
	s := &Store{
		WriteBuffer: store.NewWriteBuffer(), address: a, bucket: "polltop_" + a.Name, sharePayloads: o.SharePayloads, holder: rand.Text(),
		writeDue: signal.New(), mirrorChanged: signal.New(), rewatchDue: signal.New(), mirror: newMirror(), notify: func(string) {},
	}
	options, err := credentialOptions(o.Getenv)
	if err != nil {
		return nil, err
	}
	// Without a buffer what can't be sent now is an error, and nothing is sent late.
	options = append(options, nats.Name("polltop"), nats.Timeout(callTimeout), nats.MaxReconnects(-1), nats.ReconnectWait(rewatchDelay), nats.ReconnectBufSize(-1),
		nats.PingInterval(pingInterval), nats.MaxPingsOutstanding(maxPings), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectHandler(func(*nats.Conn) { s.rewatchDue.Set() }),    // NATS itself detects a gap after 10 s
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // explain reads the last error
	if s.conn, err = nats.Connect(a.servers, options...); err != nil {
		return nil, s.explain(err)
	}
	if s.js, err = jetstream.New(s.conn, jetstream.WithDefaultTimeout(callTimeout)); err == nil {
		err = s.start(o.Create)
	}
	if err != nil {
		s.conn.Close()
		if !errors.Is(err, ErrNoSession) {
			err = s.explain(err)
		}
		return nil, err
	}
	return s, nil
}

// start starts the goroutines, and waits until the mirror has the session.
func (s *Store) start(create bool) error {
	within, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	err := s.ensureStreams(within, create)
	if err == nil {
		s.kv, err = s.js.KeyValue(within, s.bucket)
	}
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.running.Go(guard.Func(func() { s.watch(ctx) }))
	s.running.Go(guard.Func(func() { s.writeLoop(ctx) }))
	if err := s.awaitMirror(within, func() bool { return s.mirror.synced }); err != nil {
		stop()
		s.running.Wait()
		return err
	}
	return nil
}

// ensureStreams creates the bucket and the stream of the session if there are none. Unless create is set,
// it returns ErrNoSession then.
func (s *Store) ensureStreams(ctx context.Context, create bool) error {
	soon, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	account, err := s.js.AccountInfo(soon)
	if err != nil {
		return err
	}
	if account.API.Level < minAPILevel {
		return jetstream.ErrLimitMarkerTTLNotSupported
	}
	if _, err = s.js.KeyValue(ctx, s.bucket); !errors.Is(err, jetstream.ErrBucketNotFound) {
		return err
	}
	if !create {
		return fmt.Errorf("%w: polltop --session %s with tasks makes it", ErrNoSession, s.address)
	}
	replicas := 1
	if s.conn.ConnectedClusterName() != "" {
		replicas = clusterReplicas
	}
	if err = s.createStreams(ctx, replicas); replicas > 1 {
		if _, ok := errors.AsType[*jetstream.APIError](err); ok {
			err = s.createStreams(ctx, 1) // the cluster has fewer servers
		}
	}
	return err
}

func (s *Store) createStreams(ctx context.Context, replicas int) error {
	for _, config := range []jetstream.StreamConfig{{
		Name: s.bucket + "_inbox", Subjects: []string{s.subject()}, Description: "orders to the polltop that polls",
		Retention: jetstream.WorkQueuePolicy, Replicas: replicas,
	}, {
		// The configuration of jetstream.CreateKeyValue without AllowDirect, because a replica that lags
		// behind must not answer that a key does not exist.
		Name: "KV_" + s.bucket, Subjects: []string{"$KV." + s.bucket + ".>"}, Description: "a session of polltop",
		MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, AllowRollup: true, DenyDelete: true, Replicas: replicas,
		AllowMsgTTL: true, SubjectDeleteMarkerTTL: markerTTL,
	}} {
		// Another process may create it at the same time.
		if _, err := s.js.CreateStream(ctx, config); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return err
		}
	}
	return nil
}

// awaitMirror waits until a condition on the mirror holds.
func (s *Store) awaitMirror(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		ok := holds()
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-s.mirrorChanged:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) subject() string { return "polltop.inbox." + s.address.Name }

// Notify sets the function that is called with messages for the user that are no errors.
func (s *Store) Notify(f func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify = f
}

// report calls the function of Notify.
func (s *Store) report(text string) {
	s.mu.Lock()
	notify := s.notify
	s.mu.Unlock()
	notify(text)
}

// fault returns why the session can't be used now; nil if it can. The caller must hold mu.
func (s *Store) fault() error {
	switch {
	case !s.conn.IsConnected():
		return s.explain(nats.ErrDisconnected)
	case s.mirror.unreadable != nil:
		return s.mirror.unreadable
	}
	return s.writeErr
}

// Sync writes the buffer, waits for that at most syncTimeout, and returns why the last write failed. What
// takes longer is written in the background.
func (s *Store) Sync() error {
	ctx, cancel := context.WithTimeout(context.Background(), syncTimeout)
	guard.Go(func() {
		defer cancel()
		s.writeAndAcknowledge(ctx)
	})
	<-ctx.Done() // it has been written, or the time is over
	if !s.mayPoll() {
		// The lease has just been lost: order the next process that polls to track what was added here.
		buffered := s.Drain(true)
		s.Requeue(buffered)
		if err := s.postTrack(store.TrackOrder(maps.Values(buffered.Tasks)).Track); err != nil {
			return s.explain(err)
		}
	}
	return s.SyncSoon()
}

// SyncSoon starts writing the buffer in the background, and returns why the last write failed.
func (s *Store) SyncSoon() error {
	s.writeDue.Set()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault()
}

// Close writes everything, releases the lease and disconnects, within a bounded time.
func (s *Store) Close() error {
	err := s.flushAndRelease()
	s.stop()
	s.running.Wait()
	s.conn.Close()
	return err
}
