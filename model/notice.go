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

// notice is the line that says what just happened.
type notice struct {
	text  string
	level views.Level
	turn  int // counts the notices, so that an old one's end spares a newer
}

// noticeOverMsg says that a notice has stood long enough.
type noticeOverMsg struct{ turn int }

// say shows a notice for a while.
func (m *Model) say(level views.Level, text string) tea.Cmd {
	m.notice.text, m.notice.level = text, level
	m.notice.turn++
	turn, long := m.notice.turn, noticeTime
	if level == views.LevelBad {
		long = badNoticeTime
	}
	return tea.Tick(long, func(time.Time) tea.Msg { return noticeOverMsg{turn} })
}

func (n *notice) over(msg noticeOverMsg) {
	if msg.turn == n.turn {
		n.text = ""
	}
}
