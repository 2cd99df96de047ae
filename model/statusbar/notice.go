package statusbar

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/views"
)

const (
	// noticeTime is how long a notice stays; bad ones stay longer, as they ask for
	// something to be done.
	noticeTime    = 6 * time.Second
	badNoticeTime = 20 * time.Second
	// badLeast is how long a bad notice stands at least before one takes its place
	// that came by itself.
	badLeast = 4 * time.Second
	// queuedMost bounds how many notices wait behind a bad one.
	queuedMost = 8
)

// notice is the line that says what just happened.
type notice struct {
	common.Say
	since  time.Time
	turn   int // counts the notices, so that an old one's end spares a newer
	queued []common.Say
}

// noticeOver says that a notice has stood long enough.
type noticeOver struct{ turn int }

// take shows a notice, or has a late one wait behind a bad one that nobody can have read
// yet.
func (n *notice) take(say common.Say, now time.Time) tea.Cmd {
	readable := n.since.Add(badLeast)
	if !say.Late || n.Text == "" || n.Level != views.LevelBad || !now.Before(readable) {
		n.Say, n.since = say, now
		n.turn++
		if say.Level == views.LevelBad {
			return common.After(badNoticeTime, noticeOver{n.turn})
		}
		return common.After(noticeTime, noticeOver{n.turn})
	}
	n.queued = append(n.queued, say)
	if over := len(n.queued) - queuedMost; over > 0 {
		n.queued = n.queued[over:]
	}
	return common.After(readable.Sub(now), noticeOver{n.turn})
}

// over ends a notice, and shows the one that waited behind it.
func (n *notice) over(msg noticeOver, now time.Time) tea.Cmd {
	if msg.turn != n.turn {
		return nil
	}
	n.Text = ""
	if len(n.queued) == 0 {
		return nil
	}
	next := n.queued[0]
	n.queued = n.queued[1:]
	return n.take(next, now)
}
