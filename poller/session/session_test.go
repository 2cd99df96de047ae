package session_test

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/simulator"
	"polltop/poller/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "sk-test-0123456789"

// rig is a simulated service and a session's file.
type rig struct {
	t      *testing.T
	server *simulator.Server
	base   *queue.Base
	path   string
}

func newRig(t *testing.T, config simulator.Config) *rig {
	t.Helper()
	r := &rig{t: t, server: simulator.New(config), path: filepath.Join(t.TempDir(), "s.db")}
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
}

// run starts a process on the rig's session.
func (r *rig) run() *process {
	r.t.Helper()
	opened, err := store.Open(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	client := queue.NewClient(queue.ClientOptions{
		Header:  func(*queue.Base) http.Header { return http.Header{"Authorization": {"Key " + key}} },
		Secrets: []string{key}, Timeout: 5 * time.Second, Concurrency: 8, UserAgent: "polltop/test",
	})
	s := session.New("s", opened, []*queue.Base{r.base}, poller.Options{Service: client, Rate: 500, Concurrency: 8, Interval: 20 * time.Millisecond})
	p := &process{Session: s, t: r.t, tasks: map[int32]*poller.Task{}, update: make(chan struct{}, 1)}
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
			p.t.Fatalf("never seen: %s; %d tasks, %+v", what, len(p.tasks), p.last.Keeping)
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
	r := newRig(t, simulator.Config{Record: true})
	done := r.submit(5, simulator.Plan{Run: time.Millisecond})
	live := r.submit(3, simulator.Plan{Run: time.Hour})
	first := r.run()
	if tracked := first.Track(append(done, live...)); tracked.Added != 8 || tracked.Unkept != nil {
		t.Fatalf("%+v", tracked)
	}
	first.await("five ends", ended(5))
	first.await("three run", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[5].State == poller.Running && tasks[6].State == poller.Running && tasks[7].State == poller.Running
	})
	before := first.tasks
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
	r := newRig(t, simulator.Config{Record: true})
	first := r.run()
	first.Track(r.submit(2, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(2))

	r.pretendElsewhere()
	second := r.run()
	second.await("the same tasks, viewed", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 2 && last.Keeping.Viewing != ""
	})
	more := r.submit(1, simulator.Plan{Run: time.Millisecond})
	if tracked := second.Track(more); tracked.Added != 1 || tracked.Unkept != nil {
		t.Errorf("a viewer adds: %+v", tracked)
	}
	second.await("what was added, polled by the first", ended(3))
	first.Untrack(0)
	second.await("the removal", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return len(tasks) == 2 })

	live := r.submit(1, simulator.Plan{Run: time.Hour})
	first.Track(live)
	first.await("it runs", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[3] != nil && tasks[3].State == poller.Running
	})
	first.stop()
	second.await("the second polls", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return last.Keeping.Viewing == "" && tasks[3] != nil && tasks[3].Polls > first.tasks[3].Polls
	})
	for _, request := range more {
		if n := len(r.server.Polls(request.ID)); n == 0 || n > 20 {
			t.Errorf("polled %d times", n)
		}
	}
}

func TestADamagedSessionIsPutAsideAndTold(t *testing.T) {
	r := newRig(t, simulator.Config{})
	first := r.run()
	first.Track(r.submit(2, simulator.Plan{Run: time.Millisecond}))
	first.await("the ends", ended(2))
	first.stop()
	r.spoil()
	second := r.run()
	second.await("the damage told", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.Keeping.Damage != "" })
	if tracked := second.Track(r.submit(1, simulator.Plan{Run: time.Millisecond})); tracked.Added != 1 || tracked.Unkept != nil {
		t.Errorf("%+v", tracked)
	}
	second.await("its end", ended(1))
	if kept, _ := filepath.Glob(r.path + ".damaged-*"); len(kept) != 1 {
		t.Errorf("put aside: %v", kept)
	}
}

// pretendElsewhere makes the lease of the process that polls look like that of
// another machine, as two polltops of one test are one process.
func (r *rig) pretendElsewhere() { r.exec("UPDATE lease SET host = 'elsewhere'") }

// spoil damages a task's record.
func (r *rig) spoil() { r.exec("UPDATE tasks SET record = x'ff' WHERE seq = 1") }

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
