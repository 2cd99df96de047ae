package actions

import (
	"bytes"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/poller"
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
func (a *Actions) untrack(seqs []int32, outcome string) tea.Cmd {
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
			for _, t := range tasks {
				if a.pendingDownloads[t.Seq] {
					a.endedDownloads[t.Request.Key()] = true
				}
			}
			a.env.Post(common.TasksRemoved{Seqs: common.SeqsWhere(tasks, func(*poller.Task) bool { return true })})
			return a.say(views.LevelInfo, views.Plural(len(tasks), "task")+" "+outcome+": u undoes")
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
		restored := a.poller.Restore(tasks)
		text := views.Plural(len(restored), "task") + " back"
		if left := len(tasks) - len(restored); left > 0 {
			text += fmt.Sprintf(" (%d had been added again)", left)
		}
		return common.Then(func() tea.Cmd {
			a.env.Post(common.TasksRestored{Tasks: restored})
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
