package model

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
)

// freshTime is how long a cell that has just changed is drawn brighter.
const freshTime = 700 * time.Millisecond

// freshMost bounds how many rows are, so that a sweep does not light up all.
const freshMost = 200

// freshOverMsg says that some cells have been bright long enough.
type freshOverMsg struct{}

// slowMsg says that a task may have become slow by now.
type slowMsg struct{}

// signs are what the dashboard adds to what the poller tells of tasks: which
// have just changed their state, and which are slow.
type signs struct {
	fresh  map[int32]time.Time // until when a row is bright
	fading bool                // a timer for its end runs
	// watching says that a timer runs for when a task may become slow.
	watching bool
}

// observeFresh notes which tasks changed their state just now.
func (m *Model) observeFresh(changed []*poller.Task) tea.Cmd {
	if m.options.ReducedMotion {
		return nil
	}
	for _, t := range changed {
		old := m.index.Get(t.Seq)
		if old != nil && old.State != t.State && len(m.signs.fresh) < freshMost {
			m.signs.fresh[t.Seq] = m.now.Add(freshTime)
		}
	}
	return m.fade()
}

// fade starts the timer for the end of the brightness, unless one runs.
func (m *Model) fade() tea.Cmd {
	if m.signs.fading || len(m.signs.fresh) == 0 {
		return nil
	}
	m.signs.fading = true
	return tea.Tick(freshTime, func(time.Time) tea.Msg { return freshOverMsg{} })
}

// freshOver ends the brightness of the rows whose time is over.
func (m *Model) freshOver() tea.Cmd {
	m.signs.fading = false
	for seq, until := range m.signs.fresh {
		if !m.now.Before(until) {
			delete(m.signs.fresh, seq)
		}
	}
	return m.fade()
}
