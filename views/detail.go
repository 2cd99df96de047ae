package views

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views/safe"
)

// story adds what the task is about: the state and what it means first, then why and what
// to do, and what was made.
func (w *paneWriter) story(d *Detail) {
	t := d.Task
	w.state(t)
	if d.Slow != "" {
		w.text(w.ink.Warn, slowWord+": "+d.Slow)
	}
	if flagged(t) {
		w.text(w.ink.Warn, capital(UnrecognizedStatus(t))+". The state above is the last known one.")
	}
	if progressing(t) {
		w.text(w.ink.State[poller.Running], progressText(t))
	}
	w.reason(t)
	w.trouble(t, d.WaitReason)
	w.result(d.Result, t.State)
	w.logs(d.Logs)
}

// facts adds when what happened, in the local time zone, and what was asked for.
func (w *paneWriter) facts(d *Detail) {
	t := d.Task
	w.timeline(d)
	w.section("Request")
	w.field("id", w.ink.Strong, t.Name())
	w.field("endpoint", w.ink.Text, t.Request.Endpoint)
	w.field("label", w.ink.Text, t.Request.Label)
	w.field("their id", w.ink.Text, t.ServiceRequestID)
	if t.CostUnit != "" {
		w.field("cost", w.ink.Text, Cost(t.Cost, t.CostUnit))
	}
}

func (w *paneWriter) sources(d *Detail) {
	if r := d.Task.Request; !d.Task.Unsent() {
		w.section("Addresses")
		w.field("status", w.ink.Text, r.StatusURL())
		w.field("response", w.ink.Text, r.ResponseURL())
		w.field("cancel", w.ink.Text, r.CancelURL())
	}
	w.raw(d.Raw)
}

func (w *paneWriter) state(t *poller.Task) {
	text := taskLabel(t)
	switch {
	case t.Unsent():
	case canceling(t):
		text += "  the service was asked to; the next answer tells what came of it"
	case t.ErrorType != "" && t.State == poller.Failed:
		text += "  " + safe.Line(t.ErrorType)
	case t.State == poller.Queued && t.QueuePosition > 0:
		text += "  place " + strconv.Itoa(int(t.QueuePosition)) + " in the queue"
	case t.State == poller.New && !flagged(t):
		text += "  no answer yet"
	case t.State == poller.Reading:
		text += "  completed at the service; its result tells whether it succeeded"
	}
	w.text(w.ink.State[stateOf(t)], text)
}

// ending says what a state means that is no outcome of the service's, and what the reader can
// do. The reason stands below the title, "Why" where there is none.
type ending struct{ meaning, advice, title string }

// endings are those of tasks, and unsent those of payloads that have no task.
var (
	endings = map[poller.State]ending{
		poller.Expired: {meaning: "The service does not keep the result any more, so whether the task succeeded can't be known."},
		poller.Unread: {
			meaning: "Completed at the service, but the result was not read, so whether the task succeeded is not known.",
			advice:  "r reads it now.",
		},
		poller.NotFound: {
			meaning: "The service does not know this request; it is not asked again.",
			advice:  "Check the id, the endpoint and whose key is used.",
			title:   "Given up",
		},
	}
	unsent = map[poller.State]ending{
		poller.New: {meaning: "Its payload is sent as soon as other tasks of the batch have ended.", advice: "del gives it up."},
		poller.Unread: {
			meaning: "Nobody knows whether the service has created a task: no answer came that tells.",
			advice:  "R submits it again all the same, del gives it up. Look at the service's own list first, if it has one.",
		},
		poller.Failed: {meaning: "The service refused to create a task.", advice: "R submits it again, E edits it first."},
	}
)

func (w *paneWriter) reason(t *poller.Task) {
	end, known := endings[t.State]
	if t.Unsent() {
		end, known = unsent[t.State], true
	}
	switch {
	case known:
		w.text(w.ink.Text, end.meaning)
		w.advice(end.advice)
		if t.Error != "" {
			w.section(cmp.Or(end.title, "Why"))
			w.text(w.ink.Text, t.Error)
		}
		if t.State != poller.NotFound { // the advice says it
			w.field("next step", w.ink.Strong, t.NextStep)
		}
	case t.State.Terminal() && t.State != poller.Succeeded:
		w.failure(t)
	}
}

func (w *paneWriter) failure(t *poller.Task) {
	known := explain(t)
	switch {
	case known.Meaning != "":
		w.text(w.ink.Text, capital(known.Meaning)+".")
		w.advice(known.Advice)
	case t.ErrorType != "":
		w.text(w.ink.Dim, "This error type is not among the documented ones.")
	default:
		w.text(w.ink.Dim, "The service gave no error type.")
	}
	if t.Error == "" && t.State == poller.Canceled {
		return
	}
	w.section("Error")
	if t.Error == "" {
		w.text(w.ink.Dim, "The service gave no message.")
	}
	w.text(w.ink.Text, ErrorText(t))
	w.field("provider", w.ink.Text, t.ProviderError)
	w.field("next step", w.ink.Strong, t.NextStep)
}

// trouble adds why the last poll brought no answer. It says nothing of the
// task, and the pane says so.
func (w *paneWriter) trouble(t *poller.Task, waits string) {
	if t.Trouble == nil || t.State.Terminal() {
		return
	}
	title, text := "Last poll brought no answer", Plural(int(t.Failures), "poll")
	if t.State == poller.Reading {
		title, text = "The result could not be read yet", Plural(int(t.Failures), "try")
	}
	w.section(title)
	w.fault(t.Trouble)
	text += " in a row without an answer"
	switch {
	case waits != "":
		text += "; " + waits
	case t.Next != 0:
		text += "; next try " + nextTry(t.Next, w.now)
	}
	w.text(w.ink.Text, text+".")
	if t.State != poller.New && t.State != poller.Reading {
		w.text(w.ink.Dim, "The state above is the last known one.")
	}
}

// capital returns a sentence with its first letter in upper case.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

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
	if d.StartsIn > 0 {
		w.field("starts", w.ink.Text, startsText(d.StartsIn))
	}
	if d.Usual > 0 {
		w.field("usual", w.ink.Text, Duration(d.Usual)+" (95 % under "+Duration(d.P95)+")")
	}
	polls := strconv.FormatUint(uint64(t.Polls), 10)
	if t.Seen != 0 {
		polls += ", last answer " + Duration(w.now.Sub(t.Seen)) + " ago"
	}
	switch {
	case d.WaitReason != "":
		polls += "; " + d.WaitReason
	case t.Next != 0 && t.Trouble == nil:
		polls += ", next " + nextTry(t.Next, w.now)
	}
	w.field("polls", w.ink.Text, polls)
	if t.Attempt > 1 {
		w.field("attempt", w.ink.Text, strconv.Itoa(int(t.Attempt)))
		w.field("retry of", w.ink.Text, t.RetryOf)
	}
}

// clock returns a moment as the time of day, with the date where it is not that of now.
func clock(at, now poller.Stamp) string { return moment(at, now, time.DateTime, time.DateTime) }

// shortClock returns a moment in at most eight cells: the time of day, the day where it is not
// that of now, or the month of another year.
func shortClock(at, now poller.Stamp) string { return moment(at, now, "Jan 02", "2006-01") }

// moment returns the time of day, or a moment of another day or another year by the layout for that.
func moment(at, now poller.Stamp, day, year string) string {
	moment, today := at.Time(), now.Time()
	switch {
	case at == 0:
		return ""
	case moment.Year() != today.Year():
		return moment.Format(year)
	case moment.YearDay() != today.YearDay():
		return moment.Format(day)
	}
	return moment.Format(time.TimeOnly)
}
