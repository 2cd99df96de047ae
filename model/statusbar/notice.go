package statusbar

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
)

const (
	// noticeTime is how long a notice stays; bad ones stay longer, as they ask for
	// something to be done.
	noticeTime    = 6 * time.Second
	badNoticeTime = 20 * time.Second
	// badLeast is how long a bad notice stands at least before one takes its place
	// that came by itself.
	badLeast   = 4 * time.Second
	queuedMost = 8 // notices that wait behind a bad one
)

type notice struct {
	common.Say
	since  time.Time
	turn   int // counts the notices, so that an old one's end spares a newer
	queued []common.Say
}

type noticeOver struct{ turn int }

// take shows a notice, or has a late one wait behind a bad one that nobody can have read yet.
func (n *notice) take(say common.Say, now time.Time) tea.Cmd {
	readable := n.since.Add(badLeast)
	if !say.Background || n.Text == "" || n.Level != views.LevelBad || !now.Before(readable) {
		n.Say, n.since = say, now
		n.turn++
		stays := noticeTime
		if say.Level == views.LevelBad {
			stays = badNoticeTime
		}
		return common.After(stays, noticeOver{n.turn})
	}
	n.queued = append(n.queued[max(len(n.queued)+1-queuedMost, 0):], say)
	return common.After(readable.Sub(now), noticeOver{n.turn})
}

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

func (b *Bar) reportChanges(tasks []*poller.Task) {
	before, now, first := b.before, b.env.Polling, !b.updated
	b.before, b.updated = now, true
	was, is := before.Persistence, now.Persistence
	switch {
	case is.Damage != was.Damage && is.Damage != "":
		b.env.Report(views.LevelBad, is.Damage)
	case fmt.Sprint(now.StoreErr) == fmt.Sprint(before.StoreErr):
		b.reportOwner(was, is, first, tasks)
	case now.StoreErr != nil:
		b.env.Report(views.LevelBad, "not "+is.Place()+": "+now.StoreErr.Error())
	default:
		b.env.Report(views.LevelGood, "all is "+is.Place()+" again")
	}
	if now.Paused != before.Paused {
		text := "polling goes on"
		if now.Paused {
			if text = "polling paused"; b.env.Allows("p") {
				text += ": p lets it go on"
			}
		}
		b.env.Say(views.LevelInfo, text)
	}
}

func (b *Bar) reportOwner(was, is poller.Persistence, first bool, tasks []*poller.Task) {
	switch {
	case is.Silent && !was.Silent:
		b.env.Report(views.LevelBad, "polltop with "+is.Viewing+" polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over")
	case was.Silent && is.Viewing == was.Viewing && !is.Silent:
		b.env.Report(views.LevelGood, "polltop with "+is.Viewing+" answers again")
	case is.Viewing != was.Viewing && is.Viewing == "":
		b.env.Report(views.LevelGood, "the polltop with "+was.Viewing+" has ended: polling goes on here")
	case is.Viewing != was.Viewing:
		text := "polltop with " + is.Viewing + " polls this session: here it is shown, and what you add or cancel is done there"
		if b.options.Exec {
			text += "; --exec runs nothing here until this one polls"
		}
		b.env.Report(views.LevelInfo, text)
	case first:
		b.sayResumed(is.Session, tasks)
	}
}

func (b *Bar) sayResumed(session string, tasks []*poller.Task) {
	live, old := 0, 0
	for _, t := range tasks {
		if t.Added >= poller.StampOf(b.env.Started) {
			continue // added since the start
		}
		old++
		if !t.State.Terminal() {
			live++
		}
	}
	if session == "" || old == 0 {
		return
	}
	text := "session " + session + ": " + views.Plural(old, "task")
	if live > 0 {
		text += ", " + views.Plural(live, "live one") + " asked again"
	}
	b.env.Report(views.LevelInfo, text)
}
