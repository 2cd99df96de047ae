package hook

import (
	"context"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/signal"
)

const (
	timeLimit    = time.Minute             // bounds one command
	grace        = time.Second             // how long a command has to clean up after it was told to end
	closeTimeout = 1900 * time.Millisecond // bounds Close: a killed process in a broken file system may not end
	maxStderr    = 4 << 10                 // bounds the stored end of a command's standard error, in bytes
)

// Runner runs a command for each task. Its methods may be called from any goroutine.
type Runner struct {
	// Input returns the input of a payload, which commands receive with its task; may be nil. It
	// is set before the first Add.
	Input       func(payload int64) ([]byte, bool)
	command     string
	claim       func(*poller.Task) bool
	concurrency int // of commands
	maxWaiting  int // tasks that may wait
	limit       time.Duration
	grace       time.Duration
	context     context.Context
	cancel      context.CancelCauseFunc
	changed     signal.Signal
	running     sync.WaitGroup
	seen        map[int32]bool // tasks that Observe has added

	mu      sync.Mutex
	waiting []*poller.Task
	// What Counts returns.
	active, done, failed int
	lastError            string
	closed               bool // changed is closed
}

// New returns a runner of a shell command (sh -c; on Windows cmd /c) with the given
// concurrency, at least 1. claim is called right before the command runs for a task and
// reports whether it should run, so that it runs once for each task, even with several
// processes or after a restart. At most maxWaiting tasks wait; others count as failed. Each
// command has a minute. Close must be called at the end.
func New(command string, claim func(*poller.Task) bool, concurrency, maxWaiting int) *Runner {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Runner{
		command: command, claim: claim, concurrency: max(1, concurrency), maxWaiting: maxWaiting, limit: timeLimit, grace: grace,
		context: ctx, cancel: cancel, changed: signal.New(), seen: map[int32]bool{},
	}
}

// Observe enqueues the command for each task of an update for which it is due, unless another
// process polls: then that one does it. Only one goroutine may call it.
func (r *Runner) Observe(u poller.Update) {
	for _, seq := range u.Dropped {
		delete(r.seen, seq) // another task may have the Seq now
	}
	for _, t := range u.Tasks {
		if t.HookDue && !r.seen[t.Seq] && u.Persistence.PolledBy == "" {
			r.seen[t.Seq] = true
			r.Add(t)
		}
	}
}

// Add enqueues the command for a task, without waiting. After Close it does nothing.
func (r *Runner) Add(task *poller.Task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.context.Err() != nil:
		return
	case r.active < r.concurrency:
		r.active++
		r.running.Go(guard.Func(func() { r.work(task) }))
	case len(r.waiting) < r.maxWaiting:
		r.waiting = append(r.waiting, task)
		return
	default:
		r.fail(task, "not run, as too many tasks wait for their command: make it faster")
	}
	r.notify()
}

// work runs the command for a task, then for the waiting ones.
func (r *Runner) work(task *poller.Task) {
	for task != nil {
		var err error
		if r.context.Err() == nil && r.claim(task) {
			err = r.run(task)
		}
		r.mu.Lock()
		if err != nil {
			r.fail(task, err.Error())
		} else {
			r.done++
		}
		task = nil
		if len(r.waiting) > 0 {
			task, r.waiting = r.waiting[0], r.waiting[1:]
		} else {
			r.active--
		}
		r.notify()
		r.mu.Unlock()
	}
}

// fail counts a task whose command failed. The caller holds the lock.
func (r *Runner) fail(task *poller.Task, why string) {
	r.failed++
	r.lastError = task.Request.ID + ": " + why
}

// notify signals that the counts have changed. The caller holds the lock.
func (r *Runner) notify() {
	if !r.closed {
		r.changed.Set()
	}
}

// Changed returns a channel that receives once after any changes of the counts. Close closes it.
func (r *Runner) Changed() <-chan struct{} { return r.changed }

// Counts returns the number of commands by outcome: waiting have not begun, running is 0 only when
// none waits, done ended with exit status 0, and failed ended with another or by the time limit,
// could not be started, or had no room in the queue. lastError is why the last one failed: the
// request's id, the error, and the last line of its standard error. It has text from outside.
func (r *Runner) Counts() (waiting, running, done, failed int, lastError string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting), r.active, r.done, r.failed, r.lastError
}

// Close drops the waiting tasks and ends the running commands with their children: it tells
// them to end, and kills them after a second. It takes less than two seconds. It may be called
// more than once.
func (r *Runner) Close() {
	r.mu.Lock()
	r.waiting = nil
	r.cancel(errClosing)
	r.mu.Unlock()
	ended := make(chan struct{})
	guard.Go(func() { r.running.Wait(); close(ended) })
	select {
	case <-ended:
	case <-time.After(closeTimeout):
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		close(r.changed)
	}
}
