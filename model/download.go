package model

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views"
)

// Downloader downloads outputs; a download.Downloader is one.
type Downloader interface {
	Add(jobs ...download.Job) (accepted int)
	Snapshot() download.Progress
	Changed() <-chan struct{}
	Active() bool
}

// downloads is what is known of the downloads.
type downloads struct {
	wanted   map[int32]bool // tasks whose results are to be downloaded when they come
	progress download.Progress
	byTask   map[queue.Key][]download.File
}

// downloadsMsg is how far the downloads are.
type downloadsMsg struct {
	progress download.Progress
	over     bool
}

// downloadsEvery is the least time between two looks at the downloads: as often as a
// progress bar has to move.
const downloadsEvery = 100 * time.Millisecond

// awaitDownloads waits until something has changed with the downloads.
func (m *Model) awaitDownloads() tea.Cmd {
	d := m.options.Downloads
	if d == nil {
		return nil
	}
	return func() tea.Msg {
		_, more := <-d.Changed()
		if more {
			time.Sleep(downloadsEvery) // a transfer changes hundreds of times a second
		}
		return downloadsMsg{progress: d.Snapshot(), over: !more}
	}
}

// download has the outputs of the targets that have succeeded downloaded,
// fetching their results first where need be.
func (m *Model) download() tea.Cmd {
	if m.options.Downloads == nil {
		return m.say(views.LevelInfo, "downloads are off")
	}
	targets := m.targets()
	seqs := seqsOf(targets, func(t *poller.Task) bool { return t.State == poller.Succeeded })
	if len(seqs) == 0 {
		return m.say(views.LevelInfo, "nothing to download: no task here has succeeded")
	}
	text := "downloading the outputs of " + counted(len(seqs), "task") + " to " + m.options.OutputDir
	if left := len(targets) - len(seqs); left > 0 {
		text += fmt.Sprintf(" (%d others have not succeeded)", left)
	}
	m.marks.clear()
	p := m.options.Poller
	var ready, missing []int32
	for _, seq := range seqs {
		m.downloads.wanted[seq] = true
		if f, ok := p.Result(seq); ok && !f.Pending && f.Fault == nil {
			ready = append(ready, seq)
		} else {
			missing = append(missing, seq)
		}
	}
	return tea.Batch(m.say(views.LevelInfo, text), m.startDownloads(ready), func() tea.Msg {
		for _, seq := range missing {
			p.Fetch(seq)
		}
		return nil
	})
}

// startDownloads hands over the outputs of those wanted tasks whose results have
// come.
func (m *Model) startDownloads(seqs []int32) tea.Cmd {
	var jobs []download.Job
	var said tea.Cmd
	for _, seq := range seqs {
		if !m.downloads.wanted[seq] {
			continue
		}
		f, ok := m.options.Poller.Result(seq)
		t := m.index.Get(seq)
		if !ok || f.Pending || t == nil {
			continue
		}
		delete(m.downloads.wanted, seq)
		if f.Fault != nil {
			said = m.say(views.LevelBad, "no result to download of "+t.Request.ID+": "+f.Fault.Error())
			continue
		}
		jobs = append(jobs, jobsOf(t.Request, f.Result.Outputs)...)
	}
	if len(jobs) == 0 {
		return said
	}
	d := m.options.Downloads
	return tea.Batch(said, func() tea.Msg { d.Add(jobs...); return nil })
}

// jobsOf returns the downloads of a request's outputs.
func jobsOf(r queue.Request, outputs []queue.Output) []download.Job {
	jobs := make([]download.Job, 0, len(outputs))
	for i, o := range outputs {
		jobs = append(jobs, download.Job{
			Request: r, N: i + 1, URL: o.URL, Content: o.Content, Data: o.Data, Type: o.Type,
			ContentType: o.ContentType, FileName: o.FileName, Size: o.FileSize,
		})
	}
	return jobs
}

// downloaded takes in how far the downloads are.
func (m *Model) downloaded(msg downloadsMsg) tea.Cmd {
	d := &m.downloads
	before := d.progress.Counts
	d.progress = msg.progress
	d.byTask = map[queue.Key][]download.File{}
	for _, f := range msg.progress.Files {
		d.byTask[f.Request] = append(d.byTask[f.Request], f)
	}
	var said tea.Cmd
	counts := msg.progress.Counts
	// A small file is done before anybody looks, so its end is a greater number of files.
	ended := func(c [download.StateCount]int) int { return c[download.Done] + c[download.AlreadyThere] }
	switch left := counts[download.Waiting] + counts[download.Running]; {
	case counts[download.Failed] > before[download.Failed]:
		said = m.say(views.LevelBad, "download failed: "+lastError(msg.progress.Files))
	case left == 0 && (before[download.Waiting]+before[download.Running] > 0 || ended(counts) > ended(before)):
		said = m.say(views.LevelGood, "downloaded "+counted(ended(counts), "file")+" to "+m.options.OutputDir)
	}
	if msg.over {
		return said
	}
	return tea.Batch(said, m.awaitDownloads(), m.startTicking(), m.leaveWhenDone())
}

func lastError(files []download.File) string {
	for i := len(files) - 1; i >= 0; i-- {
		if files[i].State == download.Failed {
			return files[i].Error
		}
	}
	return ""
}

// files says what came of downloading each of a request's outputs.
func (d *downloads) files(key queue.Key, outputs int) []string {
	files := d.byTask[key]
	if len(files) == 0 {
		return nil
	}
	out := make([]string, outputs)
	for _, f := range files {
		if f.N >= 1 && f.N <= outputs {
			out[f.N-1] = fileText(f)
		}
	}
	return out
}

// notFetched begins the error of an output whose address is refused.
const notFetched = "not fetched: "

func fileText(f download.File) string {
	switch f.State {
	case download.Waiting:
		return "waits to be downloaded"
	case download.Running:
		text := humanize.Bytes(uint64(max(f.Bytes, 0)))
		if f.Total > 0 {
			text = bar(f.Bytes, f.Total) + " " + text + " of " + humanize.Bytes(uint64(f.Total))
		}
		if f.Error != "" {
			text += ": " + f.Error
		}
		return "downloading " + text
	case download.Failed:
		if strings.HasPrefix(f.Error, notFetched) {
			return f.Error
		}
		return "failed: " + f.Error
	}
	return f.Path
}

// barCells is how wide the bar of one file is.
const barCells = 12

// bar draws how much of a file is there.
func bar(done, total int64) string {
	full := int(min(max(done, 0), total) * barCells / total)
	return strings.Repeat("━", full) + strings.Repeat("─", barCells-full)
}

// transfers returns the downloads' progress as it is drawn, nil for none.
func (d *downloads) transfers() *views.Transfers {
	if len(d.progress.Files) == 0 {
		return nil
	}
	c := d.progress.Counts
	return &views.Transfers{
		Files: len(d.progress.Files), Done: c[download.Done] + c[download.AlreadyThere], Failed: c[download.Failed],
		Bytes: d.progress.Bytes, Total: d.progress.Total, PerSecond: d.progress.BytesPerSecond,
	}
}
