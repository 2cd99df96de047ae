package table

import (
	"testing"

	"polltop/poller"
)

// Each state is on one tab beside that of all, so that the tabs' counts add up.
func TestEachStateIsOnOneTab(t *testing.T) {
	want := [poller.StateCount]Tab{
		poller.New:       TabQueued,
		poller.Queued:    TabQueued,
		poller.Running:   TabRunning,
		poller.Reading:   TabRunning,
		poller.Succeeded: TabDone,
		poller.Failed:    TabFailed,
		poller.Canceled:  TabCanceled,
		poller.Expired:   TabUnknown,
		poller.NotFound:  TabUnknown,
		poller.Unread:    TabUnknown,
	}
	for state := range poller.StateCount {
		for tab := range TabCount + 1 {
			if got := tab.Match(state); got != (tab == TabAll || tab == want[state]) {
				t.Errorf("tab %d shows tasks that are %s: %v", tab, state, got)
			}
		}
	}
}
