package session_test

import (
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/store"
)

// losing is a store that loses its lease, and takes its time to be read again.
type losing struct {
	*store.Store
	lost, loading, read chan struct{}
}

func (l *losing) Beat() error {
	select {
	case <-l.lost:
		l.lost = nil
		return store.ErrLost
	default:
		return nil
	}
}

func (l *losing) Load(bases store.BaseOf) (store.Snapshot, error) {
	l.loading <- struct{}{}
	<-l.read
	return l.Store.Load(bases)
}

// Requests that come while the session is between two roles are tracked by the next.
func TestNothingIsLostBetweenTwoRoles(t *testing.T) {
	r := newRig(t, faulty.Config{})
	onDisk, err := store.Open(r.path)
	if err != nil {
		t.Fatal(err)
	}
	kept := &losing{onDisk, make(chan struct{}), make(chan struct{}), make(chan struct{})}
	p := r.Start(func(o poller.Options) *session.Session { return session.NewShared("s", kept, []*queue.Base{r.Base}, o) })
	<-kept.loading
	kept.read <- struct{}{}
	p.Await("that it polls", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.Persistence.Session != "" })
	close(kept.lost)
	<-kept.loading // the poller has ended
	tracked := make(chan poller.Tracked, 1)
	requests := r.Submit(2, simulator.Plan{Run: time.Millisecond})
	go func() { tracked <- p.Track(requests) }()
	select {
	case now := <-tracked:
		t.Errorf("tracked by a poller that has ended: %+v", now)
	case kept.read <- struct{}{}:
		if now := <-tracked; now.Added != 2 || now.StoreErr != nil {
			t.Errorf("%+v", now)
		}
	}
	p.Await("the ends", sessiontest.Ended(2))
}
