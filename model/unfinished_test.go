package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
)

// canceling gives the dashboard n tasks whose cancels are confirmed, of which the
// first so many are answered.
func (d *desk) canceling(n, answered int, sending bool) {
	var tasks []*poller.Task
	for i := range n {
		tasks = append(tasks, &poller.Task{
			Seq: int32(i), State: poller.Running, QueuePosition: -1, InferenceTime: -1,
			Request:   queue.Request{ID: fmt.Sprintf("mmsu_%02d", i), Endpoint: "wan26_i2v", Base: d.base},
			CancelDue: i >= answered, Canceling: sending,
		})
	}
	d.send(common.TasksChanged{Update: poller.Update{Tasks: tasks, Persistence: poller.Persistence{Session: "default"}}})
}

func TestQuittingAsksWhileCancelsAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 120, 30)
		d.canceling(180, 0, true)
		d.press("q")
		if d.quit {
			t.Fatal("it quits with 180 cancels not sent")
		}
		d.clock = d.clock.Add(time.Second)
		d.send(common.SecondPassed{})
		d.wantScreen("180 cancels are not sent yet", "the next start offers to send them", "[ w  Wait for them, then quit ]", "[ q  Quit without ]", "[ esc  Stay ]")
		d.press("w")
		d.canceling(180, 179, true)
		if d.quit {
			t.Error("it quits with one cancel not sent")
		}
		d.canceling(180, 180, true)
		if !d.quit {
			t.Error("it does not quit when all are sent")
		}
	})
}

func TestInterruptInAMenuAsksWhileCancelsAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 120, 30)
		d.canceling(2, 0, true)
		d.press("Y")
		d.wantScreen("a key copies")
		d.press("ctrl+c")
		if d.quit {
			t.Fatal("it quits with 2 cancels not sent")
		}
		d.wantScreen("2 cancels are not sent yet")
		if d.press("ctrl+c"); !d.quit {
			t.Error("it does not quit from the question")
		}
	})
}

func TestQuittingWithoutWaitingSaysWhatIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 120, 30)
		d.canceling(3, 1, true)
		left := quitResult(d.Model, nil, nil)
		if len(left.Unfinished) != 1 || !strings.HasPrefix(left.Unfinished[0], "2 cancels are not sent yet") {
			t.Errorf("undone is %q", left.Unfinished)
		}
		d.canceling(3, 3, true)
		if left := quitResult(d.Model, nil, nil); left.Unfinished != nil {
			t.Errorf("undone is %q when all is done", left.Unfinished)
		}
		if d.press("q"); !d.quit {
			t.Error("it asks though all is done")
		}
	})
}

func TestRestartOffersCancelsThatWereNotSent(t *testing.T) {
	for key, want := range map[string]struct{ sent, withdrawn []int32 }{
		"y": {sent: []int32{1, 2}}, "n": {withdrawn: []int32{1, 2}}, "esc": {},
	} {
		t.Run(key, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, 120, 30)
				d.canceling(3, 1, false)
				d.wantScreen("Send 2 cancels ─", "polltop ended before it sent them")
				d.clock = d.clock.Add(time.Second)
				d.press(key)
				if !slices.Equal(d.fake.canceled, want.sent) || !slices.Equal(d.fake.withdrawn, want.withdrawn) {
					t.Errorf("sent %v, withdrew %v; want %+v", d.fake.canceled, d.fake.withdrawn, want)
				}
			})
		})
	}
}
