package views

import (
	"strconv"
	"time"

	"polltop/poller"
)

// timeline adds when what was seen, how long it took, and how long is usual.
func (w *paneWriter) timeline(d *Detail) {
	t := d.Task
	w.section("Timeline")
	before, did := poller.Stamp(0), "after"
	event := func(label string, at poller.Stamp) {
		if at == 0 {
			return
		}
		text := clock(at, w.now)
		if before != 0 {
			text += "   " + did + " " + Duration(at.Sub(before))
		}
		w.field(label, w.ink.Text, text)
		before = at
	}
	event("added", t.Added)
	event("queued", t.Queued)
	event("running", t.Started)
	if t.Started != 0 {
		did = "ran"
	}
	if t.State.Terminal() {
		event(t.State.String(), t.Ended)
	} else if before != 0 {
		event("now", w.now)
	}
	if t.InferenceTime >= 0 {
		w.field("inference", w.ink.Text, strconv.FormatFloat(t.InferenceTime, 'f', 2, 64)+" s")
	}
	if d.Starts > 0 {
		w.field("starts", w.ink.Text, startsText(d.Starts))
	}
	if d.Usual > 0 {
		w.field("usual", w.ink.Text, Duration(d.Usual)+" (95 % under "+Duration(d.Most)+")")
	}
	w.polls(t, d.Waits)
	if t.Attempt > 1 {
		w.field("attempt", w.ink.Text, strconv.Itoa(int(t.Attempt)))
		w.field("retry of", w.ink.Text, t.RetryOf)
	}
}

// polls adds how often the task was asked for, and when it will be.
func (w *paneWriter) polls(t *poller.Task, waits string) {
	polls := strconv.FormatUint(uint64(t.Polls), 10)
	if t.Seen != 0 {
		polls += ", last answer " + Duration(w.now.Sub(t.Seen)) + " ago"
	}
	switch {
	case waits != "":
		polls += "; " + waits
	case t.Next != 0 && t.Trouble == nil:
		polls += ", next " + nextTry(t.Next, w.now)
	}
	w.field("polls", w.ink.Text, polls)
}

// clock returns a moment as the time of day, with the date where it is not
// that of now.
func clock(at, now poller.Stamp) string {
	moment, today := at.Time(), now.Time()
	if moment.YearDay() == today.YearDay() && moment.Year() == today.Year() {
		return moment.Format(time.TimeOnly)
	}
	return moment.Format(time.DateTime)
}
