package model

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller"
	"polltop/views"
)

func TestPollerIsToldWhatIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(3, poller.Running, poller.Succeeded, poller.Queued)
		d.send(tickMsg{})
		if n := len(d.fake.watched); n == 0 || d.fake.watched[n-1].opened != none || !slices.Equal(d.fake.watched[n-1].visible, []int32{0, 2}) {
			t.Fatalf("told %v, want the live tasks 0 and 2 and none opened", d.fake.watched)
		}
		told := len(d.fake.watched)
		d.send(tickMsg{})
		if len(d.fake.watched) != told {
			t.Error("told again what has not changed")
		}
		d.press("home", "enter")
		d.send(tickMsg{})
		if last := d.fake.watched[len(d.fake.watched)-1]; last.opened != 0 {
			t.Errorf("told that %d is opened, want 0", last.opened)
		}
	})
}

func TestETAIsThatOfTheLastService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(2, poller.Running)
		at := func(minutes time.Duration) poller.Stamp { return poller.StampOf(d.now.Add(minutes * time.Minute)) }
		d.hosts = []poller.HostStatus{
			{Live: 1, Ends: poller.Ends{Low: at(1), Median: at(2), High: at(9)}},
			{Live: 1, Ends: poller.Ends{Low: at(3), Median: at(4), High: at(5)}},
		}
		if got, want := d.eta(), (views.ETA{Low: 3 * time.Minute, Median: 4 * time.Minute, High: 9 * time.Minute}); got != want {
			t.Errorf("ETA %v, want %v", got, want)
		}
		d.hosts[1].Ends = poller.Ends{}
		if got := d.eta(); got != (views.ETA{}) {
			t.Errorf("ETA %v with a service of which nothing is known", got)
		}
	})
}
