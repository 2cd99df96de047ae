package actions

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// pollNow polls tasks at once, also those that ended as not found. If there are none, it fetches
// the result of the task in the pane again if that failed.
func (a *Actions) pollNow(msg common.Command) tea.Cmd {
	seqs := common.SeqsWhere(msg.Tasks, func(t *poller.Task) bool { return !t.Unsent() && (!t.State.Terminal() || t.State == poller.NotFound) })
	if len(seqs) > 0 {
		a.env.Post(common.Retrying{})
		a.env.Say(views.LevelInfo, "asking for "+views.Plural(len(seqs), "task"))
		return func() tea.Msg { a.poller.PollNow(seqs...); return nil }
	}
	if msg.Subject != nil && msg.Opened {
		if f, ok := a.poller.Result(msg.Subject.Seq); ok && f.Fault != nil {
			a.env.Say(views.LevelInfo, "fetching the result again")
			return a.fetch(msg.Subject.Seq)
		}
	}
	return a.say(views.LevelInfo, "nothing to ask: what has ended is not asked again")
}

// togglePause pauses or resumes all polling. The poller toggles its own state, because commands run
// concurrently: of two that set the state, either could be the last.
func (a *Actions) togglePause(common.Command) tea.Cmd {
	if a.onlyViewing("pausing") {
		return nil
	}
	return func() tea.Msg { a.poller.TogglePause(); return nil }
}

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

// stillTracked returns the Seqs of those tasks that are still in the table. Another task may have had
// the Seq of one since the user was asked about it: that of another process which polls now.
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

// remove stops tracking tasks, and gives up payloads that have no task. clearDone stops tracking
// all tasks that succeeded.
func (a *Actions) remove(msg common.Command) tea.Cmd {
	var unsent []int64
	seqs := common.SeqsWhere(msg.Tasks, func(t *poller.Task) bool {
		if t.Unsent() {
			unsent = append(unsent, t.Payload)
		}
		return !t.Unsent()
	})
	if len(unsent) > 0 && len(seqs) == 0 {
		return a.giveUp(unsent)
	}
	return tea.Batch(a.giveUp(unsent), a.untrack(seqs, "no longer tracked, and what is live runs on at the service"))
}

func (a *Actions) clearDone(common.Command) tea.Cmd {
	return a.untrack(succeededSeqs(a.env.Tasks.All()), "cleared")
}

// untrack stops tracking tasks, and posts that they are removed. undoRemoval can restore them.
func (a *Actions) untrack(seqs []int32, what string) tea.Cmd {
	if len(seqs) == 0 {
		return a.say(views.LevelInfo, "nothing to remove here")
	}
	if a.onlyViewing("removing tasks") {
		return nil
	}
	return func() tea.Msg {
		tasks := a.poller.Untrack(seqs...)
		if len(tasks) == 0 {
			return nil // the poller reports why
		}
		return common.Then(func() tea.Cmd {
			a.undo = append(a.undo[max(len(a.undo)+1-maxUndo, 0):], tasks)
			a.env.Post(common.TasksRemoved{Seqs: common.SeqsWhere(tasks, func(*poller.Task) bool { return true })})
			return a.say(views.LevelInfo, views.Plural(len(tasks), "task")+" "+what+": u undoes")
		})
	}
}

func (a *Actions) undoRemoval(common.Command) tea.Cmd {
	if len(a.undo) == 0 {
		return a.say(views.LevelInfo, "nothing to undo")
	}
	if a.onlyViewing("undoing") {
		return nil
	}
	last := len(a.undo) - 1
	tasks := a.undo[last]
	a.undo = a.undo[:last]
	return func() tea.Msg {
		back := a.poller.Restore(tasks)
		text := views.Plural(len(back), "task") + " back"
		if left := len(tasks) - len(back); left > 0 {
			text += fmt.Sprintf(" (%d had been added again)", left)
		}
		return common.Then(func() tea.Cmd {
			a.env.Post(common.TasksRestored{Tasks: back})
			return a.say(views.LevelGood, text)
		})
	}
}

func (a *Actions) rekey(common.Command) tea.Cmd {
	if a.options.Rekey == nil {
		return a.say(views.LevelInfo, "there is no key to read again here")
	}
	if a.onlyViewing("reading the key again") {
		return nil
	}
	a.env.Post(common.Retrying{})
	return func() tea.Msg {
		message, err := a.options.Rekey()
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "the key was not changed: " + err.Error()}
		}
		a.poller.Unblock()
		return common.Say{Level: views.LevelGood, Text: message}
	}
}

// export writes tasks to a file. In a shared dashboard, whose user has no files on this machine, it
// prints them on the main screen of the user's terminal, below the dashboard.
func (a *Actions) export(msg common.Export) tea.Cmd {
	format, _ := report.FormatOf(msg.Path)
	options := report.ExportOptions{Now: a.env.Time, Source: a.env.Source, Input: a.poller.Input, Result: a.fetched}
	if format != report.Payloads {
		msg.Tasks = submitted(msg.Tasks)
	}
	notice := func(done string, err error) common.Say {
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "not exported: " + err.Error()}
		}
		return common.Say{Level: views.LevelGood, Text: views.Plural(len(msg.Tasks), "task") + done}
	}
	if a.env.Shared == nil {
		return func() tea.Msg {
			return notice(" exported to "+msg.Path, report.ExportFile(msg.Path, format, msg.Tasks, options))
		}
	}
	return func() tea.Msg {
		var text bytes.Buffer
		err := report.Export(&text, format, msg.Tasks, options)
		lines := strings.Join(safe.Lines(text.String()), "\n") + "\n"
		return tea.BatchMsg{
			tea.Sequence(tea.Raw(ansi.ResetModeAltScreenSaveCursor+lines+ansi.SetModeAltScreenSaveCursor), tea.ClearScreen),
			common.Send(notice(" printed behind the dashboard: q shows them in your own terminal", err)),
		}
	}
}
