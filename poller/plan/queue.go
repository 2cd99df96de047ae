package plan

import (
	"container/heap"
	"time"
)

// Every task that waits is in one queue by its key; those that may be asked are in one by their deadline as well.
const (
	key = iota
	deadline
)

// queue is a heap of tasks by one of their times, equal ones by their seq.
type queue struct {
	tasks []*task
	by    int // key or deadline
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (q *queue) Len() int { return len(q.tasks) }
func (q *queue) Less(i, j int) bool {
	a, b := q.tasks[i], q.tasks[j]
	return a.times[q.by] < b.times[q.by] || a.times[q.by] == b.times[q.by] && a.seq < b.seq
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
