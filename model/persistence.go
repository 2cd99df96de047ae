package model

import (
	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/views"
)

// observePersistence takes in how the tasks are kept on disk, and tells what has
// changed of that.
func (m *Model) observePersistence(u poller.Update) tea.Cmd {
	before, first := m.persistence, !m.heard
	m.persistence, m.heard = u.Persistence, true
	fault := ""
	if u.StoreErr != nil {
		fault = u.StoreErr.Error()
	}
	failed, recovered := fault != "" && fault != m.storeErr, fault == "" && m.storeErr != ""
	m.storeErr = fault
	switch {
	case u.Persistence.Damage != before.Damage && u.Persistence.Damage != "":
		return m.mention(views.LevelBad, u.Persistence.Damage)
	case failed:
		return m.mention(views.LevelBad, "not on disk: "+fault)
	case recovered:
		return m.mention(views.LevelGood, "all is on disk again")
	case u.Persistence.Silent && !before.Silent:
		return m.mention(views.LevelBad, "polltop with "+u.Persistence.Viewing+" polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over")
	case before.Silent && u.Persistence.Viewing == before.Viewing && !u.Persistence.Silent:
		return m.mention(views.LevelGood, "polltop with "+u.Persistence.Viewing+" answers again")
	case u.Persistence.Viewing != "" && before.Viewing != u.Persistence.Viewing:
		text := "polltop with " + u.Persistence.Viewing + " polls this session: here it is shown, and what you add or cancel is done there"
		if m.options.Exec != nil {
			text += "; --exec runs nothing here until this one polls"
		}
		return m.mention(views.LevelInfo, text)
	case u.Persistence.Viewing == "" && before.Viewing != "":
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
	if u.Persistence.Session == "" || old == 0 {
		return nil
	}
	text := "session " + u.Persistence.Session + ": " + counted(old, "task")
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
func (m *Model) viewing() bool { return m.persistence.Viewing != "" }

// onlyViewing says that something is for the process that polls to do.
func (m *Model) onlyViewing(what string) tea.Cmd {
	return m.say(views.LevelWarn, what+" is for the polltop with "+m.persistence.Viewing+", which polls this session: do it there, or end it, and this one takes over")
}

// keepingProps returns what the header says of how the tasks are kept: the
// session, unless it is the only one people have, and what is wrong with it.
func (m *Model) keepingProps() (session, fault string) {
	if m.options.Warning != "" || m.storeErr != "" {
		fault = "not kept on disk"
	}
	if m.persistence.Session != "default" {
		session = m.persistence.Session
	}
	return session, fault
}
