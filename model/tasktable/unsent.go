package tasktable

import (
	"slices"

	"polltop/poller"
)

// withUnsent returns the tasks that changed, and those that stand for payloads without one.
func (t *Table) withUnsent(u poller.Update) []*poller.Task {
	tasks := slices.Clip(u.Tasks)
	for _, p := range u.Payloads {
		task := p.Unsent()
		if task == nil || task.Seq < 0 {
			continue
		}
		if old := t.index.Get(task.Seq); old == nil || old.Unsent() {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// dropUnsent removes the rows of payloads whose task is another one: a service may give the id
// of a task that is tracked already.
func (t *Table) dropUnsent(payloads []*poller.Payload) {
	for _, p := range payloads {
		if old := t.index.Get(p.Row - 1); old != nil && old.Unsent() && p.Unsent() == nil {
			t.index.Remove(old.Seq)
		}
	}
}
