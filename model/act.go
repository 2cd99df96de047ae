package model

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// undoMost bounds how many removals can be taken back.
const undoMost = 100

// untrackedMsg are tasks that the poller has stopped tracking.
type untrackedMsg struct {
	tasks []*poller.Task
	what  string
}

// restoredMsg are tasks that it tracks again, of those that were asked back.
type restoredMsg struct{ tasks, asked []*poller.Task }

// cancel asks the service to cancel the marked tasks, or the one under the
// cursor, after a question that says how many.
func (m *Model) cancel() tea.Cmd {
	targets := m.targets()
	seqs := seqsOf(targets, func(t *poller.Task) bool { return !t.State.Terminal() && !t.Canceling })
	if len(seqs) == 0 {
		return m.say(views.LevelInfo, "nothing to cancel: no task here is live")
	}
	question := "Cancel " + counted(len(seqs), "task") + "?"
	var details []string
	if left := len(targets) - len(seqs); left > 0 {
		details = append(details, fmt.Sprintf("The other %d have ended or are being canceled.", left))
	}
	details = append(details, "What a task has made so far is lost; one that ends meanwhile is not canceled.")
	if len(seqs) == 1 {
		details = append([]string{m.index.Get(seqs[0]).Request.ID}, details...)
	}
	return m.confirm(question, details, func() tea.Cmd {
		m.marks.clear()
		m.cancels = nil
		p := m.options.Poller
		return tea.Batch(
			func() tea.Msg { p.Cancel(seqs...); return nil },
			m.say(views.LevelInfo, "canceling "+counted(len(seqs), "task")),
		)
	})
}

// reportCancels says what services have said to the tasks that the user last
// asked to cancel.
func (m *Model) reportCancels(reports []poller.CancelReport) tea.Cmd {
	if len(reports) == 0 {
		return nil
	}
	// The answers to one request of the user's come over several updates.
	m.cancels = append(m.cancels, reports...)
	counts := map[queue.CancelOutcome]int{}
	var fault *queue.Fault
	for _, r := range m.cancels {
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
	return m.say(level, "cancel: "+strings.Join(parts, ", "))
}

// untrack stops tracking tasks, which can be taken back.
func (m *Model) untrack(seqs []int32, what string) tea.Cmd {
	switch {
	case len(seqs) == 0:
		return m.say(views.LevelInfo, "nothing to remove here")
	case m.viewing():
		return m.onlyViewing("removing tasks")
	}
	p := m.options.Poller
	return func() tea.Msg { return untrackedMsg{tasks: p.Untrack(seqs...), what: what} }
}

// removeTargets stops tracking the marked tasks, or the one under the cursor.
func (m *Model) removeTargets() tea.Cmd {
	return m.untrack(seqsOf(m.targets(), func(*poller.Task) bool { return true }), "removed")
}

// removeSucceeded stops tracking all tasks that have succeeded.
func (m *Model) removeSucceeded() tea.Cmd {
	return m.untrack(seqsOf(m.tasks(), func(t *poller.Task) bool { return t.State == poller.Succeeded }), "cleared")
}

// untracked takes tasks out of the table that the poller tracks no more.
func (m *Model) untracked(msg untrackedMsg) tea.Cmd {
	for _, t := range msg.tasks {
		m.forget(t.Seq)
	}
	m.undo = append(m.undo, msg.tasks)
	if over := len(m.undo) - undoMost; over > 0 {
		m.undo = slices.Delete(m.undo, 0, over)
	}
	return m.say(views.LevelInfo, counted(len(msg.tasks), "task")+" "+msg.what+": nothing happened at the service; u brings back")
}

// undoRemoval brings the tasks that were removed last back.
func (m *Model) undoRemoval() tea.Cmd {
	switch {
	case len(m.undo) == 0:
		return m.say(views.LevelInfo, "nothing to bring back")
	case m.viewing():
		return m.onlyViewing("bringing tasks back")
	}
	tasks := m.undo[len(m.undo)-1]
	m.undo = m.undo[:len(m.undo)-1]
	p := m.options.Poller
	return func() tea.Msg { return restoredMsg{tasks: p.Restore(tasks), asked: tasks} }
}

// restored puts tasks back into the table.
func (m *Model) restored(msg restoredMsg) tea.Cmd {
	m.index.Restore(msg.tasks)
	m.observer.Observe(msg.tasks, m.now) // the live ones count again
	text := counted(len(msg.tasks), "task") + " brought back"
	if left := len(msg.asked) - len(msg.tasks); left > 0 {
		text += fmt.Sprintf(" (%d had been added again)", left)
	}
	return tea.Batch(m.say(views.LevelGood, text), m.startTicking())
}

// rekey reads the key anew from where it came from, and tries again what had
// been refused.
func (m *Model) rekey() tea.Cmd {
	switch {
	case m.options.Rekey == nil:
		return m.say(views.LevelInfo, "there is no key to read again here")
	case m.viewing():
		return m.onlyViewing("reading the key again")
	}
	rekey, p := m.options.Rekey, m.options.Poller
	clear(m.warned)
	return func() tea.Msg {
		said, err := rekey()
		if err != nil {
			return sayMsg{views.LevelBad, "the key was not changed: " + err.Error()}
		}
		p.Unblock()
		return sayMsg{views.LevelGood, said}
	}
}

// sayMsg is a notice from a command.
type sayMsg struct {
	level views.Level
	text  string
}
