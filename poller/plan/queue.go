package plan

import (
	"container/heap"
	"time"
)

// Every task that waits is in a queue of its endpoint by its key; those that may be asked are in one by their deadline as well.
const (
	key = iota
	deadline
)

// queue is a heap of tasks by one of their times, equal ones by their seq.
type queue struct {
	tasks []*task
	by    int // key or deadline
}

// before reports whether a task comes before another, or before none.
func (t *task) before(other *task, by int) bool {
	return other == nil || t.times[by] < other.times[by] || t.times[by] == other.times[by] && t.seq < other.seq
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (q *queue) Len() int { return len(q.tasks) }
func (q *queue) Less(i, j int) bool {
	return q.tasks[i].before(q.tasks[j], q.by)
}
func (q *queue) Swap(i, j int) {
	q.tasks[i], q.tasks[j] = q.tasks[j], q.tasks[i]
	q.tasks[i].places[q.by], q.tasks[j].places[q.by] = int32(i), int32(j)
}
func (q *queue) Push(x any) {
	t := x.(*task)
	t.places[q.by] = int32(len(q.tasks))
	q.tasks = append(q.tasks, t)
}
func (q *queue) Pop() any {
	last := len(q.tasks) - 1
	t := q.tasks[last]
	q.tasks[last], q.tasks = nil, q.tasks[:last]
	return t
}

// top returns the first task, or nil.
func (q *queue) top() *task {
	if len(q.tasks) == 0 {
		return nil
	}
	return q.tasks[0]
}

// add puts a task into the queue, which it is not in.
func (q *queue) add(t *task, at time.Duration) {
	t.times[q.by] = at
	heap.Push(q, t)
}

// move changes the time of a task in the queue.
func (q *queue) move(t *task, at time.Duration) {
	if t.times[q.by] != at {
		t.times[q.by] = at
		heap.Fix(q, int(t.places[q.by]))
	}
}

// remove takes a task out of the queue, if it is in it.
func (q *queue) remove(t *task) {
	if i := int(t.places[q.by]); i < len(q.tasks) && q.tasks[i] == t {
		heap.Remove(q, i)
	}
}

// flag is a set of things that are true of a task.
type flag uint16

const (
	inFlight flag = 1 << iota // asked, not answered
	urgent                    // the user asks for it: it is among Planner.urgent
	fresh                     // never asked in this run of the program
	forced                    // to be asked by its latest time, before it is worth a request
	presumed                  // not seen to run, but the frontier has passed it
	hastened                  // the caller wants it before all others
	failed                    // its last poll brought no answer: it waits for a retry
	gone                      // it has left, and is still in its endpoint's order
)

// task is what the planner keeps of a live task. Times are since the start.
type task struct {
	seq      int32
	position int32 // as in the last Observation
	endpoint *endpoint
	state    State
	flags    flag
	seen     time.Duration // when it was last seen not to have ended, at first when it was added
	waiting  time.Duration // from when on it counts as not asked: asked, added, given back, or when the service allows it
	asked    time.Duration // while in flight: when it was asked
	// from and to bound when it started, if it runs or is presumed to.
	from, to time.Duration
	latest   time.Duration // when it is asked whatever it is worth
	times    [2]time.Duration
	places   [2]int32 // in the queues, see key
}

func (t *task) is(f flag) bool { return t.flags&f != 0 }
func (t *task) set(f flag)     { t.flags |= f }
func (t *task) clear(f flag)   { t.flags &^= f }

// start returns when a task began to run: the middle of its bounds.
func (t *task) start() time.Duration { return (t.from + t.to) / 2 }

// waits reports whether a task was seen to wait, and others are known to start before it.
func (t *task) waits() bool {
	return t.state == Queued && (t.position > 0 || t.endpoint.ordered() && !t.is(presumed))
}
