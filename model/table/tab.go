package table

import "polltop/poller"

// Tab picks the tasks that are shown by their state.
type Tab uint8

// The tabs, in the order in which they stand above the table.
const (
	// TabAll shows every task.
	TabAll Tab = iota
	// TabQueued shows what waits to run: also new tasks, which no answer has
	// come for yet.
	TabQueued
	// TabRunning shows what runs.
	TabRunning
	// TabDone shows what succeeded.
	TabDone
	// TabFailed shows what failed, and what the service does not know.
	TabFailed
	// TabCanceled shows what was canceled.
	TabCanceled
	// TabCount is how many tabs there are.
	TabCount
)

// Match reports whether the tab shows tasks in the given state.
func (t Tab) Match(state poller.State) bool {
	switch t {
	case TabAll:
		return true
	case TabQueued:
		return state == poller.New || state == poller.Queued
	case TabRunning:
		return state == poller.Running
	case TabDone:
		return state == poller.Succeeded
	case TabFailed:
		return failure(state)
	case TabCanceled:
		return state == poller.Canceled
	}
	return false
}

// failure reports whether a task in this state did not come to a good end. One
// that was canceled was meant to end so.
func failure(state poller.State) bool {
	return state == poller.Failed || state == poller.NotFound
}
