package statusbar

import (
	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
)

// observePersistence tells the user what has changed of how the tasks are kept on disk.
func (b *Bar) observePersistence(u poller.Update) {
	before, first := b.persistence, !b.heard
	b.persistence, b.heard = u.Persistence, true
	now, fault := u.Persistence, b.storeErr
	b.storeErr = ""
	if u.StoreErr != nil {
		b.storeErr = u.StoreErr.Error()
	}
	switch {
	case now.Damage != before.Damage && now.Damage != "":
		b.env.Mention(views.LevelBad, now.Damage)
	case b.storeErr != fault:
		b.sayStoreErr()
	case now.Silent && !before.Silent:
		b.env.Mention(views.LevelBad, "polltop with "+now.Viewing+" polls this session and does not answer: if it is suspended bring it back (fg), or end it, and this one takes over")
	case before.Silent && now.Viewing == before.Viewing && !now.Silent:
		b.env.Mention(views.LevelGood, "polltop with "+now.Viewing+" answers again")
	case now.Viewing != before.Viewing:
		b.sayPolls(before.Viewing, now.Viewing)
	case first && len(u.Tasks) > 0:
		b.sayResumed(u)
	}
}

// sayStoreErr says that the tasks could not be put on disk, or can be again.
func (b *Bar) sayStoreErr() {
	if b.storeErr != "" {
		b.env.Mention(views.LevelBad, "not "+b.persistence.Place()+": "+b.storeErr)
		return
	}
	b.env.Mention(views.LevelGood, "all is "+b.persistence.Place()+" again")
}

// sayPolls says that another process polls the session now, or does so no longer.
func (b *Bar) sayPolls(before, now string) {
	if now == "" {
		b.env.Mention(views.LevelGood, "the polltop with "+before+" has ended: polling goes on here")
		return
	}
	text := "polltop with " + now + " polls this session: here it is shown, and what you add or cancel is done there"
	if b.options.Exec {
		text += "; --exec runs nothing here until this one polls"
	}
	b.env.Mention(views.LevelInfo, text)
}

// sayResumed says what was found in the session.
func (b *Bar) sayResumed(u poller.Update) {
	live, old := 0, 0
	for _, t := range u.Tasks {
		if t.Added >= poller.StampOf(b.env.Started) {
			continue // added since the start
		}
		old++
		if !t.State.Terminal() {
			live++
		}
	}
	if u.Persistence.Session == "" || old == 0 {
		return
	}
	text := "session " + u.Persistence.Session + ": " + common.Counted(old, "task")
	if live > 0 {
		text += ", " + common.Counted(live, "live one") + " asked again"
	}
	b.env.Mention(views.LevelInfo, text)
}
