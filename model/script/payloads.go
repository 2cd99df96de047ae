package script

import (
	"fmt"

	"polltop/poller"
	"polltop/views/report"
	"polltop/views/safe"
)

// applyPayloads applies the snapshots of watched payloads and reports them.
func (w *watch) applyPayloads(payloads []*poller.Payload) {
	for _, p := range payloads {
		if isGiven := p.Given && p.Attempt == 1; isGiven || w.options.Batch != p.Batch && (w.options.Batch != 0 || w.unnamed != nil) {
			continue
		}
		old := w.payloads[p.Number]
		w.payloads[p.Number] = p
		w.reportPayload(old, p)
	}
}

// reportPayload reports what came of sending a payload.
func (w *watch) reportPayload(old, p *poller.Payload) {
	why := ""
	if p.Fault != nil {
		why = p.Fault.Error()
	}
	if p.Pending() {
		if why != "" && why != w.refusal {
			w.refusal = why
			w.printer.notice(safe.Line("not submitted yet, and tried again: " + why))
		}
		return
	}
	if old != nil && old.State == p.State && old.Attempt == p.Attempt {
		return
	}
	if text := report.Submission(p); text != "" {
		w.printer.notice(text)
	}
	w.printer.object(report.SubmissionOf(p, w.options.Clock()))
}

// submissions returns the number of watched payloads by state.
func (w *watch) submissions() (counts report.Submissions) {
	for _, p := range w.payloads {
		counts[p.State]++
	}
	// Those of the batch that no update has brought yet.
	counts[poller.PayloadWaiting] += max(w.options.Payloads-len(w.payloads), 0)
	return counts
}

// toSubmit returns how many payloads are yet to be submitted.
func (w *watch) toSubmit() int { return w.submissions().Pending() }

// canSubmit reports whether a payload that waits can be submitted without another key.
func (w *watch) canSubmit() bool {
	for _, p := range w.payloads {
		about := &poller.Task{}
		about.Request.Base, about.Request.Endpoint = p.Base, p.Endpoint
		if p.Pending() && w.denied(about) == nil {
			return true
		}
	}
	return len(w.payloads) < w.options.Payloads
}

// unsentText returns the message about payloads that are not submitted at the end.
func (w *watch) unsentText(reason string, live int) string {
	text := fmt.Sprintf("%d of %d payloads are not submitted", w.toSubmit(), max(len(w.payloads), w.options.Payloads))
	if live > 0 {
		text += fmt.Sprintf(", and %d tasks have not ended", live)
	}
	if reason == report.ReasonRefused {
		return "the key is refused: " + text + ": give another"
	}
	return fmt.Sprintf("the time of %v is up: %s", w.options.Timeout, text)
}
