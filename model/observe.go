package model

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// observe takes in what changed at the poller.
func (m *Model) observe(msg StatusMsg) tea.Cmd {
	if msg.over {
		return nil
	}
	cmds := []tea.Cmd{m.awaitUpdate(len(msg.Tasks)), m.observePersistence(msg.Update)}
	m.dropTasks(msg.Update)
	m.progress.observe(msg.Tasks, m.index.Get, m.now)
	cmds = append(cmds, m.observeFresh(msg.Tasks))
	m.observeInsight(msg.Tasks)
	m.index.Apply(msg.Tasks)
	cmds = append(cmds, m.watchSlow())
	m.hosts, m.stats = msg.Hosts, msg.Stats
	m.noteFailure(msg.Tasks)
	m.noteUnsent(msg.Tasks)
	cmds = append(cmds, m.warn(), m.tellPause(msg.Paused), m.openFirstFailure(), m.reportCancels(msg.Cancels),
		m.startDownloads(seqsOf(msg.Tasks, func(t *poller.Task) bool { return m.downloads.wanted[t.Seq] })),
		m.continueOpening(msg.Tasks), m.observeNotify(msg.Tasks), m.offerUnsent(), m.leaveWhenDone(), m.startTicking())
	if m.detail.open() && changed(msg.Tasks, m.detail.seq) {
		cmds = append(cmds, m.fetchBody(m.detail.seq), m.wantResult(m.detail.seq))
		m.clampDetail()
	}
	return tea.Batch(cmds...)
}

// changed reports whether a task is among those that changed.
func changed(tasks []*poller.Task, seq int32) bool {
	for _, t := range tasks {
		if t.Seq == seq {
			return true
		}
	}
	return false
}

// noteFailure remembers the first failure that comes, for the pane to open on.
func (m *Model) noteFailure(tasks []*poller.Task) {
	if m.detail.auto || m.failed != none {
		return
	}
	for _, t := range tasks {
		// What had failed before this start is history.
		if t.State == poller.Failed && t.Ended >= poller.StampOf(m.started) {
			m.failed = t.Seq
			return
		}
	}
}

// openFirstFailure opens the pane at the first failure, once, if nothing else is
// open. It takes neither the focus nor, from somebody who has moved it, the
// cursor.
func (m *Model) openFirstFailure() tea.Cmd {
	t := m.index.Get(m.failed)
	if m.detail.auto || t == nil || m.detail.open() || m.focus != onTable || m.overview.screen != tableScreen {
		return nil
	}
	m.detail.auto = true
	if !m.moved {
		m.index.Select(t.Seq)
	}
	if views.Arrange(m.width, m.height, true).Rows == 0 {
		// The screen is too small for both: the table is not taken away.
		return m.say(views.LevelBad, "failed: "+t.Request.ID+" "+t.ErrorType+" (enter to inspect)")
	}
	return m.openDetail(t.Seq)
}

// warn tells, once each, what stops the polling until the user does something.
func (m *Model) warn() tea.Cmd {
	for _, h := range m.hosts {
		if h.Stopped != nil && !m.warned[h.Base.Host()] {
			m.warned[h.Base.Host()] = true
			return m.say(views.LevelBad, fmt.Sprintf("key refused, polling stopped: K reads it again, r retries, or restart with another (%s: %s)", h.Base.Host(), h.Stopped.Error()))
		}
		for _, f := range h.Forbidden {
			if name := h.Base.Host() + " " + f.Endpoint; !m.warned[name] {
				m.warned[name] = true
				return m.say(views.LevelBad, fmt.Sprintf("%s is not asked any more, r tries again (%s: %s)", f.Endpoint, h.Base.Host(), f.Fault.Error()))
			}
		}
	}
	return nil
}

// tracked says what became of requests that were given to the poller.
func (m *Model) tracked(msg trackedMsg) tea.Cmd {
	m.problems.add(msg.problems)
	m.asking.add(msg.unsure)
	if msg.Added+msg.Known+len(msg.problems)+len(msg.unsure) == 0 {
		return m.say(views.LevelWarn, "nothing to add: it names no task")
	}
	level := views.LevelGood
	if len(msg.problems)+len(msg.unsure)+msg.Conflicts > 0 {
		level = views.LevelWarn
	}
	if msg.StoreErr != nil {
		level = views.LevelBad
	}
	return m.mention(level, addedText(msg.Tracked, len(msg.problems), len(msg.unsure)))
}

// addedText says how many requests were added or known already, of how many it is
// unsure, and how many lines were refused.
func addedText(t poller.Tracked, problems, unsure int) string {
	text := fmt.Sprintf("%d added", t.Added)
	if t.Known > 0 {
		text += fmt.Sprintf(", %d already tracked", t.Known)
	}
	if t.Corrected > 0 {
		text += fmt.Sprintf(" (%d now under the endpoint told)", t.Corrected)
	}
	if t.Conflicts > 0 {
		text += fmt.Sprintf(", %d named under another endpoint (%s)", t.Conflicts, safe.Line(t.Conflict))
	}
	if t.StoreErr != nil {
		text += ", NOT on disk: " + t.StoreErr.Error()
	}
	if unsure > 0 {
		text += fmt.Sprintf(", %d of %d unsure: e to look", unsure, t.Added+t.Known+unsure)
	}
	switch {
	case problems == 1:
		text += ", 1 line refused (e shows it)"
	case problems > 1:
		text += fmt.Sprintf(", %d lines refused (e shows them)", problems)
	}
	return text
}

// live returns how many tasks have not ended.
func (m *Model) live() int {
	counts := m.index.Counts()
	return report.Counts(counts).Live()
}

// failures returns how many tasks have failed, and unknown of how many it can't be
// known how they ended.
func (m *Model) failures() int { return m.index.Counts()[poller.Failed] }
func (m *Model) unknown() int  { return report.Counts(m.index.Counts()).Unknown() }

// tasks returns all tracked tasks in the order of addition.
func (m *Model) tasks() []*poller.Task {
	tasks := make([]*poller.Task, 0, m.index.Total())
	for seq := int32(0); len(tasks) < m.index.Total(); seq++ {
		if t := m.index.Get(seq); t != nil {
			tasks = append(tasks, t)
		}
	}
	return tasks
}
