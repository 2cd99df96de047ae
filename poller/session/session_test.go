package session_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/simulatortest"
	"polltop/poller/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a simulated service and a session's file.
type rig struct {
	t      *testing.T
	server *faulty.Server
	base   *queue.Base
	path   string
}

func newRig(t *testing.T, config faulty.Config) *rig {
	t.Helper()
	r := &rig{t: t, server: faulty.New(config), path: filepath.Join(t.TempDir(), "s.db")}
	address, err := r.server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.server.Close() })
	if r.base, err = queue.ParseBase(address); err != nil {
		t.Fatal(err)
	}
	return r
}

// process is one polltop: a session, and what its screen knows.
type process struct {
	*session.Session
	t    *testing.T
	stop func()

	mu     sync.Mutex
	update chan struct{}
	tasks  map[int32]*poller.Task
	last   poller.Update

	payloads map[int64]*poller.Payload
}

// run starts a process on the rig's session.
func (r *rig) run() *process {
	r.t.Helper()
	opened, err := store.Open(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.start(func(o poller.Options) *session.Session { return session.New("s", opened, []*queue.Base{r.base}, o) })
}

// start starts a process on a session.
func (r *rig) start(newSession func(poller.Options) *session.Session) *process {
	client := simulatortest.NewQueueClient(8, nil)
	s := newSession(poller.Options{Service: client, Rate: 500, Concurrency: 8, Interval: 20 * time.Millisecond})
	p := &process{Session: s, t: r.t, tasks: map[int32]*poller.Task{}, payloads: map[int64]*poller.Payload{}, update: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	running.Go(func() { p.watch(ctx) })
	p.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		client.Close()
	})
	r.t.Cleanup(p.stop)
	return p
}

func (p *process) watch(ctx context.Context) {
	for {
		u, ok := p.Next(ctx)
		if !ok {
			return
		}
		p.mu.Lock()
		for _, t := range u.Tasks {
			p.tasks[t.Seq] = t
		}
		for _, seq := range u.Dropped {
			delete(p.tasks, seq)
		}
		for _, payload := range u.Payloads {
			p.payloads[payload.Number] = payload
		}
		p.last = u
		p.mu.Unlock()
		select {
		case p.update <- struct{}{}:
		default:
		}
	}
}

// await waits until what the process knows is as wanted.
func (p *process) await(what string, wanted func(tasks map[int32]*poller.Task, last poller.Update) bool) {
	p.t.Helper()
	patience := time.After(time.Minute)
	for {
		p.mu.Lock()
		ok := wanted(p.tasks, p.last)
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-p.update:
		case <-patience:
			p.t.Fatalf("never seen: %s; %d tasks, %+v; payloads %v", what, len(p.tasks), p.last.Persistence, p.faults())
		}
	}
}

func ended(n int) func(map[int32]*poller.Task, poller.Update) bool {
	return func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		count := 0
		for _, t := range tasks {
			if t.State.Terminal() {
				count++
			}
		}
		return count == n
	}
}

// submit submits tasks and returns their requests.
func (r *rig) submit(n int, plan simulator.Plan) []queue.Request {
	requests := make([]queue.Request, n)
	for i := range requests {
		requests[i] = queue.Request{ID: r.server.Submit("e", plan), Endpoint: "e", Base: r.base}
	}
	return requests
}

func TestASessionGoesOnWhereItWasLeft(t *testing.T) {
	r := newRig(t, faulty.Config{Record: true})
	done := r.submit(5, simulator.Plan{Run: time.Millisecond})
	live := r.submit(3, simulator.Plan{Run: time.Hour})
	first := r.run()
	if tracked := first.Track(append(done, live...)); tracked.Added != 8 || tracked.StoreErr != nil {
		t.Fatalf("%+v", tracked)
	}
	first.await("five ends", ended(5))
	first.await("three run", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[5].State == poller.Running && tasks[6].State == poller.Running && tasks[7].State == poller.Running
	})
	before := first.tasks
	if err := first.SetDisplay("failed"); err != nil {
		t.Error(err)
	}
	first.stop()

	polls := func(request queue.Request) int { return len(r.server.Polls(request.ID)) }
	asked := polls(done[0])
	second := r.run()
	second.await("the tasks of before, and the live ones asked again", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 8 && tasks[7].Polls > before[7].Polls
	})
	for seq, old := range before {
		now := second.tasks[seq]
		if now.State != old.State || now.Added != old.Added || now.Started != old.Started || now.Ended != old.Ended || now.Request != old.Request {
			t.Errorf("task %d: %+v, was %+v", seq, now, old)
		}
	}
	if display := second.Display(); display != "failed" {
		t.Errorf("it was shown as %q", display)
	}
	if polls(done[0]) != asked {
		t.Error("a task that had ended was asked again")
	}
	if tracked := second.Track(done); tracked.Known != 5 || tracked.Added != 0 {
		t.Errorf("given again: %+v", tracked)
	}
	if body, ok := second.Body(0); !ok || len(body) == 0 {
		t.Error("the raw answer was not kept")
	}
}

func TestTheSecondViewsAndTakesOver(t *testing.T) {
	r := newRig(t, faulty.Config{Record: true})
	first := r.run()
	first.Track(r.submit(2, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(2))

	second := r.run()
	second.await("the same tasks, viewed", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && last.Persistence.Viewing != ""
	})
	more := r.submit(1, simulator.Plan{Run: time.Millisecond})
	more[0].Label = "cats"
	if tracked := second.Track(more); tracked.Added != 1 || tracked.StoreErr != nil {
		t.Errorf("a viewer adds: %+v", tracked)
	}
	second.await("what was added, polled by the first", ended(3))
	again := second.tasks[0].Request
	again.Label = "cats"
	if tracked := second.Track([]queue.Request{again}); tracked.Labeled != 1 {
		t.Errorf("a viewer labels: %+v", tracked)
	}
	second.await("the labels", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[0].Request.Label == "cats" && tasks[2].Request.Label == "cats"
	})
	first.Untrack(0)
	second.await("the removal", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return len(tasks) == 2 })

	live := r.submit(1, simulator.Plan{Run: time.Hour})
	first.Track(live)
	first.await("it runs", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[3] != nil && tasks[3].State == poller.Running
	})
	first.stop()
	second.await("the second polls", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return last.Persistence.Viewing == "" && tasks[3] != nil && tasks[3].Polls > first.tasks[3].Polls
	})
	for _, request := range more {
		if n := len(r.server.Polls(request.ID)); n == 0 || n > 20 {
			t.Errorf("polled %d times", n)
		}
	}
}

func TestABadRecordIsPutAsideAndTheRestUsed(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.submit(3, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(3))
	first.stop()
	r.exec("UPDATE tasks SET state = -81 WHERE seq = 1")
	second := r.run()
	second.await("the record told", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && last.Persistence.Damage == "1 record of session s could not be read and is kept aside: polltop sessions repair s"
	})
	if tracked := second.Track(r.submit(1, simulator.Plan{Run: time.Millisecond})); tracked.Added != 1 || tracked.StoreErr != nil {
		t.Errorf("%+v", tracked)
	}
	second.await("its end", ended(3))
}

func TestADamagedFileIsSalvagedAndTold(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.submit(3, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(3))
	first.stop()
	r.exec("DROP TABLE facts")
	second := r.run()
	second.await("the damage told, and all there", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 3 && strings.Contains(last.Persistence.Damage, "3 tasks could be read")
	})
	if kept, _ := filepath.Glob(r.path + ".damaged-*"); len(kept) != 1 {
		t.Errorf("put aside: %v", kept)
	}
}

// A process that is suspended releases the session: another one polls on, and the
// first views when it is back. Without another it goes on as before.
func TestASuspendedProcessLetsAnotherPoll(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.submit(2, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(2))
	first.Release()
	first.Track(r.submit(1, simulator.Plan{Run: time.Millisecond}))
	first.await("one more end, kept here", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return ended(3)(tasks, last) && last.StoreErr == nil && last.Persistence.Viewing == ""
	})
	// A released session that another one takes. The first is not stopped here, so
	// that it may be faster.
	second := r.run()
	first.Release()
	second.await("it all, by whichever polls", ended(3))
	more := r.submit(1, simulator.Plan{Run: time.Millisecond})
	second.Track(more)
	for _, p := range []*process{first, second} {
		p.await("the end of what was added", ended(4))
	}
}

// Whatever becomes of the session's files while it is in use, it is noticed and told,
// and everything is on disk again at the end.
func TestLostFilesAreWrittenAnew(t *testing.T) {
	for name, lose := range map[string]func(r *rig) error{
		"the database deleted": func(r *rig) error { return os.Remove(r.path) },
		"the log deleted":      func(r *rig) error { return os.Remove(r.path + "-wal") },
		"the index deleted":    func(r *rig) error { return os.Remove(r.path + "-shm") },
		"the lock deleted":     func(r *rig) error { return os.Remove(r.path + ".lock") },
		"all deleted":          func(r *rig) error { return os.RemoveAll(filepath.Dir(r.path)) },
		"the database moved":   func(r *rig) error { return os.Rename(r.path, r.path+".away") },
		"the directory moved":  func(r *rig) error { return os.Rename(filepath.Dir(r.path), filepath.Dir(r.path)+".away") },
		"cut":                  func(r *rig) error { return os.Truncate(r.path, 0) },
		"replaced": func(r *rig) error {
			if err := os.WriteFile(r.path+".other", []byte("another file"), 0o600); err != nil {
				return err
			}
			return os.Rename(r.path+".other", r.path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, faulty.Config{})
			r.path = filepath.Join(t.TempDir(), "sessions", "s.db")
			first := r.run()
			first.Track(append(r.submit(4, simulator.Plan{Run: time.Millisecond}), r.submit(2, simulator.Plan{Run: time.Hour})...))
			first.await("the ends", ended(4))
			if err := lose(r); err != nil {
				t.Fatal(err)
			}
			first.await("that it is told", func(_ map[int32]*poller.Task, last poller.Update) bool {
				return strings.Contains(last.Persistence.Damage, "written anew") && last.StoreErr == nil
			})
			if tracked := first.Track(r.submit(1, simulator.Plan{Run: time.Millisecond})); tracked.StoreErr != nil {
				t.Errorf("%+v", tracked)
			}
			first.await("the end of one more", ended(5))
			first.stop()
			second := r.run()
			second.await("all there", func(tasks map[int32]*poller.Task, last poller.Update) bool {
				return len(tasks) == 7 && last.StoreErr == nil
			})
			if body, ok := second.Body(0); !ok || len(body) == 0 {
				if name != "cut" {
					t.Error("the raw answer is lost")
				}
			}
			if others, _ := filepath.Glob(r.path + ".replaced-*"); (len(others) == 1) != (name == "replaced") {
				t.Errorf("put aside: %v", others)
			}
		})
	}
}

// Files that are lost in the last moment are written anew at the end.
func TestFilesLostAtTheEndAreWrittenAnew(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.submit(3, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(3))
	os.Remove(r.path)
	first.stop()
	second := r.run()
	second.await("all there", ended(3))
}

// Where a lost session can't be written anew that is said, until it can.
func TestALostSessionThatCannotBeWrittenAnew(t *testing.T) {
	r := newRig(t, faulty.Config{})
	dir := filepath.Join(t.TempDir(), "sessions")
	r.path = filepath.Join(dir, "s.db")
	first := r.run()
	first.Track(r.submit(2, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(2))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	first.await("that it is said", func(_ map[int32]*poller.Task, last poller.Update) bool {
		return last.StoreErr != nil && strings.Contains(last.StoreErr.Error(), "can't be written anew")
	})
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	first.await("that it is well again", func(_ map[int32]*poller.Task, last poller.Update) bool {
		return last.StoreErr == nil && last.Persistence.Damage != ""
	})
	first.stop()
	r.run().await("all there", ended(2))
}

// Of two processes that lose the files of their session a single one polls on.
func TestAViewerFollowsASessionThatIsWrittenAnew(t *testing.T) {
	r := newRig(t, faulty.Config{})
	r.path = filepath.Join(t.TempDir(), "sessions", "s.db")
	first := r.run()
	first.Track(r.submit(2, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(2))
	second := r.run()
	second.await("the same, viewed", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && last.Persistence.Viewing != ""
	})
	if err := os.RemoveAll(filepath.Dir(r.path)); err != nil {
		t.Fatal(err)
	}
	first.Track(r.submit(1, simulator.Plan{Run: time.Millisecond}))
	for _, p := range []*process{first, second} {
		p.await("all three ends", ended(3))
	}
	viewing := 0
	for _, p := range []*process{first, second} {
		p.await("a well kept session", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.StoreErr == nil })
		p.mu.Lock()
		if p.last.Persistence.Viewing != "" {
			viewing++
		}
		p.mu.Unlock()
	}
	if viewing != 1 {
		t.Errorf("%d view", viewing)
	}
}

// A database that another program has locked is waited for, while what was given is
// polled; then it is all in the session, with what was there.
func TestALockedDatabaseIsWaitedFor(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.submit(3, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(3))
	first.stop()
	db, err := sql.Open("sqlite", r.path+"?_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	_, openErr := store.Open(r.path)
	if !store.Passing(openErr) {
		t.Fatal(openErr)
	}
	again := r.submit(2, simulator.Plan{Run: time.Millisecond})
	second := r.start(func(o poller.Options) *session.Session {
		return session.NewPending("s", r.path, openErr, []*queue.Base{r.base}, o)
	})
	if tracked := second.Track(again); tracked.Added != 2 || tracked.StoreErr == nil {
		t.Errorf("%+v", tracked)
	}
	second.await("two ends, and that nothing is kept", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return ended(2)(tasks, last) && last.StoreErr != nil && strings.Contains(last.StoreErr.Error(), "locked")
	})
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	second.await("all five, kept", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 5 && last.StoreErr == nil
	})
	second.mu.Lock()
	if second.tasks[0].Request.ID != again[0].ID {
		t.Error("a task that was on the screen has another number")
	}
	second.mu.Unlock()
	if body, ok := second.Body(4); !ok || !strings.Contains(string(body), second.tasks[4].Request.ID) {
		t.Errorf("the answer of an earlier task: %q", body)
	}
	second.stop()
	r.run().await("all five on disk", ended(5))
}

// exec runs a statement on the session's database.
func (r *rig) exec(statement string) {
	r.t.Helper()
	db, err := sql.Open("sqlite", r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		r.t.Fatal(err)
	}
}
