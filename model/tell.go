package model

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/notify"
	"polltop/poller"
	"polltop/views"
)

// notifyDueMsg says that failures that were collected are to be told.
type notifyDueMsg struct{}

// observeNotify asks the terminal to tell what somebody who is not looking should
// know of the tasks that changed.
func (m *Model) observeNotify(tasks []*poller.Task) tea.Cmd {
	before := m.observer.Due()
	var sequences strings.Builder
	for _, n := range m.observer.Observe(tasks, m.now) {
		sequences.WriteString(notify.Sequence(m.getenv, n))
	}
	var cmds []tea.Cmd
	if sequences.Len() > 0 {
		cmds = append(cmds, tea.Raw(sequences.String()))
	}
	if due := m.observer.Due(); !due.IsZero() && !due.Equal(before) {
		cmds = append(cmds, tea.Tick(due.Sub(m.now), func(time.Time) tea.Msg { return notifyDueMsg{} }))
	}
	return tea.Batch(append(cmds, m.execEnded(tasks))...)
}

// taskbar returns the progress for the terminal's taskbar: of the batch while it
// runs, as an error once something has failed; nil when nothing runs.
func (m *Model) taskbar() *tea.ProgressBar {
	live, total := m.live(), m.index.Total()
	if live == 0 {
		return nil
	}
	state := tea.ProgressBarDefault
	if m.failures()+m.unknown() > 0 {
		state = tea.ProgressBarError
	}
	return tea.NewProgressBar(state, 100*(total-live)/total)
}

// Exec runs a command for each task that ends.
type Exec interface {
	Add(task *poller.Task)
	Changed() <-chan struct{}
	Counts() (running, done, failed int, lastError string)
}

// execMsg is how far the commands for ended tasks are.
type execMsg struct {
	running, done, failed int
	lastError             string
	over                  bool
}

// awaitExec waits until something has changed with the commands.
func (m *Model) awaitExec() tea.Cmd {
	e := m.options.Exec
	if e == nil {
		return nil
	}
	return func() tea.Msg {
		_, more := <-e.Changed()
		msg := execMsg{over: !more}
		msg.running, msg.done, msg.failed, msg.lastError = e.Counts()
		return msg
	}
}

// execEnded has the command run for the tasks that have ended since the session
// began or was gone on with. While another process polls, that one does it.
func (m *Model) execEnded(tasks []*poller.Task) tea.Cmd {
	e := m.options.Exec
	if e == nil || m.viewing() {
		return nil
	}
	var ended []*poller.Task
	for _, t := range tasks {
		if t.HookDue && !m.hooked[t.Seq] {
			m.hooked[t.Seq] = true
			ended = append(ended, t)
		}
	}
	if len(ended) == 0 {
		return nil
	}
	return func() tea.Msg {
		for _, t := range ended {
			e.Add(t)
		}
		return nil
	}
}

// executed says how the commands for ended tasks fare.
func (m *Model) executed(msg execMsg) tea.Cmd {
	if msg.over {
		return nil
	}
	var said tea.Cmd
	switch {
	case msg.failed > m.exec.failed:
		said = m.say(views.LevelBad, fmt.Sprintf("--exec: %s: %s", counted(msg.failed, "command")+" failed", msg.lastError))
	case msg.running == 0 && msg.done > m.exec.done:
		said = m.say(views.LevelInfo, "--exec: "+counted(msg.done, "command")+" run")
	}
	m.exec = msg
	return tea.Batch(said, m.awaitExec(), m.leaveWhenDone())
}
