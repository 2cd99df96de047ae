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
	// noticeTime is how long a notice is shown. Bad ones are shown longer, because the user
	// has to do something.
	noticeTime    = 6 * time.Second
	badNoticeTime = 20 * time.Second
	// minBadTime is how long a bad notice is shown before a background one replaces it.
	minBadTime = 4 * time.Second
	maxQueued  = 8 // background notices that wait
)

type notice struct {
	common.Say
	since  time.Time
	number int // counts the notices, so that an old one's timer does not hide a newer one
	queued []common.Say
}

type noticeExpired struct{ number int }

// show shows a notice. A background one waits while a bad notice is too new to have been read.
func (n *notice) show(say common.Say, now time.Time) tea.Cmd {
	readable := n.since.Add(minBadTime)
	if !say.Background || n.Text == "" || n.Level != views.LevelBad || !now.Before(readable) {
		n.Say, n.since = say, now
		n.number++
		stays := noticeTime
		if say.Level == views.LevelBad {
			stays = badNoticeTime
		}
		return common.After(stays, noticeExpired{n.number})
	}
	n.queued = append(n.queued[max(len(n.queued)+1-maxQueued, 0):], say)
	return common.After(readable.Sub(now), noticeExpired{n.number})
}

func (n *notice) expire(msg noticeExpired, now time.Time) tea.Cmd {
	if msg.number != n.number {
		return nil
	}
	n.Text = ""
	if len(n.queued) == 0 {
		return nil
	}
	next := n.queued[0]
	n.queued = n.queued[1:]
	return n.show(next, now)
}

func (b *Bar) reportChanges(tasks []*poller.Task) {
	before, now, first := b.previous, b.env.Polling, !b.updated
	b.previous, b.updated = now, true
	switch {
	case now.Persistence.Damage != before.Persistence.Damage && now.Persistence.Damage != "":
		b.env.Report(views.LevelBad, now.Persistence.Damage)
	case fmt.Sprint(now.StoreErr) == fmt.Sprint(before.StoreErr):
		b.reportRole(before.Persistence, now.Persistence, first, tasks)
	case now.StoreErr != nil:
		b.env.Report(views.LevelBad, "not "+now.Persistence.Location()+": "+now.StoreErr.Error())
	default:
		b.env.Report(views.LevelGood, "all is "+now.Persistence.Location()+" again")
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

func (b *Bar) reportRole(before, now poller.Persistence, first bool, tasks []*poller.Task) {
	switch {
	case now.OwnerSilent && !before.OwnerSilent:
		b.env.Report(views.LevelBad, "polltop with "+now.PolledBy+" polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over")
	case before.OwnerSilent && now.PolledBy == before.PolledBy && !now.OwnerSilent:
		b.env.Report(views.LevelGood, "polltop with "+now.PolledBy+" answers again")
	case now.PolledBy != before.PolledBy && now.PolledBy == "":
		b.env.Report(views.LevelGood, "the polltop with "+before.PolledBy+" has ended: polling goes on here")
	case now.PolledBy != before.PolledBy:
		text := "polltop with " + now.PolledBy + " polls this session: here it is shown, and what you add or cancel is done there"
		if b.options.Exec {
			text += "; --exec runs nothing here until this one polls"
		}
		b.env.Report(views.LevelInfo, text)
	case first:
		b.reportResumed(now.Session, tasks)
	}
}

func (b *Bar) reportResumed(session string, tasks []*poller.Task) {
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
