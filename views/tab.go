package views

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
	// TabRunning shows what runs, and what has run and whose result is being read.
	TabRunning
	// TabDone shows what succeeded.
	TabDone
	// TabFailed shows what failed.
	TabFailed
	// TabCanceled shows what was canceled.
	TabCanceled
	// TabUnknown shows what has ended in a way that nobody knows: expired, not
	// found or unread.
	TabUnknown
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
		return state == poller.Running || state == poller.Reading
	case TabDone:
		return state == poller.Succeeded
	case TabFailed:
		return state == poller.Failed
	case TabCanceled:
		return state == poller.Canceled
	case TabUnknown:
		return state.Unknown()
	}
	return false
}
