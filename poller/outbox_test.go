package poller

import (
	"slices"
	"testing"
)

// Whatever changed how often and in whatever order, each task is handed out once,
// the latest, in the order of addition; and what nobody fetches is bounded by the
// number of tasks.
func TestOutboxHandsOutTheLatestInOrder(t *testing.T) {
	const tasks, changes = 3000, 200_000
	o := newOutbox()
	latest := map[int32]*Task{}
	for n := range changes {
		task := &Task{Seq: int32(n * 7919 % tasks), Polls: uint32(n)}
		latest[task.Seq] = task
		o.put(Update{Tasks: []*Task{task}})
		if len(o.tasks) > tasks {
			t.Fatalf("%d changes wait, of %d tasks", len(o.tasks), tasks)
		}
	}
	got := o.drain().Tasks
	if len(got) != tasks || !slices.IsSortedFunc(got, func(a, b *Task) int { return int(a.Seq - b.Seq) }) {
		t.Fatalf("%d tasks, or not in their order, want %d", len(got), tasks)
	}
	for _, task := range got {
		if latest[task.Seq] != task {
			t.Fatalf("task %d of change %d, want that of change %d", task.Seq, task.Polls, latest[task.Seq].Polls)
		}
	}
	if again := o.drain().Tasks; len(again) != 0 {
		t.Errorf("%d tasks are handed out twice", len(again))
	}
}
