package model

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/views"
)

// watch is what the user looks at: the live task in the pane, none without one,
// and the live tasks on the screen.
type watch struct {
	opened  int32
	visible []int32
}

// tellWatch tells the poller what the user looks at, if that has changed: these are
// asked more often.
func (m *Model) tellWatch() tea.Cmd {
	now := watch{opened: none}
	if t := m.index.Get(m.detail.seq); m.detail.open() && t != nil && !t.State.Terminal() {
		now.opened = t.Seq
	}
	rows, _ := m.index.Window(m.layout.Rows)
	now.visible = seqsOf(rows, func(t *poller.Task) bool { return !t.State.Terminal() })
	if now.opened == m.lookedAt.opened && slices.Equal(now.visible, m.lookedAt.visible) {
		return nil
	}
	m.lookedAt = now
	p := m.options.Poller
	return func() tea.Msg {
		p.SetViewed(now.opened, now.visible)
		return nil
	}
}

// eta returns when all tasks are expected to have ended, from now on: the last of
// all services. The poller tells it from what it learned; where another process
// polls, only the rate is known at which tasks end.
func (m *Model) eta() (eta views.ETA) {
	if len(m.hosts) == 0 {
		left, _ := m.progress.atRate(m.live(), m.now)
		return views.ETA{Low: left, Median: left, High: left}
	}
	now := poller.StampOf(m.now)
	for _, h := range m.hosts {
		if h.Live == 0 {
			continue
		}
		if h.Ends == (poller.Ends{}) || m.paused {
			return views.ETA{}
		}
		eta.Low = max(eta.Low, h.Ends.Low.Sub(now))
		eta.Median = max(eta.Median, h.Ends.Median.Sub(now))
		eta.High = max(eta.High, h.Ends.High.Sub(now))
	}
	return eta
}
