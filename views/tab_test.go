package views_test

import (
	"testing"

	"polltop/poller"
	"polltop/views"
)

// Each state is on one tab beside that of all, so that the tabs' counts add up.
func TestEachStateIsOnOneTab(t *testing.T) {
	want := [poller.StateCount]views.Tab{
		poller.New:       views.TabQueued,
		poller.Queued:    views.TabQueued,
		poller.Running:   views.TabRunning,
		poller.Reading:   views.TabRunning,
		poller.Succeeded: views.TabDone,
		poller.Failed:    views.TabFailed,
		poller.Canceled:  views.TabCanceled,
		poller.Expired:   views.TabUnknown,
		poller.NotFound:  views.TabUnknown,
		poller.Unread:    views.TabUnknown,
	}
	for state := range poller.StateCount {
		for tab := range views.TabCount + 1 {
			if got := tab.Match(state); got != (tab == views.TabAll || tab == want[state]) {
				t.Errorf("tab %d shows tasks that are %s: %v", tab, state, got)
			}
		}
	}
}
