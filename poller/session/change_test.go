package session_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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
	lost          atomic.Bool
	loading, read chan struct{}
	loadErr       error       // of the next Load
	other         store.Lease // of the process that has it then; zero for this one again
}

func (l *losing) Acquire() (store.Lease, bool, error) {
	if l.lost.Swap(false); l.other.Holder != "" {
		return l.other, false, nil
	}
	return l.Store.Acquire()
}

func (l *losing) Beat() error {
	if l.lost.Load() {
		return store.ErrLeaseLost
	}
	return nil
}

// lose has another process acquire the lease, this one again for the zero Lease.
func (l *losing) lose(other store.Lease) {
	l.other = other
	l.lost.Store(true)
}

func (l *losing) Load(bases store.BaseResolver) (store.Snapshot, error) {
	l.loading <- struct{}{}
	<-l.read
	if l.loadErr != nil {
		return store.Snapshot{}, l.loadErr
	}
	return l.Store.Load(bases)
}

// startLosing starts a process that polls over a store which loses its lease.
func (r *rig) startLosing(set ...func(o *poller.Options)) (*losing, *process) {
	onDisk, err := store.Open(r.path)
	if err != nil {
		r.T.Fatal(err)
	}
	kept := &losing{Store: onDisk, loading: make(chan struct{}), read: make(chan struct{})}
	p := r.Start(func(o poller.Options) *session.Session {
		for _, f := range set {
			f(&o)
		}
		return session.New("s", kept, []*queue.Base{r.Base}, o)
	})
	<-kept.loading
	kept.read <- struct{}{}
	p.Await("that it polls", sessiontest.Polls)
	return kept, &process{p}
}

// Requests that come while the session is between two roles are tracked by the next.
func TestNothingIsLostBetweenTwoRoles(t *testing.T) {
	r := newRig(t, faulty.Config{})
	kept, p := r.betweenRoles(store.Lease{}, nil)
	kept.nextRole(t, func() {
		if tracked := p.Track(r.Submit(2, simulator.Plan{Run: time.Millisecond})); tracked.Added != 2 || tracked.StoreErr != nil {
			t.Errorf("%+v", tracked)
		}
	})
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
	kept.lose(store.Lease{})
	<-kept.loading // the poller has ended
	kept.nextRole(t, func() { p.Cancel(1) })
	// A task is new to the next role until it is polled.
	p.Await("the cancel, and that the other task runs on", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[1].State == poller.Canceled && tasks[0].State == poller.Running
	})
}

// Cancels that are given or were not sent when the process ends between two roles are sent by the next process.
func TestCancelsAtTheEndBetweenTwoRolesAreSent(t *testing.T) {
	for name, before := range map[string]bool{"given before": true, "given between": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, faulty.Config{Latency: 100 * time.Millisecond})
			kept, p := r.startLosing()
			p.Track(r.Submit(30, simulator.Plan{Run: time.Hour})) // more than are in flight at once
			last := func(state poller.State) func(map[int32]*poller.Task, poller.Update) bool {
				return func(tasks map[int32]*poller.Task, _ poller.Update) bool {
					return tasks[29] != nil && tasks[29].State == state
				}
			}
			p.Await("that it runs", last(poller.Running))
			var seqs []int32
			for seq := range int32(30) {
				seqs = append(seqs, seq)
			}
			cancel := func() { p.Cancel(seqs...) }
			kept.loadErr = store.ErrLeaseLost
			kept.lose(store.Lease{})
			if before {
				cancel()
				cancel = func() { p.FetchLogs(0) }
			}
			<-kept.loading
			go p.Stop()
			kept.nextRole(t, cancel)
			p.Stop()
			r.run().Await("the cancel", last(poller.Canceled))
		})
	}
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
	kept.lose(store.Lease{})
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
	if loaded, err := again.Load(queue.BaseResolver(nil)); err != nil || len(loaded.Tasks) != len(executed) || len(executed) == 0 {
		t.Errorf("%d orders executed, %d tasks tracked: %v", len(executed), len(loaded.Tasks), err)
	}
}

// betweenRoles returns a process whose tasks have ended, and which has lost its lease to another one;
// the zero Lease for none.
func (r *rig) betweenRoles(other store.Lease, requests []queue.Request) (*losing, *process) {
	r.T.Helper()
	kept, p := r.startLosing()
	p.Track(requests)
	p.Await("the ends", sessiontest.Ended(len(requests)))
	kept.lose(other)
	<-kept.loading // the poller has ended
	return kept, p
}

// nextRole begins the next role once f has been called and waits for it, and returns when f has.
func (l *losing) nextRole(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		f()
		close(done)
	}()
	select {
	case <-done:
		t.Error("a poller that has ended was asked")
	case <-time.After(100 * time.Millisecond):
	}
	l.read <- struct{}{}
	<-done
}

// What the user wants while the session is between two roles is done by the next one.
func TestCommandsBetweenTwoRolesAreExecuted(t *testing.T) {
	for name, test := range map[string]struct {
		command func(p *process)
		done    func(task *poller.Task, last poller.Update) bool
	}{
		"pausing":     {func(p *process) { p.TogglePause() }, func(_ *poller.Task, last poller.Update) bool { return last.Paused }},
		"fetching":    {func(p *process) { p.Fetch(0) }, func(task *poller.Task, _ poller.Update) bool { return task.Fetched }},
		"polling now": {func(p *process) { p.PollNow(0) }, func(*poller.Task, poller.Update) bool { return true }},
		"removing": {func(p *process) {
			if removed := p.Untrack(0); len(removed) != 1 {
				t.Errorf("removed %v", removed)
			}
		}, func(*poller.Task, poller.Update) bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, faulty.Config{})
			kept, p := r.betweenRoles(store.Lease{}, r.Submit(1, simulator.Plan{Run: time.Millisecond}))
			kept.nextRole(t, func() { test.command(p) })
			p.Await("that it is done", func(tasks map[int32]*poller.Task, last poller.Update) bool { return test.done(tasks[0], last) })
		})
	}
}

// What only the process that polls can do is refused where the next role views, and the user is told.
func TestCommandsBetweenTwoRolesAreRefusedToAViewer(t *testing.T) {
	for name, command := range map[string]func(p *process){
		"pausing":               func(p *process) { p.TogglePause() },
		"removing tasks":        func(p *process) { p.Untrack(0) },
		"reading the key again": func(p *process) { p.Unblock() },
		"taking back cancels":   func(p *process) { p.DropCancels(0) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, faulty.Config{})
			kept, p := r.betweenRoles(store.Lease{Holder: "another", Pid: 7}, r.Submit(1, simulator.Plan{Run: time.Millisecond}))
			kept.nextRole(t, func() { command(p) })
			want := name + " is for the polltop with pid 7, which polls this session"
			p.Await("the refusal", func(_ map[int32]*poller.Task, last poller.Update) bool {
				return strings.HasPrefix(last.Persistence.Damage, want)
			})
		})
	}
}

// A removal that the store refused, as another process polls, is not taken for done.
func TestARemovalAfterTheLeaseWasLostIsRefused(t *testing.T) {
	r := newRig(t, faulty.Config{})
	kept, p := r.startLosing()
	p.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond}))
	p.Await("the end", sessiontest.Ended(1))
	kept.lose(store.Lease{Holder: "another", Pid: 7})
	removed := make(chan int, 1)
	go func() { removed <- len(p.Untrack(0)) }()
	<-kept.loading
	kept.read <- struct{}{}
	if n := <-removed; n != 0 {
		t.Errorf("%d removed", n)
	}
	p.Await("that it is said", func(_ map[int32]*poller.Task, last poller.Update) bool {
		return last.Persistence.Damage == "the tasks are not removed: another polltop has taken over the session: give the command again"
	})
}

// A pause lasts over the roles in which no other process polls.
func TestAPauseLastsWhenTheLeaseIsHadAgain(t *testing.T) {
	r := newRig(t, faulty.Config{})
	kept, p := r.startLosing()
	p.TogglePause()
	p.Await("the pause", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.Paused })
	kept.lose(store.Lease{})
	<-kept.loading
	kept.read <- struct{}{}
	p.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond}))
	p.Await("the pause, and what was added", func(tasks map[int32]*poller.Task, last poller.Update) bool { return last.Paused && len(tasks) == 1 })
}

// A removal can be undone by a role that does not know of the removed task, or gave its number to another.
func TestARemovalIsUndoneByTheNextRole(t *testing.T) {
	for added := range 2 {
		r := newRig(t, faulty.Config{})
		kept, p := r.startLosing()
		p.Track(r.Submit(2, simulator.Plan{Run: time.Millisecond}))
		p.Await("the ends", sessiontest.Ended(2))
		removed := p.Untrack(1)
		kept.lose(store.Lease{})
		<-kept.loading
		kept.read <- struct{}{}
		p.Track(r.Submit(added, simulator.Plan{Run: time.Millisecond}))
		if back := p.Restore(removed); len(back) != 1 {
			t.Errorf("%d back", len(back))
		}
		p.Await("all tasks", sessiontest.Ended(2+added))
	}
}

// A command names the tasks that the screen has, also after another process began to poll them under
// other numbers.
func TestCommandsNameTheTasksOfTheScreen(t *testing.T) {
	r := newRig(t, faulty.Config{})
	dir := t.TempDir()
	away := filepath.Join(dir, "away")
	if err := os.WriteFile(away, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.path = filepath.Join(dir, "sessions", "s.db")
	owner := r.run()
	owner.Track(r.Submit(1, simulator.Plan{Run: time.Hour}))
	client := simulatortest.NewQueueClient(8, nil)
	path := filepath.Join(away, "s.db")
	_, openErr := store.Open(path)
	s := session.NewPending("s", path, openErr, []*queue.Base{r.Base}, poller.Options{Service: client, Rate: 500, Concurrency: 8})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	defer func() {
		cancel()
		running.Wait()
		client.Close()
	}()
	mine := r.Submit(1, simulator.Plan{Run: time.Hour})
	if tracked := s.Track(mine); tracked.Added != 1 || tracked.StoreErr == nil {
		t.Fatalf("%+v", tracked)
	}
	for shown := false; !shown; {
		u, ok := s.Next(ctx)
		if shown = len(u.Tasks) > 0 && u.Tasks[0].Seq == 0; !ok {
			t.Fatal("no update has the task")
		}
	}
	if err := errors.Join(os.Remove(away), os.Symlink(filepath.Dir(r.path), away)); err != nil {
		t.Fatal(err)
	}
	owner.Await("the task of the other", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return len(tasks) == 2 })
	s.Cancel(0)
	owner.Await("its cancel", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[1].Request.ID == mine[0].ID && tasks[1].State == poller.Canceled && tasks[0].State == poller.Running
	})
}

// refusing is a store that another process uses, on a file system where it can't be shared.
type refusing struct {
	*store.Store
	beats atomic.Int32
}

func (r *refusing) Acquire() (store.Lease, bool, error) {
	return store.Lease{}, false, store.ErrNoFileLocks
}

func (r *refusing) Beat() error {
	r.beats.Add(1)
	return r.Store.Beat()
}

// A process that may not use a session does not write its sign of life there.
func TestARemovalWithoutTheStoreLeavesTheLease(t *testing.T) {
	r := newRig(t, faulty.Config{})
	onDisk, err := store.Open(r.path)
	if err != nil {
		t.Fatal(err)
	}
	kept := &refusing{Store: onDisk}
	p := r.Start(func(o poller.Options) *session.Session { return session.New("s", kept, []*queue.Base{r.Base}, o) })
	p.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond}))
	p.Await("the end", sessiontest.Ended(1))
	if removed := p.Untrack(0); len(removed) != 1 || kept.beats.Load() != 0 {
		t.Errorf("%d removed, %d signs of life", len(removed), kept.beats.Load())
	}
}

// logCounting counts the polls that ask for log lines.
type logCounting struct {
	poller.Service
	withLogs atomic.Int32
}

func (l *logCounting) Status(ctx context.Context, r queue.Request, logs bool) (queue.Answer, *queue.Fault) {
	if logs {
		l.withLogs.Add(1)
	}
	return l.Service.Status(ctx, r, logs)
}

// The task that the user has open is open for the next role too, so that its log goes on.
func TestTheOpenTaskIsOpenForTheNextRole(t *testing.T) {
	r := newRig(t, faulty.Config{})
	service := &logCounting{}
	kept, p := r.startLosing(func(o *poller.Options) { service.Service, o.Service = o.Service, service })
	p.Track(r.Submit(1, simulator.Plan{Run: time.Hour}))
	p.SetViewed(0, []int32{0})
	polled := func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 1 && service.withLogs.Load() > 0
	}
	p.Await("a poll for the log", polled)
	kept.lose(store.Lease{})
	<-kept.loading
	service.withLogs.Store(0)
	kept.read <- struct{}{}
	p.Await("a poll for the log by the next role", polled)
}
