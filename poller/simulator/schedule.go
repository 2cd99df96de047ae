package simulator

import (
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

// task is a submitted request. Its times are in the scenario's time since the server's start.
type task struct {
	id    string
	seq   int // its index in the order of submission
	queue *taskQueue
	plan  Plan

	submittedAt, start, end time.Duration
	canceled                bool
	input                   []byte // the body with which it was created over HTTP; nil for none

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

// everRan reports whether the task ever had a worker. The end of a task that is canceled in the
// queue is also its start.
func (t *task) everRan() bool { return t.end > t.start }

// taskQueue is the queue of one endpoint with its workers.
type taskQueue struct {
	endpoint Endpoint
	pool     pool
	tasks    []*task // all, in the order of submission
}

func (q *taskQueue) add(t *task, now time.Duration) {
	if t.plan.Queue > 0 {
		t.start = now + t.plan.Queue
		t.end = t.start + t.plan.Run
	} else {
		t.start, t.end = q.pool.assign(now, t.plan.Run)
	}
	q.tasks = append(q.tasks, t)
}

// position returns the number of waiting tasks that start before a waiting one. Of those that
// start at the same time the one submitted first counts as earlier.
func (q *taskQueue) position(t *task, now time.Duration) (ahead int) {
	for _, other := range q.tasks {
		if other.start > now && (other.start < t.start || other.start == t.start && other.seq < t.seq) {
			ahead++
		}
	}
	return ahead
}

// cancel ends a task at a time that is not before now, and reschedules the tasks that wait for a
// worker. It does nothing if the task ends before that time or is canceled already.
func (q *taskQueue) cancel(t *task, now, at time.Duration) {
	if t.canceled || t.end <= at {
		return
	}
	t.canceled, t.end = true, at
	if t.start > now {
		t.start = at // it gets no worker, even if one is free before the cancelation takes effect
	}
	q.pool.free = q.pool.free[:0]
	for _, other := range q.tasks {
		if other.plan.Queue == 0 && other.start <= now && other.end > now {
			q.pool.add(other.end)
		}
	}
	for _, other := range q.tasks {
		if other.plan.Queue == 0 && other.start > now && !other.canceled {
			other.start, other.end = q.pool.assign(now, other.plan.Run)
		}
	}
}

// pool is a number of workers that take tasks first come, first served.
type pool struct {
	workers int             // 0 is one for every task
	free    []time.Duration // when each worker that ever worked becomes free, sorted
}

// assign gives a task to the worker that is free first, and returns the task's start and end.
func (p *pool) assign(now, run time.Duration) (start, end time.Duration) {
	if p.workers == 0 {
		return now, now + run
	}
	start = now
	if len(p.free) >= p.workers {
		start, p.free = max(now, p.free[0]), p.free[1:]
	}
	p.add(start + run)
	return start, start + run
}

// add adds the time at which a worker becomes free.
func (p *pool) add(at time.Duration) {
	i, _ := slices.BinarySearch(p.free, at)
	p.free = slices.Insert(p.free, i, at)
}
