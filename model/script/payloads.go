package script

import (
	"fmt"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views/report"
)

// download downloads the outputs of a succeeded task. hasResult says that fetched is valid.
func (m *monitor) download(t *poller.Task, fetched poller.FetchedResult, hasResult bool) {
	if m.options.Downloads == nil {
		return
	}
	jobs := download.Jobs(t.Request, fetched.Result.Outputs)
	switch {
	case !hasResult || fetched.Fault != nil:
		m.withoutOutput++
		m.printer.notice(idOf(t) + " has succeeded, and its outputs are not downloaded: its result was not fetched")
	case len(jobs) == 0:
		m.withoutOutput++
		m.printer.notice(idOf(t) + " has succeeded, and there is no output to download")
	default:
		m.options.Downloads.Add(jobs...)
	}
}

// outputCounts returns the number of outputs on disk, of those that are not, and of the latter that are
// still being downloaded.
func (m *monitor) outputCounts() (onDisk, missing, active int) {
	if m.options.Downloads == nil {
		return 0, 0, 0
	}
	counts := m.options.Downloads.Snapshot().Counts
	active = counts[download.Waiting] + counts[download.Running]
	return counts[download.Done] + counts[download.AlreadyDownloaded], counts[download.Failed] + active + m.withoutOutput, active
}

// failedDownload identifies an output.
type failedDownload struct {
	request queue.Key
	n       int
}

// reportDownloads reports the downloads that have failed since the last call.
func (m *monitor) reportDownloads() {
	if m.options.Downloads == nil {
		return
	}
	for _, f := range m.options.Downloads.Snapshot().Files {
		id := failedDownload{f.Request, f.N}
		if f.State == download.Failed && !m.failedDownloads[id] {
			m.failedDownloads[id] = true
			m.printer.notice(fmt.Sprintf("not downloaded: %s: %s", f.Name, f.Error))
		}
	}
}

// outputsText returns how many outputs are on disk, "" without downloads.
func (m *monitor) outputsText() string {
	onDisk, missing, _ := m.outputCounts()
	switch {
	case m.options.Downloads == nil:
		return ""
	case missing > 0:
		return fmt.Sprintf("outputs: %d on disk, %d not", onDisk, missing)
	}
	return fmt.Sprintf("outputs: %d on disk", onDisk)
}

// applyPayloads applies the payloads of an update that are followed: those of the batch, or all of the
// session where no batch or task is named.
func (m *monitor) applyPayloads(payloads []*poller.Payload) {
	for _, p := range payloads {
		if p.CreatedElsewhere && p.Attempt == 1 || m.options.Batch != p.Batch && (m.options.Batch != 0 || m.others != nil) {
			continue
		}
		old := m.payloads[p.Number]
		m.payloads[p.Number] = p
		m.reportPayload(old, p)
	}
}

func (m *monitor) reportPayload(old, p *poller.Payload) {
	if p.Pending() {
		if p.Fault != nil && m.isNew(topic{what: "payload"}, p.Fault.Error()) {
			m.printer.notice("not submitted yet, and tried again: " + p.Fault.Error())
		}
		return
	}
	if old != nil && old.State == p.State && old.Attempt == p.Attempt {
		return
	}
	if text := report.Submission(p); text != "" {
		m.printer.notice(text)
	}
	m.printer.object(report.SubmissionOf(p, m.options.Clock()))
}

func (m *monitor) submissions() (counts report.Submissions) {
	for _, p := range m.payloads {
		counts[p.State]++
	}
	// Payloads of the batch that were in no update yet are waiting.
	counts[poller.PayloadWaiting] += max(m.options.Payloads-len(m.payloads), 0)
	return counts
}

func (m *monitor) toSubmit() int { return m.submissions().Pending() }

// canSubmit reports whether a payload that waits can be submitted with the present key.
func (m *monitor) canSubmit() bool {
	for _, p := range m.payloads {
		if p.Pending() && m.refusal(p.Base, p.Endpoint) == nil {
			return true
		}
	}
	return len(m.payloads) < m.options.Payloads
}

// notSubmittedText returns the message about payloads that are not submitted when the run ends.
func (m *monitor) notSubmittedText(reason string, live int) string {
	text := fmt.Sprintf("%d of %d payloads are not submitted", m.toSubmit(), max(len(m.payloads), m.options.Payloads))
	switch {
	case live == 1:
		text += ", and 1 task has not ended"
	case live > 1:
		text += fmt.Sprintf(", and %d tasks have not ended", live)
	}
	if reason == report.ReasonRefused {
		return "the key is refused: " + text + ": give another"
	}
	return fmt.Sprintf("the time of %v is up: %s", m.options.Timeout, text)
}
