package script

import (
	"fmt"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/views/safe"
)

// download downloads the outputs of a task that has succeeded. known says that its result was
// fetched.
func (w *watch) download(t *poller.Task, fetched poller.Fetched, known bool) {
	if w.options.Downloads == nil {
		return
	}
	jobs := download.Jobs(t.Request, fetched.Result.Outputs)
	if !known || fetched.Fault != nil || len(jobs) == 0 {
		w.missing[t.Seq] = true
		w.printer.notice(short(t) + " has succeeded, and there is no output to download")
		return
	}
	w.options.Downloads.Add(jobs...)
}

// downloading reports whether outputs are still being downloaded.
func (w *watch) downloading() bool { return w.options.Downloads != nil && w.options.Downloads.Active() }

// files returns how many outputs are on disk, and how many could not be had.
func (w *watch) files() (there, failed int) {
	if w.options.Downloads == nil {
		return 0, 0
	}
	counts := w.options.Downloads.Snapshot().Counts
	return counts[download.Done] + counts[download.AlreadyThere], counts[download.Failed] + len(w.missing)
}

// reportDownloads reports the downloads that have newly failed.
func (w *watch) reportDownloads() {
	failed := 0
	for _, f := range w.options.Downloads.Snapshot().Files {
		if f.State != download.Failed {
			continue
		}
		if failed++; failed > w.notDownloaded {
			w.printer.notice(safe.Line(fmt.Sprintf("not downloaded: %s: %s", f.Name, f.Error)))
		}
	}
	w.notDownloaded = max(w.notDownloaded, failed)
}

// changedDownloads returns the channel that tells of changes, nil without downloads.
func (w *watch) changedDownloads() <-chan struct{} {
	if w.options.Downloads == nil {
		return nil
	}
	return w.options.Downloads.Changed()
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
