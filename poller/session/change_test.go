package session_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/simulatortest"
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

// startLosing starts a process that polls over a store which loses its lease.
func (r *rig) startLosing() (*losing, *process) {
	onDisk, err := store.Open(r.path)
	if err != nil {
		r.T.Fatal(err)
	}
	kept := &losing{onDisk, make(chan struct{}), make(chan struct{}), make(chan struct{})}
	p := r.Start(func(o poller.Options) *session.Session { return session.New("s", kept, []*queue.Base{r.Base}, o) })
	<-kept.loading
	kept.read <- struct{}{}
	p.Await("that it polls", sessiontest.Polls)
	return kept, &process{p}
}

// Requests that come while the session is between two roles are tracked by the next.
func TestNothingIsLostBetweenTwoRoles(t *testing.T) {
	r := newRig(t, faulty.Config{})
	kept, p := r.startLosing()
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

// Tasks that are to be canceled while the session is between two roles are canceled by the next.
func TestCancelsBetweenTwoRolesAreSent(t *testing.T) {
	r := newRig(t, faulty.Config{})
	kept, p := r.startLosing()
	p.Track(r.Submit(2, simulator.Plan{Run: time.Hour}))
	running := func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 2 && tasks[0].State == poller.Running && tasks[1].State == poller.Running
	}
	p.Await("that both run", running)
	close(kept.lost)
	<-kept.loading // the poller has ended
	p.Cancel(1)
	kept.read <- struct{}{}
	// A task is new to the next role until it is polled.
	p.Await("the cancel, and that the other task runs on", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[1].State == poller.Canceled && tasks[0].State == poller.Running
	})
}

// Cancels that the poller had not sent when its role ended are sent by the next.
func TestCancelsThatWaitAreSentByTheNextRole(t *testing.T) {
	const n = 30 // more than are under way at once
	r := newRig(t, faulty.Config{Latency: 300 * time.Millisecond})
	kept, p := r.startLosing()
	p.Track(r.Submit(n, simulator.Plan{Run: time.Hour}))
	count := func(state poller.State) func(map[int32]*poller.Task, poller.Update) bool {
		return func(tasks map[int32]*poller.Task, _ poller.Update) bool {
			found := 0
			for _, task := range tasks {
				if task.State == state {
					found++
				}
			}
			return found == n
		}
	}
	p.Await("that all run", count(poller.Running))
	close(kept.lost)
	for seq := range int32(n) {
		p.Cancel(seq)
	}
	<-kept.loading
	kept.read <- struct{}{}
	p.Await("all cancels", count(poller.Canceled))
}

// ending is a store with orders that come as the process ends.
type ending struct {
	*store.Store
	orders func(f func(store.Order) error)
}

func (e *ending) Orders(f func(store.Order) error) error {
	e.orders(f)
	return nil
}

// An order that is executed as the process ends is not lost: its requests are tracked, or the
// order stays.
func TestOrdersOfTheLastMomentAreExecuted(t *testing.T) {
	r := newRig(t, faulty.Config{})
	onDisk, err := store.Open(r.path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	executed := map[int]bool{}
	kept := &ending{onDisk, func(f func(store.Order) error) {
		cancel()
		for i := range 50 {
			order := store.Order{Track: store.Requests([]queue.Request{{ID: fmt.Sprint("mmsu_", i), Endpoint: "e", Base: r.Base}})}
			if f(order) == nil {
				executed[i] = true
			}
		}
	}}
	client := simulatortest.NewQueueClient(8, nil)
	defer client.Close()
	session.New("s", kept, []*queue.Base{r.Base}, poller.Options{Service: client, Rate: 500, Concurrency: 8}).Run(ctx)
	again, err := store.Open(r.path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if loaded, err := again.Load(queue.BaseOf(nil)); err != nil || len(loaded.Tasks) != len(executed) || len(executed) == 0 {
		t.Errorf("%d orders executed, %d tasks tracked: %v", len(executed), len(loaded.Tasks), err)
	}
}
