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
	// pingEvery and pingsMost detect a connection that lost its peer: after 6 s.
	pingEvery = 2 * time.Second
	pingsMost = 2
	// rewatchAfter is the wait before the session is watched again after a failure.
	rewatchAfter = time.Second
	// clusterReplicas is how many servers of a cluster store a session: one of them may die.
	clusterReplicas = 3
	// levelTTL is the level of JetStream's interface since which keys have a time to live.
	levelTTL = 1
	// markerLasts is how long a deleted key leaves a marker, for those that watch.
	markerLasts = time.Hour
)

// Options configure a Store.
type Options struct {
	// SharePayloads stores parameters, answers and results too.
	SharePayloads bool
	// Create makes a session that is not there; without it that is ErrNoSession.
	Create bool
	Getenv func(string) string
}

// Store is a session in NATS JetStream: a session.Store. Its methods may be called from any
// goroutine.
type Store struct {
	store.WriteBuffer
	address Address
	bucket  string
	share   bool
	holder  string // distinguishes this process from others

	conn    *nats.Conn
	js      jetstream.JetStream
	kv      jetstream.KeyValue
	wake    signal.Signal // set while there may be something to write
	applied signal.Signal // set when the mirror has changed
	rewatch signal.Signal // set when the mirror misses something
	stop    context.CancelFunc
	running sync.WaitGroup

	writing sync.Mutex // held by the one that writes to the bucket
	last    uint64     // the sequence of the last write to the bucket; guarded by writing

	mu     sync.Mutex // guards all below; acquired after writing
	mirror mirror
	tenure
	consume jetstream.ConsumeContext
	inbox   []jetstream.Msg // orders to execute
	done    []jetstream.Msg // executed ones, to be acknowledged once what they changed is stored
	drafts  []draft         // of the batch that is not confirmed
	err     error           // why the last write failed
	notify  func(string)
}

// Open connects to a session.
func Open(a Address, o Options) (*Store, error) {
	s := &Store{
		WriteBuffer: store.NewWriteBuffer(), address: a, bucket: "polltop_" + a.Name, share: o.SharePayloads, holder: rand.Text(),
		wake: signal.New(), applied: signal.New(), rewatch: signal.New(), mirror: newMirror(), notify: func(string) {},
	}
	options, err := credentials(o.Getenv)
	if err != nil {
		return nil, err
	}
	// Without a buffer: what can't be sent now is an error, and nothing is sent late.
	options = append(options, nats.Name("polltop"), nats.Timeout(callTimeout), nats.MaxReconnects(-1), nats.ReconnectWait(rewatchAfter), nats.ReconnectBufSize(-1),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsMost), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectHandler(func(*nats.Conn) { s.rewatch.Set() }),       // NATS itself notices a gap after 10 s
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // explain asks for it
	if s.conn, err = nats.Connect(a.servers, options...); err != nil {
		return nil, s.explain(err)
	}
	if s.js, err = jetstream.New(s.conn, jetstream.WithDefaultTimeout(callTimeout)); err == nil {
		err = s.begin(o.Create)
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

// begin starts the goroutines, and waits until the session is in the mirror.
func (s *Store) begin(create bool) error {
	within, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	err := s.ensure(within, create)
	if err == nil {
		s.kv, err = s.js.KeyValue(within, s.bucket)
	}
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.running.Go(guard.Func(func() { s.watch(ctx) }))
	s.running.Go(guard.Func(func() { s.write(ctx) }))
	if err := s.await(within, func() bool { return s.mirror.synced }); err != nil {
		stop()
		s.running.Wait()
		return err
	}
	return nil
}

// ensure makes bucket and stream of the session where there are none, if it may.
func (s *Store) ensure(ctx context.Context, create bool) error {
	soon, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	account, err := s.js.AccountInfo(soon)
	if err != nil {
		return err
	}
	if account.API.Level < levelTTL {
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
	if err = s.make(ctx, replicas); replicas > 1 {
		if _, ok := errors.AsType[*jetstream.APIError](err); ok {
			err = s.make(ctx, 1) // the cluster has fewer servers
		}
	}
	return err
}

func (s *Store) make(ctx context.Context, replicas int) error {
	for _, config := range []jetstream.StreamConfig{{
		Name: s.bucket + "_inbox", Subjects: []string{s.subject()}, Description: "orders to the polltop that polls",
		Retention: jetstream.WorkQueuePolicy, Replicas: replicas,
	}, {
		// As jetstream.CreateKeyValue has it, but without AllowDirect: a server that is behind must
		// not say that a key is not there.
		Name: "KV_" + s.bucket, Subjects: []string{"$KV." + s.bucket + ".>"}, Description: "a session of polltop",
		MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, AllowRollup: true, DenyDelete: true, Replicas: replicas,
		AllowMsgTTL: true, SubjectDeleteMarkerTTL: markerLasts,
	}} {
		// Another process may be faster.
		if _, err := s.js.CreateStream(ctx, config); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return err
		}
	}
	return nil
}

// await waits until a condition of the mirror holds.
func (s *Store) await(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		ok := holds()
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-s.applied:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) subject() string { return "polltop.inbox." + s.address.Name }

// Notify has a function called with what the user should know that is no fault.
func (s *Store) Notify(f func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify = f
}

// report hands the user a text that is no fault.
func (s *Store) report(text string) {
	s.mu.Lock()
	notify := s.notify
	s.mu.Unlock()
	notify(text)
}

// fault returns why the session can't be used now; nil if it can. The caller holds mu.
func (s *Store) fault() error {
	switch {
	case !s.conn.IsConnected():
		return s.explain(nats.ErrDisconnected)
	case s.mirror.broken != nil:
		return s.mirror.broken
	}
	return s.err
}

// Sync writes the notes, and waits for it as long as what a user has done may wait: 2 s. It
// returns why that failed; what takes longer is written in the background.
func (s *Store) Sync() error {
	ctx, cancel := context.WithTimeout(context.Background(), syncMost)
	guard.Go(func() {
		defer cancel()
		s.work(ctx)
	})
	<-ctx.Done() // it is written, or was to be
	if !s.polls() {
		// The lease has just gone: the next process that polls is to know what was added here.
		noted := s.Drain(true)
		s.Requeue(noted)
		if err := s.postTrack(store.TrackOrder(maps.Values(noted.Tasks)).Track); err != nil {
			return s.explain(err)
		}
	}
	return s.SyncSoon()
}

// SyncSoon has the notes written in the background, and returns why the last write failed.
func (s *Store) SyncSoon() error {
	s.wake.Set()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault()
}

// Close writes everything within a bounded time, gives up the lease, and disconnects.
func (s *Store) Close() error {
	err := s.leave()
	s.stop()
	s.running.Wait()
	s.conn.Close()
	return err
}
