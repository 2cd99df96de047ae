package views

import (
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// labelWidth is the width of the labels before the values in the detail pane,
// and labelLeast the width of the pane from which on there are such.
const (
	labelWidth = 10
	labelLeast = 30
)

// story adds what the task is about: the state and what it means first, then why and what
// to do, and what was made.
func (w *paneWriter) story(d *Detail) {
	t := d.Task
	w.state(t)
	w.slow(d.Slow)
	w.live(t)
	w.reason(t)
	w.trouble(t, d.Waits)
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

// sources adds the addresses, and the last answer as it came.
func (w *paneWriter) sources(d *Detail) {
	if r := d.Task.Request; !d.Task.Unsent() {
		w.section("Addresses")
		w.field("status", w.ink.Text, r.StatusURL())
		w.field("response", w.ink.Text, r.ResponseURL())
		w.field("cancel", w.ink.Text, r.CancelURL())
	}
	w.raw(d.Raw)
}

// paneWriter puts the pane's lines together.
type paneWriter struct {
	Pane
	width int
	ink   *theme.Ink
	now   poller.Stamp
}

func newPaneWriter(f Frame, width int) *paneWriter {
	return &paneWriter{width: max(width, 1), ink: &f.Theme.Plain, now: f.Now}
}

// text adds a text in one style, wrapped.
func (w *paneWriter) text(style, text string) {
	for _, line := range safe.Wrap(text, w.width) {
		w.Lines = append(w.Lines, style+line+theme.Reset)
	}
}

// advice adds what the reader can do next.
func (w *paneWriter) advice(text string) {
	for i, line := range safe.Wrap(text, max(w.width-2, 1)) {
		before := "  "
		switch {
		case w.width < 3:
			before = ""
		case i == 0:
			before = w.ink.Accent + "→ "
		}
		w.Lines = append(w.Lines, before+w.ink.Text+line+theme.Reset)
	}
}

// section starts a section: an empty line and a heading.
func (w *paneWriter) section(title string) {
	w.Lines = append(w.Lines, "")
	w.text(w.ink.Heading, title)
}

// field adds a label and a value, wrapped beside it. A field without a value
// is left out.
func (w *paneWriter) field(label, style, value string) {
	if value == "" {
		return
	}
	indent := w.width - w.valueWidth()
	if indent == 0 {
		w.text(w.ink.Dim, label)
	}
	lines := safe.Wrap(value, w.width-indent)
	for i, line := range lines {
		before := ""
		switch {
		case indent > 0 && i == 0:
			before = w.ink.Dim + label + strings.Repeat(" ", max(indent-len(label), 0))
		case indent > 0:
			before = strings.Repeat(" ", indent)
		}
		w.Lines = append(w.Lines, before+style+line+theme.Reset)
	}
}

// valueWidth returns how wide the values beside the labels are: all of the
// width where labels have lines of their own.
func (w *paneWriter) valueWidth() int {
	if w.width < labelLeast {
		return w.width
	}
	return w.width - labelWidth
}

// state adds the state, and what else tells it in a word or two.
func (w *paneWriter) state(t *poller.Task) {
	text := taskLabel(t)
	switch {
	case t.Unsent():
	case canceling(t):
		text = cancelingLabel(t.State) + "  the service was asked to; the next answer tells what came of it"
	case t.ErrorType != "" && t.State == poller.Failed:
		text += "  " + safe.Line(t.ErrorType)
	case t.State == poller.Queued && t.QueuePosition > 0:
		text += "  place " + strconv.Itoa(int(t.QueuePosition)) + " in the queue"
	case t.State == poller.New && !flagged(t):
		text += "  no answer yet"
	case t.State == poller.Reading:
		text += "  completed at the service; its result tells whether it succeeded"
	}
	w.text(stateStyle(w.ink, t), text)
}

// slow adds why the task counts as slow.
func (w *paneWriter) slow(why string) {
	if why != "" {
		w.text(w.ink.Warn, slowWord+": "+why)
	}
}

// live adds what the service tells of a live task beside its state: how much is done,
// or a status that polltop does not know.
func (w *paneWriter) live(t *poller.Task) {
	if flagged(t) {
		w.text(w.ink.Warn, capital(UnrecognizedStatus(t))+". The state above is the last known one.")
	}
	if progressing(t) {
		w.text(w.ink.State[poller.Running], progressText(t))
	}
}

// reason adds why the task ended as it did, and what to do about it.
func (w *paneWriter) reason(t *poller.Task) {
	if t.Unsent() {
		w.unsent(t)
		return
	}
	switch t.State {
	case poller.Failed, poller.Canceled, poller.Retried:
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
	case poller.Expired:
		w.text(w.ink.Text, "The service does not keep the result any more, so whether the task succeeded can't be known.")
		w.given("Why", t.Error)
		w.field("next step", w.ink.Strong, t.NextStep)
	case poller.Unread:
		w.text(w.ink.Text, "Completed at the service, but the result was not read, so whether the task succeeded is not known.")
		w.advice("r reads it now.")
		w.given("Why", t.Error)
		w.field("next step", w.ink.Strong, t.NextStep)
	case poller.NotFound:
		w.text(w.ink.Text, "The service does not know this request; it is not asked again.")
		w.advice("Check the id, the endpoint and whose key is used.")
		w.given("Given up", t.Error)
	}
}

// given adds a section with a reason, if there is one.
func (w *paneWriter) given(title, reason string) {
	if reason != "" {
		w.section(title)
		w.text(w.ink.Text, reason)
	}
}

// trouble adds why the last poll brought no answer. It says nothing of the
// task, and the pane says so.
func (w *paneWriter) trouble(t *poller.Task, waits string) {
	f := t.Trouble
	if f == nil || t.State.Terminal() {
		return
	}
	if t.State == poller.Reading {
		w.section("The result could not be read yet")
	} else {
		w.section("Last poll brought no answer")
	}
	w.fault(f)
	text := plural(int(t.Failures), "poll", "polls")
	if t.State == poller.Reading {
		text = plural(int(t.Failures), "try", "tries")
	}
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
