package views

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views/safe"
)

// outcome adds the state and its meaning, the reason and the advice, and the result.
func (w *paneWriter) outcome(d *Detail) {
	t := d.Task
	w.stateLine(t)
	if d.Slow != "" {
		w.text(w.styles.Warn, slowWord+": "+d.Slow)
	}
	if hasUnknownStatus(t) {
		w.text(w.styles.Warn, capitalized(UnrecognizedStatus(t))+". The state above is the last known one.")
	}
	if hasProgress(t) {
		w.text(w.styles.State[poller.Running], progressText(t))
	}
	w.stateReason(t)
	w.trouble(t, d.WaitReason)
	w.result(d.Result, t.State)
	w.logs(d.Logs)
}

// facts adds the times of the task's changes and what identifies its request.
func (w *paneWriter) facts(d *Detail) {
	t := d.Task
	w.timeline(d)
	w.section("Request")
	w.field("id", w.styles.Strong, t.Name())
	w.field("endpoint", w.styles.Text, t.Request.Endpoint)
	w.field("label", w.styles.Text, t.Request.Label)
	w.field("their id", w.styles.Text, t.ServiceRequestID)
	if t.CostUnit != "" {
		w.field("cost", w.styles.Text, Cost(t.Cost, t.CostUnit))
	}
}

func (w *paneWriter) addresses(d *Detail) {
	if r := d.Task.Request; !d.Task.Unsent() {
		w.section("Addresses")
		w.field("status", w.styles.Text, r.StatusURL())
		w.field("response", w.styles.Text, r.ResponseURL())
		w.field("cancel", w.styles.Text, r.CancelURL())
	}
	w.raw(d.Raw)
}

func (w *paneWriter) stateLine(t *poller.Task) {
	text := stateText(t)
	switch {
	case t.Unsent():
	case isCanceling(t):
		text += "  the service was asked to; the next answer tells what came of it"
	case t.ErrorType != "" && t.State == poller.Failed:
		text += "  " + safe.Line(t.ErrorType)
	case t.State == poller.Queued && t.QueuePosition > 0:
		text += "  place " + strconv.Itoa(int(t.QueuePosition)) + " in the queue"
	case t.State == poller.New && !hasUnknownStatus(t):
		text += "  no answer yet"
	case t.State == poller.Reading:
		text += "  completed at the service; its result tells whether it succeeded"
	}
	w.text(w.styles.State[displayState(t)], text)
}

// stateNote explains a state that is not the service's own outcome. The task's error follows it
// below the title, which is "Why" if it is "".
type stateNote struct{ meaning, advice, title string }

// stateNotes explain states of tasks, and unsentNotes those of payloads without a task.
var (
	stateNotes = map[poller.State]stateNote{
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
	unsentNotes = map[poller.State]stateNote{
		poller.New: {meaning: "Its payload is sent as soon as other tasks of the batch have ended.", advice: "del gives it up."},
		poller.Unread: {
			meaning: "Nobody knows whether the service has created a task: no answer came that tells.",
			advice:  "R submits it again all the same, del gives it up. Look at the service's own list first, if it has one.",
		},
		poller.Failed: {meaning: "The service refused to create a task.", advice: "R submits it again, E edits it first."},
	}
)

func (w *paneWriter) stateReason(t *poller.Task) {
	note, hasNote := stateNotes[t.State]
	if t.Unsent() {
		note, hasNote = unsentNotes[t.State], true
	}
	switch {
	case hasNote:
		w.text(w.styles.Text, note.meaning)
		w.advice(note.advice)
		if t.Error != "" {
			w.section(cmp.Or(note.title, "Why"))
			w.text(w.styles.Text, t.Error)
		}
		if t.State != poller.NotFound { // its advice says the same
			w.field("next step", w.styles.Strong, t.NextStep)
		}
	case t.State.Terminal() && t.State != poller.Succeeded:
		w.failure(t)
	}
}

func (w *paneWriter) failure(t *poller.Task) {
	explanation := explain(t)
	switch {
	case explanation.Meaning != "":
		w.text(w.styles.Text, capitalized(explanation.Meaning)+".")
		w.advice(explanation.Advice)
	case t.ErrorType != "":
		w.text(w.styles.Dim, "This error type is not among the documented ones.")
	default:
		w.text(w.styles.Dim, "The service gave no error type.")
	}
	if t.Error == "" && t.State == poller.Canceled {
		return
	}
	w.section("Error")
	if t.Error == "" {
		w.text(w.styles.Dim, "The service gave no message.")
	}
	w.text(w.styles.Text, ErrorText(t))
	w.field("provider", w.styles.Text, t.ProviderError)
	w.field("next step", w.styles.Strong, t.NextStep)
}

// trouble adds why the last poll brought no answer, and that the state is the last known one.
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
	w.text(w.styles.Text, text+".")
	if t.State != poller.New && t.State != poller.Reading {
		w.text(w.styles.Dim, "The state above is the last known one.")
	}
}

func capitalized(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// timeline adds the times of the task's changes, how long each took, and what is usual.
func (w *paneWriter) timeline(d *Detail) {
	t := d.Task
	w.section("Timeline")
	last, verb := poller.Stamp(0), "after"
	event := func(label string, at poller.Stamp) {
		if at == 0 {
			return
		}
		text := clock(at, w.now)
		if last != 0 {
			text += "   " + verb + " " + Duration(at.Sub(last))
		}
		w.field(label, w.styles.Text, text)
		last = at
	}
	event("added", t.Added)
	event("queued", t.Queued)
	event("running", t.Started)
	if t.Started != 0 {
		verb = "ran"
	}
	if t.State.Terminal() {
		event(t.State.String(), t.Ended)
	} else if last != 0 {
		event("now", w.now)
	}
	if t.InferenceTime >= 0 {
		w.field("inference", w.styles.Text, strconv.FormatFloat(t.InferenceTime, 'f', 2, 64)+" s")
	}
	if d.StartsIn > 0 {
		w.field("starts", w.styles.Text, startsInText(d.StartsIn))
	}
	if d.Usual > 0 {
		w.field("usual", w.styles.Text, Duration(d.Usual)+" (95 % under "+Duration(d.P95)+")")
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
	w.field("polls", w.styles.Text, polls)
	if t.Attempt > 1 {
		w.field("attempt", w.styles.Text, strconv.Itoa(int(t.Attempt)))
		w.field("retry of", w.styles.Text, t.RetryOf)
	}
}

// clock returns the local time of day, with the date if that is not today.
func clock(at, now poller.Stamp) string { return formatStamp(at, now, time.DateTime, time.DateTime) }

// shortClock returns the local time of day, the day of this year or the month of another one, in
// at most eight cells.
func shortClock(at, now poller.Stamp) string { return formatStamp(at, now, "Jan 02", "2006-01") }

// formatStamp returns the time of day of today, and other times in the layout day for this year or
// year for another one; "" for 0.
func formatStamp(at, now poller.Stamp, day, year string) string {
	t, today := at.Time(), now.Time()
	switch {
	case at == 0:
		return ""
	case t.Year() != today.Year():
		return t.Format(year)
	case t.YearDay() != today.YearDay():
		return t.Format(day)
	}
	return t.Format(time.TimeOnly)
}
