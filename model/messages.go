package model

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// StatusMsg is what changed at the poller since the last one: one message a
// tick, however many tasks changed.
type StatusMsg struct {
	poller.Update
	over bool // the poller has ended
}

// trackedMsg says what became of requests that were given to the poller.
type trackedMsg struct {
	poller.Tracked
	problems []paste.Problem
	unsure   []paste.Question
}

// bodyMsg is the raw last answer of a task, its log, and what came of fetching its
// result, if anything is known of that.
type bodyMsg struct {
	seq    int32
	turn   int // of two that were asked for, the later has the higher
	body   []byte
	result poller.Fetched
	known  bool
	logs   []queue.LogLine
}

// tickMsg comes once a second while durations on the screen grow.
type tickMsg struct{}

const (
	// updateEvery is how long after an update that changed many tasks the next is
	// asked for: nobody reads faster, and each costs a frame. It is not what keys
	// wait for.
	updateEvery = 100 * time.Millisecond
	// many is how many tasks that is.
	many = 16
)

// awaitUpdate waits for the poller's next update, given how many tasks the last
// one changed.
func (m *Model) awaitUpdate(changed int) tea.Cmd {
	p, ctx := m.options.Poller, m.options.Context
	return func() tea.Msg {
		if changed >= many {
			rest := time.NewTimer(updateEvery)
			defer rest.Stop()
			select {
			case <-rest.C:
			case <-ctx.Done():
			}
		}
		update, ok := p.Next(ctx)
		return StatusMsg{Update: update, over: !ok}
	}
}

// track gives what was read for sure to the poller.
func (m *Model) track(read paste.Result) tea.Cmd {
	p := m.options.Poller
	return func() tea.Msg {
		return trackedMsg{Tracked: p.Track(read.Requests), problems: read.Refused, unsure: read.Unsure}
	}
}

// addText reads requests out of text and gives them to the poller. Reading a
// large paste takes a while, so it is done here and not in Update.
func (m *Model) addText(text string, source paste.Source) tea.Cmd {
	return func() tea.Msg { return m.track(paste.Parse(text, source))() }
}

// fetchBody asks for what the detail pane shows of a task beside its snapshot.
func (m *Model) fetchBody(seq int32) tea.Cmd {
	p := m.options.Poller
	m.detail.asked++
	turn := m.detail.asked
	return func() tea.Msg {
		body, _ := p.Body(seq)
		result, known := p.Result(seq)
		return bodyMsg{seq: seq, turn: turn, body: body, result: result, known: known, logs: p.Logs(seq)}
	}
}

// startTicking lets durations grow on the screen, when something on it does.
func (m *Model) startTicking() tea.Cmd {
	if m.ticking || !m.growing() {
		return nil
	}
	m.ticking = true
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} })
}

// growing reports whether anything on the screen changes as time passes.
func (m *Model) growing() bool {
	return m.live() > 0 || m.options.Downloads != nil && m.options.Downloads.Active()
}

// tick takes in that a second has passed.
func (m *Model) tick() tea.Cmd {
	m.ticking = false
	m.progress.sample(m.now, m.stats.Polls)
	m.refreshOverview(false)
	if d := m.options.Downloads; d != nil && d.Active() {
		m.downloads.progress = d.Snapshot() // the rate changes without a word
	}
	return tea.Batch(m.tellWatch(), m.startTicking())
}
