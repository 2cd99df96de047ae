package script

import (
	"fmt"
	"io"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// Progress says what is told for people.
type Progress uint8

// What is told for people.
const (
	// Plain is a line for each change on Out, unless Out has JSON.
	Plain Progress = iota
	// Line is one line on Err that is drawn anew, and lines for what failed.
	Line
	// None is nothing but the summary.
	None
)

// redraw is how often the progress line is drawn at most.
const redraw = 100 * time.Millisecond

// progressLine is the line that is drawn anew.
type progressLine struct {
	drawn bool
	at    time.Time
}

// clear takes the line away, so that another can be written.
func (p *progressLine) clear(w io.Writer) {
	if p.drawn {
		io.WriteString(w, "\r\x1b[K")
		p.drawn = false
	}
}

// progress draws how far it all is, if there is a line for that; last takes the
// line away.
func (w *watch) progress(last bool) {
	if w.Progress != Line {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Clock()
	if last {
		w.line.clear(w.Err)
		return
	}
	if now.Sub(w.line.at) < redraw {
		return
	}
	c := w.counts
	text := fmt.Sprintf("%d/%d  ✓ %d  ✗ %d  ▸ %d  · %d  %s", w.ended(), len(w.tasks), c[poller.Succeeded], c[poller.Failed]+c[poller.NotFound],
		c[poller.Running], c[poller.Queued]+c[poller.New], views.Duration(now.Sub(w.begun)))
	// The last column is left free: some terminals wrap when it is written.
	io.WriteString(w.Err, "\r\x1b[K"+safe.Truncate(text, max(w.Width()-1, 1)))
	w.line = progressLine{drawn: true, at: now}
}

// plain tells a change in a line for people.
func (w *watch) plain(event string, t *poller.Task) error {
	bad := t.State == poller.Failed || t.State == poller.Canceled || t.State == poller.NotFound
	switch {
	case w.Progress == None, event == report.EventAdded, w.Progress == Line && !w.Once && !(bad && event == report.EventEnded):
		return nil
	}
	w.mu.Lock()
	w.line.clear(w.Err)
	w.mu.Unlock()
	word, more := t.State.String(), ""
	switch {
	case t.Trouble != nil && !t.State.Terminal():
		word, more = "trouble", t.Trouble.Error()
	case bad:
		more = strings.TrimSpace(t.ErrorType + "  " + t.Error)
	case t.State == poller.Succeeded && t.InferenceTime >= 0:
		more = fmt.Sprintf("inference %.2f s", t.InferenceTime)
	}
	line := fmt.Sprintf("%s  %-9s  %s  %s  %s", w.Clock().Format(time.TimeOnly), word, safe.Line(t.Request.ID), safe.Line(t.Request.Endpoint), safe.Line(more))
	_, err := fmt.Fprintln(w.out, strings.TrimRight(line, " "))
	return err
}

// summary tells how it all ended.
func (w *watch) summary(reason error) error {
	elapsed := w.Clock().Sub(w.begun)
	s := report.SummaryObject{
		Tasks: len(w.tasks) + w.wanting(), Succeeded: w.counts[poller.Succeeded], Failed: w.counts[poller.Failed],
		Canceled: w.counts[poller.Canceled], Unknown: w.counts[poller.NotFound],
		Polls: w.stats.Polls, Requests: w.stats.Requests, RateLimited: w.stats.RateLimited,
	}
	s.Live = s.Tasks - w.ended()
	if reason != nil {
		s.Reason = reason.Error()
	}
	if w.JSON {
		if err := s.Encode(w.out, w.Clock(), elapsed); err != nil {
			return err
		}
		return w.out.Flush()
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	text := fmt.Sprintf("%d tasks: %d succeeded, %d failed, %d canceled, %d unknown, %d live", s.Tasks, s.Succeeded, s.Failed, s.Canceled, s.Unknown, s.Live)
	if reason != nil {
		text += " (" + reason.Error() + ")"
	}
	_, err := fmt.Fprintf(w.Err, "polltop: %s; %d polls in %s\n", safe.Line(text), s.Polls, views.Duration(elapsed))
	return err
}
