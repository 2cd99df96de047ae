package model

import (
	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/views"
)

// observePersistence tells the user what has changed of how the tasks are kept on disk.
func (m *Model) observePersistence(u poller.Update) tea.Cmd {
	before, first := m.persistence, !m.heard
	m.persistence, m.heard = u.Persistence, true
	now, fault := u.Persistence, m.storeErr
	m.storeErr = ""
	if u.StoreErr != nil {
		m.storeErr = u.StoreErr.Error()
	}
	switch {
	case now.Damage != before.Damage && now.Damage != "":
		return m.mention(views.LevelBad, now.Damage)
	case m.storeErr != fault:
		return m.sayStoreErr()
	case now.Silent && !before.Silent:
		return m.mention(views.LevelBad, "polltop with "+now.Viewing+" polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over")
	case before.Silent && now.Viewing == before.Viewing && !now.Silent:
		return m.mention(views.LevelGood, "polltop with "+now.Viewing+" answers again")
	case now.Viewing != before.Viewing:
		return m.sayPolls(before.Viewing, now.Viewing)
	case first && len(u.Tasks) > 0:
		return m.sayResumed(u)
	}
	return nil
}

// sayStoreErr says that the tasks could not be put on disk, or can be again.
func (m *Model) sayStoreErr() tea.Cmd {
	if m.storeErr != "" {
		return m.mention(views.LevelBad, "not on disk: "+m.storeErr)
	}
	return m.mention(views.LevelGood, "all is on disk again")
}

// sayPolls says that another process polls the session now, or does so no longer.
func (m *Model) sayPolls(before, now string) tea.Cmd {
	if now == "" {
		return m.mention(views.LevelGood, "the polltop with "+before+" has ended: polling goes on here")
	}
	text := "polltop with " + now + " polls this session: here it is shown, and what you add or cancel is done there"
	if m.options.Exec != nil {
		text += "; --exec runs nothing here until this one polls"
	}
	return m.mention(views.LevelInfo, text)
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
