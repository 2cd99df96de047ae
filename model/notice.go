package model

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/views"
)

// noticeTime is how long a notice stays; bad ones stay longer, as they ask for
// something to be done.
const (
	noticeTime    = 6 * time.Second
	badNoticeTime = 20 * time.Second
)

// badLeast is how long a bad notice stands at least before one takes its place
// that came by itself.
const badLeast = 4 * time.Second

// queuedMost bounds how many notices wait behind a bad one.
const queuedMost = 8

// notice is the line that says what just happened.
type notice struct {
	text   string
	level  views.Level
	since  time.Time
	turn   int // counts the notices, so that an old one's end spares a newer
	queued []sayMsg
}

// noticeOverMsg says that a notice has stood long enough.
type noticeOverMsg struct{ turn int }

// say shows a notice for a while, in place of the one that stands: what the user
// did is answered at once.
func (m *Model) say(level views.Level, text string) tea.Cmd {
	n := &m.notice
	n.text, n.level, n.since = text, level, m.now
	n.turn++
	if level == views.LevelBad {
		return n.endsIn(badNoticeTime)
	}
	return n.endsIn(noticeTime)
}

// mention shows what came by itself. Behind a bad notice that nobody can have
// read yet it waits.
func (m *Model) mention(level views.Level, text string) tea.Cmd {
	n := &m.notice
	readable := n.since.Add(badLeast)
	if n.text == "" || n.level != views.LevelBad || !m.now.Before(readable) {
		return m.say(level, text)
	}
	n.queued = append(n.queued, sayMsg{level, text})
	if over := len(n.queued) - queuedMost; over > 0 {
		n.queued = n.queued[over:]
	}
	return n.endsIn(readable.Sub(m.now))
}

// endsIn ends the notice that stands now after a while.
func (n *notice) endsIn(after time.Duration) tea.Cmd {
	turn := n.turn
	return tea.Tick(after, func(time.Time) tea.Msg { return noticeOverMsg{turn} })
}

// noticeOver ends a notice, and shows the one that waited behind it.
func (m *Model) noticeOver(msg noticeOverMsg) tea.Cmd {
	n := &m.notice
	if msg.turn != n.turn {
		return nil
	}
	n.text = ""
	if len(n.queued) == 0 {
		return nil
	}
	next := n.queued[0]
	n.queued = n.queued[1:]
	return m.say(next.level, next.text)
}
