package actions

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

func (a *Actions) cancel(msg common.Command) tea.Cmd {
	counts, live := map[string]int{}, []*poller.Task(nil)
	for _, t := range msg.Tasks {
		kind := "queued"
		switch {
		case t.Unsent():
			kind = "not submitted"
		case t.State.Terminal():
			kind = "already ended"
		case t.Canceling:
			kind = "being canceled"
		case views.TabRunning.Match(t.State):
			kind = "running"
		}
		if counts[kind]++; kind == "queued" || kind == "running" {
			live = append(live, t)
		}
	}
	switch {
	case len(live) > 0:
	case counts["not submitted"] > 0:
		return a.say(views.LevelInfo, "nothing to cancel: del gives up what is not submitted")
	default:
		return a.say(views.LevelInfo, "nothing to cancel: no task here is live")
	}
	lines := []string{listCounts(counts, "running", "queued")}
	if rest := listCounts(counts, "already ended", "being canceled"); rest != "" {
		lines = append(lines, rest)
	}
	yes, details := "Cancel them", []string{"What they have made so far is lost."}
	if len(live) == 1 {
		yes, details = "Cancel it", []string{"What it has made so far is lost."}
		lines = slices.Insert(lines, 0, live[0].Request.ID)
	}
	return a.ask("Cancel "+views.Plural(len(live), "task"), lines, details, common.NewChoice("y", yes, a.sendCancels(live)), common.NewChoice("n", "Keep", nil))
}

// listCounts returns the counts of some kinds, such as "9 running, 2 queued", without zeros.
func listCounts[K comparable](counts map[K]int, kinds ...K) string {
	var parts []string
	for _, kind := range kinds {
		if n := counts[kind]; n > 0 {
			parts = append(parts, fmt.Sprint(n, " ", kind))
		}
	}
	return strings.Join(parts, ", ")
}

func (a *Actions) sendCancels(tasks []*poller.Task) tea.Cmd {
	return common.InUpdate(func() tea.Cmd {
		seqs := a.stillTracked(tasks)
		if len(seqs) == 0 {
			return a.say(views.LevelWarn, "nothing is canceled: the tasks are not tracked here any more")
		}
		a.cancels = nil
		a.env.Post(common.ClearMarks{})
		a.env.Say(views.LevelInfo, "canceling "+views.Plural(len(seqs), "task"))
		return func() tea.Msg { a.poller.Cancel(seqs...); return nil }
	})
}

// stillTracked returns the Seqs of the tasks that are still tracked. Since the user was asked, another
// process may have begun to poll, whose tasks have other Seqs.
func (a *Actions) stillTracked(tasks []*poller.Task) []int32 {
	return common.SeqsWhere(tasks, func(t *poller.Task) bool {
		now := a.env.Tasks.Get(t.Seq)
		return now != nil && now.Request.Key() == t.Request.Key()
	})
}

func (a *Actions) reportCancels(reports []poller.CancelReport) {
	if len(reports) == 0 {
		return
	}
	// The reports about one request of the user arrive in several updates.
	a.cancels = append(a.cancels, reports...)
	counts := map[queue.CancelOutcome]int{}
	var fault *queue.Fault
	for _, r := range a.cancels {
		if r.Fault != nil {
			fault = r.Fault
		}
		counts[r.Outcome]++
	}
	text, level := listCounts(counts, queue.CancelAccepted, queue.CancelDone, queue.CancelTooLate, queue.CancelUnknown), views.LevelInfo
	if n := counts[0]; n > 0 {
		text, level = strings.TrimPrefix(fmt.Sprintf("%s, %d failed: %s", text, n, fault.Error()), ", "), views.LevelBad
	}
	a.env.Say(level, "cancel: "+text)
}

// offerUnsent asks whether to send the cancels that the user confirmed in an earlier run and that
// were not sent. It waits until no dialog or field is open.
func (a *Actions) offerUnsent() {
	if len(a.unsentCancels) == 0 || a.env.Polling.Persistence.PolledBy != "" || !a.env.Focus.InArea() || !a.env.Allows("x") {
		return
	}
	unsent := a.unsentCancels
	a.unsentCancels = nil
	a.ask("Send "+views.Plural(len(unsent), "cancel"), nil, []string{"polltop ended before it sent them, and the tasks run on until then."},
		common.NewChoice("y", "Send them", a.sendCancels(unsent)),
		common.NewChoice("n", "Keep them running", common.InUpdate(func() tea.Cmd {
			seqs := a.stillTracked(unsent)
			return func() tea.Msg { a.poller.DropCancels(seqs...); return nil }
		})),
		common.NewChoice("esc", "Ask at the next start", nil))
}
