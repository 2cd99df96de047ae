package model

import (
	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/views"
)

// observeKeeping takes in how the tasks are kept on disk, and tells what has
// changed of that.
func (m *Model) observeKeeping(u poller.Update) tea.Cmd {
	before, first := m.keeping, !m.heard
	m.keeping, m.heard = u.Keeping, true
	fault := ""
	if u.Unkept != nil {
		fault = u.Unkept.Error()
	}
	failed, recovered := fault != "" && fault != m.unkept, fault == "" && m.unkept != ""
	m.unkept = fault
	switch {
	case u.Keeping.Damage != before.Damage && u.Keeping.Damage != "":
		return m.mention(views.LevelBad, u.Keeping.Damage)
	case failed:
		return m.mention(views.LevelBad, "not on disk: "+fault)
	case recovered:
		return m.mention(views.LevelGood, "all is on disk again")
	case u.Keeping.Silent && !before.Silent:
		return m.mention(views.LevelBad, "polltop with "+u.Keeping.Viewing+" polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over")
	case before.Silent && u.Keeping.Viewing == before.Viewing && !u.Keeping.Silent:
		return m.mention(views.LevelGood, "polltop with "+u.Keeping.Viewing+" answers again")
	case u.Keeping.Viewing != "" && before.Viewing != u.Keeping.Viewing:
		text := "polltop with " + u.Keeping.Viewing + " polls this session: here it is shown, and what you add or cancel is done there"
		if m.options.Exec != nil {
			text += "; --exec runs nothing here until this one polls"
		}
		return m.mention(views.LevelInfo, text)
	case u.Keeping.Viewing == "" && before.Viewing != "":
		return m.mention(views.LevelGood, "the polltop with "+before.Viewing+" has ended: polling goes on here")
	case first && len(u.Tasks) > 0:
		return m.sayResumed(u)
	}
	return nil
}

// sayResumed says what was found in the session.
func (m *Model) sayResumed(u poller.Update) tea.Cmd {
	live, old := 0, 0
	for _, t := range u.Tasks {
		if t.Added >= poller.StampOf(m.started) {
			continue // added since the start
		}
		old++
		if !t.State.Terminal() {
			live++
		}
	}
	if u.Keeping.Session == "" || old == 0 {
		return nil
	}
	text := "session " + u.Keeping.Session + ": " + counted(old, "task")
	if live > 0 {
		text += ", " + counted(live, "live one") + " asked again"
	}
	return m.mention(views.LevelInfo, text)
}

// dropTasks takes tasks out of the table that another process has stopped
// tracking, and puts those back that it tracks again.
func (m *Model) dropTasks(u poller.Update) {
	for _, seq := range u.Dropped {
		m.forget(seq)
	}
	if !m.viewing() {
		return // what comes late of a task that was removed here is passed over
	}
	var back []*poller.Task
	for _, t := range u.Tasks {
		if m.index.Removed(t.Seq) {
			back = append(back, t)
		}
	}
	m.index.Restore(back)
}

// forget takes a task out of all that the dashboard knows.
func (m *Model) forget(seq int32) {
	m.index.Remove(seq)
	m.observer.Forget(seq)
	m.marks.drop(seq)
	if m.detail.seq == seq {
		m.closeDetail()
	}
}

// viewing reports whether another process polls.
func (m *Model) viewing() bool { return m.keeping.Viewing != "" }

// onlyViewing says that something is for the process that polls to do.
func (m *Model) onlyViewing(what string) tea.Cmd {
	return m.say(views.LevelWarn, what+" is for the polltop with "+m.keeping.Viewing+", which polls this session: do it there, or end it, and this one takes over")
}

// keepingProps returns what the header says of how the tasks are kept: the
// session, unless it is the only one people have, and what is wrong with it.
func (m *Model) keepingProps() (session, fault string) {
	if m.options.Warning != "" || m.unkept != "" {
		fault = "not kept on disk"
	}
	if m.keeping.Session != "default" {
		session = m.keeping.Session
	}
	return session, fault
}
