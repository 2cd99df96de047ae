package simulator

import (
	"cmp"
	"slices"
	"time"
)

// phase is the state of a task.
type phase uint8

const (
	inQueue phase = iota
	inProgress
	completed
)

// String returns the status word, which all services share.
func (p phase) String() string { return [...]string{"IN_QUEUE", "IN_PROGRESS", "COMPLETED"}[p] }

// task is a submitted request with its times, in the scenario's time since the server's start.
type task struct {
	id    string
	seq   int // the order of submission
	queue *taskQueue
	plan  Plan

	sent, start, end time.Duration
	canceled         bool
	input            []byte // the body with which it was created over HTTP; nil for none

	polls int // status requests so far
}

func (t *task) phase(now time.Duration) phase {
	switch {
	case now < t.start:
		return inQueue
	case now < t.end:
		return inProgress
	}
	return completed
}

// ran reports whether the task ever had a worker. One that is canceled in the queue ends when
// it would have started.
func (t *task) ran() bool { return t.end > t.start }

// taskQueue is the queue of one endpoint with its workers.
type taskQueue struct {
	endpoint Endpoint
	pool     pool
	order    []*task // all, by start: where one stands in it is its position
}

func (q *taskQueue) add(t *task, now time.Duration) {
	if t.plan.Queue > 0 {
		t.start = now + t.plan.Queue
		t.end = t.start + t.plan.Run
	} else {
		t.start, t.end = q.pool.take(now, t.plan.Run)
	}
	at, _ := slices.BinarySearchFunc(q.order, t, byStart)
	q.order = slices.Insert(q.order, at, t)
}

// byStart compares two tasks by their start, then by submission.
func byStart(a, b *task) int {
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.seq, b.seq))
}

// position returns the number of tasks before a waiting one.
func (q *taskQueue) position(t *task, now time.Duration) int {
	at, _ := slices.BinarySearchFunc(q.order, t, byStart)
	started, _ := slices.BinarySearchFunc(q.order, now+1, func(t *task, at time.Duration) int { return cmp.Compare(t.start, at) })
	return at - started
}

// cancel ends a task at a time that is not before now, and computes the times of those anew that
// have not started. It does nothing if the task ends before that, or is canceled already.
func (q *taskQueue) cancel(t *task, now, at time.Duration) {
	if t.canceled || t.end <= at {
		return
	}
	t.canceled = true
	if t.start > now {
		// It gets no worker, even if one is free before the cancel takes effect.
		t.start = at
	}
	t.end = at
	q.pool.free = q.pool.free[:0]
	for _, t := range q.order {
		if t.plan.Queue == 0 && t.start <= now && t.end > now {
			q.pool.free = append(q.pool.free, t.end)
		}
	}
	slices.Sort(q.pool.free)
	for _, t := range q.order { // those that wait for a worker, in order of submission
		if t.plan.Queue == 0 && t.start > now && !t.canceled {
			t.start, t.end = q.pool.take(now, t.plan.Run)
		}
	}
	slices.SortFunc(q.order, byStart)
}

// pool is a number of workers that take tasks first come, first served.
type pool struct {
	workers int             // 0 is one for every task
	free    []time.Duration // when each that ever worked falls free, the earliest first
}

// take assigns a task to the worker that is free first, and returns its start and end.
func (p *pool) take(now, run time.Duration) (start, end time.Duration) {
	if p.workers == 0 {
		return now, now + run
	}
	start = now
	if len(p.free) >= p.workers {
		start, p.free = max(now, p.free[0]), p.free[1:]
	}
	at, _ := slices.BinarySearch(p.free, start+run)
	p.free = slices.Insert(p.free, at, start+run)
	return start, start + run
}
