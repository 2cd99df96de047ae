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

// pollNow asks for tasks at once. One that ended as not found is tried again, and so is a
// result that could not be fetched.
func (a *Actions) pollNow(msg common.Command) tea.Cmd {
	seqs := common.Seqs(msg.Tasks, func(t *poller.Task) bool { return !t.Unsent() && (!t.State.Terminal() || t.State == poller.NotFound) })
	p := a.poller
	if len(seqs) > 0 {
		a.env.Post(common.Retrying{})
		a.env.Say(views.LevelInfo, "asking for "+common.Counted(len(seqs), "task"))
		return func() tea.Msg { p.PollNow(seqs...); return nil }
	}
	if msg.Subject != nil && msg.Opened {
		if f, ok := p.Result(msg.Subject.Seq); ok && f.Fault != nil {
			a.env.Say(views.LevelInfo, "fetching the result again")
			return a.fetch(msg.Subject.Seq)
		}
	}
	a.env.Say(views.LevelInfo, "nothing to ask: what has ended is not asked again")
	return nil
}

// togglePause stops all polling, or lets it go on. The poller keeps which it is
// and tells it with its next update: commands run beside each other, so of two
// that set it either could come last.
func (a *Actions) togglePause(common.Command) tea.Cmd {
	if a.onlyViewing("pausing") {
		return nil
	}
	p := a.poller
	return func() tea.Msg { p.TogglePause(); return nil }
}

// onlyViewing reports whether another process polls, and says that something is for that
// one to do.
func (a *Actions) onlyViewing(what string) bool {
	if a.persistence.Viewing == "" {
		return false
	}
	a.env.Say(views.LevelWarn, what+" is for the polltop with "+a.persistence.Viewing+", which polls this session: do it there, or end it, and this one takes over")
	return true
}

// cancel asks the service to cancel tasks, after a question that says how many.
func (a *Actions) cancel(msg common.Command) tea.Cmd {
	var running, queued, ended, asked int
	var seqs []int32
	for _, t := range msg.Tasks {
		switch {
		case t.Unsent():
			continue
		case t.State.Terminal():
			ended++
			continue
		case t.Canceling:
			asked++
			continue
		case views.TabRunning.Match(t.State):
			running++
		default:
			queued++
		}
		seqs = append(seqs, t.Seq)
	}
	if len(seqs) == 0 {
		text := "nothing to cancel: no task here is live"
		if slices.ContainsFunc(msg.Tasks, (*poller.Task).Unsent) {
			text = "nothing to cancel: del gives up what is not submitted"
		}
		a.env.Say(views.LevelInfo, text)
		return nil
	}
	counts := []string{listCounts(fmt.Sprintf("%d running", running), fmt.Sprintf("%d queued", queued))}
	if rest := listCounts(fmt.Sprintf("%d already ended", ended), fmt.Sprintf("%d being canceled", asked)); rest != "" {
		counts = append(counts, rest)
	}
	yes, details := "Cancel them", []string{"What they have made so far is lost."}
	if len(seqs) == 1 {
		yes, details = "Cancel it", []string{"What it has made so far is lost."}
		counts = slices.Insert(counts, 0, a.env.Tasks.Get(seqs[0]).Request.ID)
	}
	a.env.Post(common.Question("Cancel "+common.Counted(len(seqs), "task"), counts, details,
		common.Pick("y", yes, common.Send(sendCancels{seqs})), common.Pick("n", "Keep", nil)))
	return nil
}

// listCounts joins counts such as "9 running", without those of nothing.
func listCounts(counts ...string) string {
	return strings.Join(slices.DeleteFunc(counts, func(c string) bool { return strings.HasPrefix(c, "0 ") }), ", ")
}

// sendCancels has tasks canceled, as the user has confirmed.
type sendCancels struct{ seqs []int32 }

// send asks the service to cancel tasks.
func (a *Actions) send(msg sendCancels) tea.Cmd {
	a.cancels = nil
	a.env.Post(common.ClearMarks{})
	a.env.Say(views.LevelInfo, "canceling "+common.Counted(len(msg.seqs), "task"))
	p := a.poller
	return func() tea.Msg { p.Cancel(msg.seqs...); return nil }
}

// reportCancels says what services have said to the tasks that the user last
// asked to cancel.
func (a *Actions) reportCancels(reports []poller.CancelReport) {
	if len(reports) == 0 {
		return
	}
	// The answers to one request of the user's come over several updates.
	a.cancels = append(a.cancels, reports...)
	counts := map[queue.CancelOutcome]int{}
	var fault *queue.Fault
	for _, r := range a.cancels {
		if r.Fault != nil {
			fault = r.Fault
		}
		counts[r.Outcome]++
	}
	var parts []string
	for _, outcome := range []queue.CancelOutcome{queue.CancelAccepted, queue.CancelTooLate, queue.CancelUnknown} {
		if n := counts[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	level := views.LevelInfo
	if n := counts[0]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d failed: %s", n, fault.Error()))
		level = views.LevelBad
	}
	a.env.Say(level, "cancel: "+strings.Join(parts, ", "))
}

// remove stops tracking the tasks, and gives up payloads without one; clearDone stops tracking
// all that succeeded.
func (a *Actions) remove(msg common.Command) tea.Cmd {
	var unsent []int64
	seqs := common.Seqs(msg.Tasks, func(t *poller.Task) bool {
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
	return a.untrack(common.Seqs(a.env.Tasks.All(), func(t *poller.Task) bool { return t.State == poller.Succeeded }), "cleared")
}

// untrack stops tracking tasks, which can be taken back.
func (a *Actions) untrack(seqs []int32, what string) tea.Cmd {
	if len(seqs) == 0 {
		a.env.Say(views.LevelInfo, "nothing to remove here")
		return nil
	}
	if a.onlyViewing("removing tasks") {
		return nil
	}
	p := a.poller
	return func() tea.Msg { return untracked{tasks: p.Untrack(seqs...), what: what} }
}

// removed tells the others of tasks that the poller tracks no more.
func (a *Actions) removed(msg untracked) {
	a.undo = append(a.undo, msg.tasks)
	if over := len(a.undo) - undoMost; over > 0 {
		a.undo = slices.Delete(a.undo, 0, over)
	}
	a.env.Post(common.TasksGone{Seqs: common.Seqs(msg.tasks, func(*poller.Task) bool { return true })})
	a.env.Say(views.LevelInfo, common.Counted(len(msg.tasks), "task")+" "+msg.what+": u undoes")
}

// undoRemoval brings the tasks that were removed last back.
func (a *Actions) undoRemoval(common.Command) tea.Cmd {
	if len(a.undo) == 0 {
		a.env.Say(views.LevelInfo, "nothing to undo")
		return nil
	}
	if a.onlyViewing("undoing") {
		return nil
	}
	last, p := len(a.undo)-1, a.poller
	tasks := a.undo[last]
	a.undo = a.undo[:last]
	return func() tea.Msg { return common.TasksBack{Tasks: p.Restore(tasks), Asked: tasks} }
}

// restored says how many tasks were brought back.
func (a *Actions) restored(msg common.TasksBack) {
	text := common.Counted(len(msg.Tasks), "task") + " back"
	if left := len(msg.Asked) - len(msg.Tasks); left > 0 {
		text += fmt.Sprintf(" (%d had been added again)", left)
	}
	a.env.Say(views.LevelGood, text)
}

// rekey reads the key anew from where it came from, and tries again what had
// been refused.
func (a *Actions) rekey(common.Command) tea.Cmd {
	if a.options.Rekey == nil {
		a.env.Say(views.LevelInfo, "there is no key to read again here")
		return nil
	}
	if a.onlyViewing("reading the key again") {
		return nil
	}
	a.env.Post(common.Retrying{})
	rekey, p := a.options.Rekey, a.poller
	return func() tea.Msg {
		said, err := rekey()
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "the key was not changed: " + err.Error()}
		}
		p.Unblock()
		return common.Say{Level: views.LevelGood, Text: said}
	}
}
