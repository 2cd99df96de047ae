package session_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a simulated service and a session's file.
type rig struct {
	*sessiontest.Rig
	path string
}

func newRig(t *testing.T, config faulty.Config) *rig {
	return &rig{sessiontest.New(t, config), filepath.Join(t.TempDir(), "s.db")}
}

// process is one polltop: a session, and what its screen knows.
type process struct{ *sessiontest.Process }

// run starts a process on the rig's session.
func (r *rig) run() *process {
	r.T.Helper()
	opened, err := store.Open(r.path)
	if err != nil {
		r.T.Fatal(err)
	}
	return &process{r.Start(func(o poller.Options) *session.Session { return session.New("s", opened, []*queue.Base{r.Base}, o) })}
}

func TestASessionGoesOnWhereItWasLeft(t *testing.T) {
	r := newRig(t, faulty.Config{Record: true})
	done := r.Submit(5, simulator.Plan{Run: time.Millisecond})
	live := r.Submit(3, simulator.Plan{Run: time.Hour})
	first := r.run()
	if tracked := first.Track(append(done, live...)); tracked.Added != 8 || tracked.StoreErr != nil {
		t.Fatalf("%+v", tracked)
	}
	first.Await("five ends", sessiontest.Ended(5))
	first.Await("three run", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[5].State == poller.Running && tasks[6].State == poller.Running && tasks[7].State == poller.Running
	})
	before := first.Tasks
	if err := first.SetDisplay("failed"); err != nil {
		t.Error(err)
	}
	first.Stop()

	polls := func(request queue.Request) int { return len(r.Server.Polls(request.ID)) }
	asked := polls(done[0])
	second := r.run()
	second.Await("the tasks of before, and the live ones asked again", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 8 && tasks[7].Polls > before[7].Polls
	})
	for seq, old := range before {
		now := second.Tasks[seq]
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
	if tracked := second.Track(done); tracked.AlreadyTracked != 5 || tracked.Added != 0 {
		t.Errorf("given again: %+v", tracked)
	}
	if body, ok := second.Body(0); !ok || len(body) == 0 {
		t.Error("the raw answer was not kept")
	}
}

func TestTheSecondViewsAndTakesOver(t *testing.T) {
	r := newRig(t, faulty.Config{Record: true})
	first := r.run()
	first.Track(r.Submit(2, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(2))

	second := r.run()
	second.Await("the same tasks, viewed", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && last.Persistence.PolledBy != ""
	})
	more := r.Submit(1, simulator.Plan{Run: time.Millisecond})
	more[0].Label = "cats"
	if tracked := second.Track(more); tracked.Added != 1 || tracked.StoreErr != nil {
		t.Errorf("a viewer adds: %+v", tracked)
	}
	second.Await("what was added, polled by the first", sessiontest.Ended(3))
	again := second.Tasks[0].Request
	again.Label = "cats"
	if tracked := second.Track([]queue.Request{again}); tracked.Labeled != 1 {
		t.Errorf("a viewer labels: %+v", tracked)
	}
	second.Await("the labels", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[0].Request.Label == "cats" && tasks[2].Request.Label == "cats"
	})
	first.Untrack(0)
	second.Await("the removal", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return len(tasks) == 2 })

	live := r.Submit(1, simulator.Plan{Run: time.Hour})
	first.Track(live)
	first.Await("it runs", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[3] != nil && tasks[3].State == poller.Running
	})
	first.Stop()
	second.Await("the second polls", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return last.Persistence.PolledBy == "" && tasks[3] != nil && tasks[3].Polls > first.Tasks[3].Polls
	})
	for _, request := range more {
		if n := len(r.Server.Polls(request.ID)); n == 0 || n > 20 {
			t.Errorf("polled %d times", n)
		}
	}
}

// A task that the process which polled removed as it ended is not shown by the next.
func TestATaskRemovedInTheLastMomentIsNotShown(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.Submit(2, simulator.Plan{Run: time.Hour}))
	second := r.run()
	second.Await("both tasks", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && sessiontest.Views(tasks, last)
	})
	first.Untrack(1)
	first.Stop()
	second.Await("the task that is left", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 1 && tasks[0] != nil && sessiontest.Polls(tasks, last)
	})
}

func TestABadRecordIsPutAsideAndTheRestUsed(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.Submit(3, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(3))
	first.Stop()
	r.exec("UPDATE tasks SET state = -81 WHERE seq = 1")
	second := r.run()
	second.Await("the record told", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && last.Persistence.Damage == "1 record of session s could not be read and is kept aside: polltop sessions repair s"
	})
	if tracked := second.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond})); tracked.Added != 1 || tracked.StoreErr != nil {
		t.Errorf("%+v", tracked)
	}
	second.Await("its end", sessiontest.Ended(3))
}

func TestADamagedFileIsSalvagedAndTold(t *testing.T) {
	r := newRig(t, faulty.Config{})
	first := r.run()
	first.Track(r.Submit(3, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(3))
	first.Stop()
	r.exec("DROP TABLE facts")
	second := r.run()
	second.Await("the damage told, and all there", func(tasks map[int32]*poller.Task, last poller.Update) bool {
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
	first.Track(r.Submit(2, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(2))
	first.Release()
	first.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond}))
	first.Await("one more end, kept here", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Ended(3)(tasks, last) && last.StoreErr == nil && last.Persistence.PolledBy == ""
	})
	// A released session that another one takes. The first is not stopped here, so
	// that it may be faster.
	second := r.run()
	first.Release()
	second.Await("it all, by whichever polls", sessiontest.Ended(3))
	more := r.Submit(1, simulator.Plan{Run: time.Millisecond})
	second.Track(more)
	for _, p := range []*process{first, second} {
		p.Await("the end of what was added", sessiontest.Ended(4))
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
			first.Track(append(r.Submit(4, simulator.Plan{Run: time.Millisecond}), r.Submit(2, simulator.Plan{Run: time.Hour})...))
			first.Await("the ends", sessiontest.Ended(4))
			if err := lose(r); err != nil {
				t.Fatal(err)
			}
			first.Await("that it is told", func(_ map[int32]*poller.Task, last poller.Update) bool {
				return strings.Contains(last.Persistence.Damage, "written anew") && last.StoreErr == nil
			})
			if tracked := first.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond})); tracked.StoreErr != nil {
				t.Errorf("%+v", tracked)
			}
			first.Await("the end of one more", sessiontest.Ended(5))
			first.Stop()
			second := r.run()
			second.Await("all there", func(tasks map[int32]*poller.Task, last poller.Update) bool {
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
	first.Track(r.Submit(3, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(3))
	os.Remove(r.path)
	first.Stop()
	second := r.run()
	second.Await("all there", sessiontest.Ended(3))
}

// Where a lost session can't be written anew that is said, until it can.
func TestALostSessionThatCannotBeWrittenAnew(t *testing.T) {
	r := newRig(t, faulty.Config{})
	dir := filepath.Join(t.TempDir(), "sessions")
	r.path = filepath.Join(dir, "s.db")
	first := r.run()
	first.Track(r.Submit(2, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(2))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	first.Await("that it is said", func(_ map[int32]*poller.Task, last poller.Update) bool {
		return last.StoreErr != nil && strings.Contains(last.StoreErr.Error(), "can't be written anew")
	})
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	first.Await("that it is well again", func(_ map[int32]*poller.Task, last poller.Update) bool {
		return last.StoreErr == nil && last.Persistence.Damage != ""
	})
	first.Stop()
	r.run().Await("all there", sessiontest.Ended(2))
}

// Of two processes that lose the files of their session a single one polls on.
func TestAViewerFollowsASessionThatIsWrittenAnew(t *testing.T) {
	r := newRig(t, faulty.Config{})
	r.path = filepath.Join(t.TempDir(), "sessions", "s.db")
	first := r.run()
	first.Track(r.Submit(2, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(2))
	second := r.run()
	second.Await("the same, viewed", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && last.Persistence.PolledBy != ""
	})
	if err := os.RemoveAll(filepath.Dir(r.path)); err != nil {
		t.Fatal(err)
	}
	first.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond}))
	for _, p := range []*process{first, second} {
		p.Await("all three ends", sessiontest.Ended(3))
	}
	viewing := 0
	for _, p := range []*process{first, second} {
		p.Await("a well kept session", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.StoreErr == nil })
		p.Mu.Lock()
		if p.Last.Persistence.PolledBy != "" {
			viewing++
		}
		p.Mu.Unlock()
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
	first.Track(r.Submit(3, simulator.Plan{Run: time.Millisecond}))
	first.Await("the ends", sessiontest.Ended(3))
	first.Stop()
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
	if !store.Temporary(openErr) {
		t.Fatal(openErr)
	}
	again := r.Submit(2, simulator.Plan{Run: time.Millisecond})
	second := r.Start(func(o poller.Options) *session.Session {
		return session.NewPending("s", r.path, openErr, []*queue.Base{r.Base}, o)
	})
	if tracked := second.Track(again); tracked.Added != 2 || tracked.StoreErr == nil {
		t.Errorf("%+v", tracked)
	}
	second.Await("two ends, and that nothing is kept", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Ended(2)(tasks, last) && last.StoreErr != nil && strings.Contains(last.StoreErr.Error(), "locked")
	})
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	second.Await("all five, kept", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 5 && last.StoreErr == nil
	})
	second.Mu.Lock()
	if second.Tasks[0].Request.ID != again[0].ID {
		t.Error("a task that was on the screen has another number")
	}
	second.Mu.Unlock()
	if body, ok := second.Body(4); !ok || !strings.Contains(string(body), second.Tasks[4].Request.ID) {
		t.Errorf("the answer of an earlier task: %q", body)
	}
	second.Stop()
	r.run().Await("all five on disk", sessiontest.Ended(5))
}

// exec runs a statement on the session's database.
func (r *rig) exec(statement string) {
	r.T.Helper()
	db, err := sql.Open("sqlite", r.path)
	if err != nil {
		r.T.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		r.T.Fatal(err)
	}
}
