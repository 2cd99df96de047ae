package simulator

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// phase is where a task is in its life.
type phase uint8

const (
	inQueue phase = iota
	inProgress
	completed
)

// String returns the status word of the phase, which all services share.
func (p phase) String() string {
	return [...]string{inQueue: "IN_QUEUE", inProgress: "IN_PROGRESS", completed: "COMPLETED"}[p]
}

// task is a submitted request with its place in time. All durations are in the
// scenario's time, since the server's start.
type task struct {
	id   string
	seq  int // the order of submission
	line *line
	plan Plan

	start, end time.Duration
	canceled   bool

	polls int // status requests so far
}

// phase returns the task's phase at a moment.
func (t *task) phase(now time.Duration) phase {
	switch {
	case now < t.start:
		return inQueue
	case now < t.end:
		return inProgress
	}
	return completed
}

// ran reports whether the task ever had a worker: one that is canceled in the
// queue ends when it would have started.
func (t *task) ran() bool { return t.end > t.start }

// line is the queue of one endpoint and its workers.
type line struct {
	endpoint Endpoint
	pool     pool
	tasks    []*task // those that wait for a worker, in order of submission
	order    []*task // all, by start: where one stands in it is its position
}

// add gives a new task its place in time.
func (l *line) add(t *task, now time.Duration) {
	if t.plan.Queue > 0 {
		t.start = now + t.plan.Queue
		t.end = t.start + t.plan.Run
	} else {
		t.start, t.end = l.pool.take(now, t.plan.Run)
		l.tasks = append(l.tasks, t)
	}
	at, _ := slices.BinarySearchFunc(l.order, t, byStart)
	l.order = slices.Insert(l.order, at, t)
}

// byStart compares two tasks by when they start, and of those that start
// together by when they were submitted.
func byStart(a, b *task) int {
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.seq, b.seq))
}

// position returns how many tasks are before the given one, which waits.
func (l *line) position(t *task, now time.Duration) int {
	at, _ := slices.BinarySearchFunc(l.order, t, byStart)
	running, _ := slices.BinarySearchFunc(l.order, now, func(t *task, now time.Duration) int {
		if t.start <= now {
			return -1
		}
		return 1
	})
	return at - running
}

// cancel ends a task at the given moment, which is not before now, and moves up
// those behind it. A task that ends by itself until then is left alone, and so
// is one that is canceled already.
func (l *line) cancel(t *task, now, at time.Duration) {
	if t.canceled || t.end <= at {
		return
	}
	t.canceled = true
	if t.start > now {
		// It never gets a worker, also where one falls free before the cancel
		// takes effect.
		t.start = at
	}
	t.end = at
	l.reschedule(now)
}

// reschedule gives the tasks that have not started by now their times anew.
func (l *line) reschedule(now time.Duration) {
	l.pool.free = l.pool.free[:0]
	for _, t := range l.tasks {
		if t.ran() && t.start <= now && t.end > now {
			heap.Push(&l.pool.free, t.end)
		}
	}
	for _, t := range l.tasks {
		if t.start > now && !t.canceled {
			t.start, t.end = l.pool.take(now, t.plan.Run)
		}
	}
	slices.SortFunc(l.order, byStart)
}

// pool is a number of workers who take tasks first come, first served.
type pool struct {
	workers int       // 0 is one for every task
	free    freeTimes // when each that ever worked falls free
}

// take gives a task to the worker who is free first, at the earliest now, and
// returns when it starts and ends.
func (p *pool) take(now, run time.Duration) (start, end time.Duration) {
	if p.workers == 0 {
		return now, now + run
	}
	if len(p.free) < p.workers {
		heap.Push(&p.free, now+run)
		return now, now + run
	}
	start = max(now, p.free[0])
	p.free[0] = start + run
	heap.Fix(&p.free, 0)
	return start, start + run
}

// freeTimes is a heap of moments, the earliest first.
type freeTimes []time.Duration

func (f freeTimes) Len() int           { return len(f) }
func (f freeTimes) Less(i, j int) bool { return f[i] < f[j] }
func (f freeTimes) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *freeTimes) Push(x any)        { *f = append(*f, x.(time.Duration)) }
func (f *freeTimes) Pop() any {
	old := *f
	last := old[len(old)-1]
	*f = old[:len(old)-1]
	return last
}
