package script

import (
	"fmt"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/views/report"
)

// download downloads the outputs of a success. known says that its result was fetched.
func (w *watch) download(t *poller.Task, fetched poller.Fetched, known bool) {
	if w.options.Downloads == nil {
		return
	}
	jobs := download.Jobs(t.Request, fetched.Result.Outputs)
	if !known || fetched.Fault != nil || len(jobs) == 0 {
		w.missing++
		w.printer.notice(short(t) + " has succeeded, and there is no output to download")
		return
	}
	w.options.Downloads.Add(jobs...)
}

func (w *watch) files() (there, failed int) {
	if w.options.Downloads == nil {
		return 0, 0
	}
	counts := w.options.Downloads.Snapshot().Counts
	return counts[download.Done] + counts[download.AlreadyThere], counts[download.Failed] + w.missing
}

// reportDownloads reports the downloads that have newly failed.
func (w *watch) reportDownloads() {
	failed := 0
	for _, f := range w.options.Downloads.Snapshot().Files {
		if f.State != download.Failed {
			continue
		}
		if failed++; failed > w.notDownloaded {
			w.printer.notice(fmt.Sprintf("not downloaded: %s: %s", f.Name, f.Error))
		}
	}
	w.notDownloaded = max(w.notDownloaded, failed)
}

// filesText returns how many outputs are on disk, "" without downloads.
func (w *watch) filesText() string {
	there, failed := w.files()
	switch {
	case w.options.Downloads == nil:
		return ""
	case failed > 0:
		return fmt.Sprintf("outputs: %d on disk, %d not", there, failed)
	}
	return fmt.Sprintf("outputs: %d on disk", there)
}

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

func (w *watch) reportPayload(old, p *poller.Payload) {
	if p.Pending() {
		if p.Fault != nil && w.news(topic{what: "payload"}, p.Fault.Error()) {
			w.printer.notice("not submitted yet, and tried again: " + p.Fault.Error())
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

func (w *watch) submissions() (counts report.Submissions) {
	for _, p := range w.payloads {
		counts[p.State]++
	}
	// Those of the batch that no update has brought yet.
	counts[poller.PayloadWaiting] += max(w.options.Payloads-len(w.payloads), 0)
	return counts
}

func (w *watch) toSubmit() int { return w.submissions().Pending() }

// canSubmit reports whether a payload that waits can be submitted without another key.
func (w *watch) canSubmit() bool {
	for _, p := range w.payloads {
		if p.Pending() && w.denied(p.Base, p.Endpoint) == nil {
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
