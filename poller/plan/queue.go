package plan

import (
	"container/heap"
	"time"
)

// The times by which queues order their tasks. A task that waits is in one queue of its endpoint by its key: when it is to be
// polled. Unless its last poll failed, it is in another one by its deadline: when it must have been polled.
const (
	key = iota
	deadline
)

// queue is a heap of tasks by one of their times, and by their seq where these are equal.
type queue struct {
	tasks []*task
	by    int // key or deadline
}

// before reports whether a task comes before another, which may be nil.
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
	q.tasks[i].heapIndex[q.by], q.tasks[j].heapIndex[q.by] = int32(i), int32(j)
}
func (q *queue) Push(x any) {
	t := x.(*task)
	t.heapIndex[q.by] = int32(len(q.tasks))
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
		heap.Fix(q, int(t.heapIndex[q.by]))
	}
}

// remove takes a task out of the queue, if it is in it.
func (q *queue) remove(t *task) {
	if i := int(t.heapIndex[q.by]); i < len(q.tasks) && q.tasks[i] == t {
		heap.Remove(q, i)
	}
}

// task is the planner's state of a task. Times are since the start.
type task struct {
	seq          int32
	position     int32 // of the last Observation
	endpoint     *endpoint
	state        State
	inFlight     bool
	urgent       bool          // it is in Planner.urgent
	fresh        bool          // never polled in this run of the program
	forced       bool          // its key is before the time at which it is worth the price
	presumed     bool          // not seen to run, but the frontier has passed it
	hastened     bool          // Hasten has put it before all others
	failed       bool          // its last poll had no answer: it is in the queue retries
	removed      bool          // it is still in its endpoint's order
	lastSeen     time.Duration // when it was last seen not to have ended; at first when it was added
	waitingSince time.Duration // what its latest time and deadline count from: its last poll, or the end of a Retry-After
	polledAt     time.Duration // when it was polled, while it is in flight
	// earliestStart and latestStart bound when it started, if it runs or is presumed to.
	earliestStart, latestStart time.Duration
	latestPoll                 time.Duration // the latest time, at which it is polled whatever it is worth; 0 for none yet
	// times are its key and its deadline, heapIndex its indices in the queues by them.
	times     [2]time.Duration
	heapIndex [2]int32
}

// start returns when a task started: the middle of its bounds.
func (t *task) start() time.Duration { return (t.earliestStart + t.latestStart) / 2 }

// waits reports whether a task was seen to wait, and others are known to start before it.
func (t *task) waits() bool {
	return t.state == Queued && (t.position > 0 || t.endpoint.ordered() && !t.presumed)
}
