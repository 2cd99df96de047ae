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

// slowDue looks anew at which tasks are slow, as time has passed.
func (m *Model) slowDue() tea.Cmd {
	m.signs.watching = false
	return m.watchSlow()
}

// slowEvery is how long after a look at the live tasks the next is at the latest:
// the rule itself moves as tasks end.
const slowEvery = 10 * time.Second

// watchSlow flags the live tasks that are slow by now, and sets a timer for when
// the next may become so. It looks at each of them, so it is never done while that
// timer runs, however often tasks change.
func (m *Model) watchSlow() tea.Cmd {
	if m.signs.watching || m.live() == 0 {
		return nil
	}
	m.signs.watching = true
	now := poller.StampOf(m.now)
	var flagged []*poller.Task
	next := now + poller.Stamp(slowEvery.Milliseconds())
	for t := range m.index.Live() {
		if t.Slow {
			continue
		}
		if slow, _ := m.pace.Slow(t, now, m.options.SlowAfter); slow {
			copied := *t
			copied.Slow = true
			flagged = append(flagged, &copied)
		} else if at := m.pace.SlowAt(t, m.options.SlowAfter); at != 0 && at < next {
			next = at
		}
	}
	if len(flagged) > 0 {
		m.index.Apply(flagged)
	}
	return tea.Tick(max(next.Sub(now), time.Second), func(time.Time) tea.Msg { return slowMsg{} })
}

// slowReason says why a task counts as slow, "" where it does not.
func (m *Model) slowReason(seq int32) string {
	t := m.index.Get(seq)
	if t == nil || !t.Slow || t.State.Terminal() {
		return ""
	}
	_, why := m.pace.Slow(t, poller.StampOf(m.now), m.options.SlowAfter)
	return why
}
