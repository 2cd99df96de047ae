package model

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

func TestMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 30)
		d.give(10, poller.Running, poller.Queued)
		marked := func() []int32 {
			return common.SeqsWhere(d.withTargets(common.Command{}).Tasks, func(*poller.Task) bool { return true })
		}
		for _, c := range []struct {
			keys []string
			want []int32
		}{
			{nil, []int32{0}},                                        // no marks: the cursor's
			{[]string{"space"}, []int32{0}},                          // marked, and the cursor went on
			{[]string{"space"}, []int32{0, 1}},                       //
			{[]string{"k", "space"}, []int32{0}},                     // taken back
			{[]string{"j", "V", "j", "j", "V"}, []int32{0, 3, 4, 5}}, // a range
			{[]string{"s", "S", "2"}, []int32{0, 3, 4, 5}},           // sort and tab leave them
			{[]string{"*"}, []int32{0, 1, 3, 4, 5, 7, 9}},            // all that the tab shows
			{[]string{"*"}, []int32{0, 4}},                           // and none of them
			{[]string{"1", "esc", "home"}, nil},
		} {
			d.press(c.keys...)
			got := marked()
			if c.want == nil {
				if len(d.table.Marked()) != 0 {
					t.Errorf("after %v: %v are marked", c.keys, got)
				}
			} else if !slices.Equal(got, c.want) {
				t.Errorf("after %v: targets %v, want %v", c.keys, got, c.want)
			}
		}
	})
}

func TestCancelAsksFirstAndTakesOnlyLiveTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 30)
		d.give(6, poller.Running, poller.Succeeded)
		d.press("*", "x")
		d.wantScreen("Cancel 3 tasks ─", "3 running      3 already ended")
		d.clock = d.clock.Add((200 * time.Millisecond))
		d.press("n")
		if len(d.fake.canceled) != 0 || d.env.Focus != views.OnTable {
			t.Fatalf("n canceled %v", d.fake.canceled)
		}
		d.press("x", "y") // too soon
		d.clock = d.clock.Add((200 * time.Millisecond) - time.Millisecond)
		d.press("y")
		if len(d.fake.canceled) != 0 || d.env.Focus != views.OnDialog {
			t.Fatalf("a key of before it could be read answered: canceled %v", d.fake.canceled)
		}
		d.clock = d.clock.Add(time.Millisecond)
		d.press("q", "y") // q means nothing in a question
		if !slices.Equal(d.fake.canceled, []int32{0, 2, 4}) || len(d.table.Marked()) != 0 {
			t.Errorf("canceled %v, %d marks left", d.fake.canceled, len(d.table.Marked()))
		}
		d.send(common.TasksChanged{Update: poller.Update{Cancels: []poller.CancelReport{
			{Outcome: queue.CancelAccepted}, {Outcome: queue.CancelAccepted}, {Outcome: queue.CancelTooLate},
		}}})
		d.wantScreen("cancel: 2 accepted, 1 already completed")
	})
}

func TestRemoveUndoAndClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 30)
		d.give(6, poller.Running, poller.Succeeded)
		d.press("enter", "delete")
		if d.index.Total() != 5 || d.opened() != 1 || !slices.Equal(d.fake.gone, []int32{0}) {
			t.Errorf("%d tasks left, pane on %d, untracked %v", d.index.Total(), d.opened(), d.fake.gone)
		}
		d.press("c")
		if counts := d.index.Counts(); counts[poller.Succeeded] != 0 || d.index.Total() != 2 {
			t.Errorf("c left %v", counts)
		}
		// A late answer about what was removed brings nothing back.
		d.send(common.TasksChanged{Update: poller.Update{Tasks: []*poller.Task{d.fake.tasks[0]}}})
		d.press("u", "u", "u")
		if d.index.Total() != 6 {
			t.Errorf("after undoing all: %d tasks", d.index.Total())
		}
		d.wantScreen("nothing to undo")
	})
}

func TestOpenWaitsForTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened []string
		open := func(url string) error { opened = append(opened, url); return nil }
		d := newDesk(t, 120, 30, func(o *Options) { o.Open = func(url string) error { return open(url) } })
		d.give(2, poller.Succeeded)
		d.press("o")
		d.fake.results[0] = poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{{URL: "https://cdn.test/1.png"}, {URL: "https://cdn.test/2.png"}}}}
		d.send(common.TasksChanged{Update: poller.Update{Tasks: []*poller.Task{d.index.Get(0)}}})
		d.wantScreen("Open an output", "https://cdn.test/2.png")
		d.press("2")
		if !slices.Equal(opened, []string{"https://cdn.test/2.png"}) {
			t.Errorf("opened %v", opened)
		}
		open = func(string) error { return errors.New("no browser here") }
		d.press("o", "1")
		d.wantScreen("no browser here: copied the URL instead")
	})
}

func TestCopyMenuOffersWhatThereIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 120, 40)
		d.give(1, poller.Failed)
		d.press("Y")
		d.wantScreen("curl -sS 'https://api.test/model/v1/queue/wan26_i2v/requests/mmsu_00/status'",
			"INFERENCE_FAILURE: out of memory", "request id", "status URL")
		if strings.Contains(d.screen(), "output URLs") {
			t.Error("outputs are offered of a failed task")
		}
	})
}

func TestGroupsAndStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 140, 40)
		d.give(9, poller.Failed, poller.Succeeded, poller.Running)
		d.press("esc", "g")
		d.wantScreen("out of memory")
		d.press("enter")
		if d.index.Matching() != 3 || d.env.Area != views.OnTable {
			t.Errorf("%d rows of the group, want 3", d.index.Matching())
		}
		d.wantScreen("group: INFERENCE_FAILURE")
		d.press("esc")
		if d.index.Matching() != 9 || d.env.Area != views.OnGroups {
			t.Errorf("after esc %d rows, want 9 behind the groups", d.index.Matching())
		}
		d.press("g")
		if d.env.Area != views.OnTable {
			t.Error("g does not close the groups")
		}
		d.press("t")
		d.wantScreen("wan26_i2v", "P50", "P95")
		d.press("t", "j")
		if d.env.Area != views.OnTable || d.index.CursorRank() != 1 {
			t.Error("t does not give the table back")
		}
	})
}

func TestTwoGsGoToTheTop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 140, 40)
		d.give(100, poller.Failed, poller.Running)
		g := commontest.KeyPress("g")
		for _, open := range []string{"esc", "g"} {
			d.press(open, "G")
			d.send(g)
			d.send(g)
			d.send(pendingGExpired{})
			if shown := d.screen(); !strings.Contains(shown, "1/") || d.index.CursorRank() != 0 {
				t.Errorf("after gg behind %s:\n%s", open, shown)
			}
		}
		d.press("esc", "G")
		d.send(g)
		if d.press("k"); d.env.Area != views.OnGroups {
			t.Error("a single g before another key opens no groups")
		}
	})
}

// In the groups keys act on their tasks, never on the row under the hidden cursor.
func TestKeysInTheGroupsActOnTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 140, 40)
		d.give(9, poller.Running, poller.Failed, poller.Failed)
		d.press("home", "enter", "g")
		if strings.Contains(d.screen(), "mmsu_00") {
			t.Errorf("below the groups stands another task:\n%s", d.screen())
		}
		d.press("y")
		d.wantScreen("copied 6 request ids")
		d.press("x")
		d.wantScreen("nothing to cancel")
		d.press("esc", "t", "x")
		d.wantScreen("nothing to cancel")
	})
}

func TestRekey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rekey func() (string, error)
		d := newDesk(t, 120, 30, func(o *Options) { o.Rekey = func() (string, error) { return rekey() } })
		d.give(1, poller.Running)
		rekey = func() (string, error) { return "", errors.New("no such file") }
		d.press("K")
		d.wantScreen("the key was not changed: no such file")
		if d.fake.unblocks != 0 {
			t.Error("tried again with the old key")
		}
		rekey = func() (string, error) { return "read again", nil }
		d.press("K")
		d.wantScreen("read again")
		if d.fake.unblocks != 1 {
			t.Error("what was refused is not tried again")
		}
	})
}

func TestTabsAfterShowingAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 30)
		d.give(4, poller.Failed, poller.Running)
		d.press("esc", "g", "tab", "enter") // by endpoint
		if d.index.Tab() != views.TabAll || d.index.Matching() != 4 {
			t.Errorf("tab %d with %d rows", d.index.Tab(), d.index.Matching())
		}
	})
}
