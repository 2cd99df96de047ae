package actions

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/input"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/views"
)

// downloadsInterval is the least time between two updates of the downloads' progress.
const downloadsInterval = 100 * time.Millisecond

func (a *Actions) followDownloads() tea.Cmd {
	d := a.options.Downloads
	if d == nil {
		return nil
	}
	return follow(d.Changed(), func() common.Then {
		time.Sleep(downloadsInterval) // a transfer changes hundreds of times a second
		progress := d.Snapshot()
		return func() tea.Cmd { return a.applyDownloads(progress) }
	})
}

// download downloads the outputs of the tasks that have succeeded. It first fetches the results
// that have not arrived.
func (a *Actions) download(msg common.Command) tea.Cmd {
	if a.options.Downloads == nil {
		return a.say(views.LevelInfo, "downloads are off")
	}
	seqs := succeededSeqs(msg.Tasks)
	if len(seqs) == 0 {
		return a.say(views.LevelInfo, "nothing to download: no task here has succeeded")
	}
	text := "downloading the outputs of " + views.Plural(len(seqs), "task") + " to " + a.options.OutputDir
	if left := len(msg.Tasks) - len(seqs); left > 0 {
		text += fmt.Sprintf(" (%d others have not succeeded)", left)
	}
	a.env.Say(views.LevelInfo, text)
	a.env.Post(common.ClearMarks{})
	return a.downloadAll(seqs)
}

// resumeDownloads downloads the outputs of restored tasks whose removal ended the wait for their results.
func (a *Actions) resumeDownloads(restored []*poller.Task) tea.Cmd {
	return a.downloadAll(common.SeqsWhere(restored, func(t *poller.Task) bool {
		ended := a.endedDownloads[t.Request.Key()]
		delete(a.endedDownloads, t.Request.Key())
		return ended
	}))
}

func (a *Actions) downloadAll(seqs []int32) tea.Cmd {
	var ready, missing []int32
	for _, seq := range seqs {
		a.pendingDownloads[seq] = true
		if a.fetched(seq) != nil {
			ready = append(ready, seq)
		} else {
			missing = append(missing, seq)
		}
	}
	return tea.Batch(a.startDownloads(ready), func() tea.Msg {
		for _, seq := range missing {
			a.poller.Fetch(seq)
		}
		return nil
	})
}

// queueDownloads marks tasks that have just succeeded for download, with Options.Download. It
// leaves out those of an earlier run.
func (a *Actions) queueDownloads(tasks []*poller.Task) {
	if !a.options.Download || a.options.Downloads == nil {
		return
	}
	for _, seq := range succeededSeqs(tasks) {
		if a.updated && !a.succeeded[seq] {
			a.pendingDownloads[seq] = true
		}
		a.succeeded[seq] = true
	}
}

func (a *Actions) startDownloads(seqs []int32) tea.Cmd {
	var jobs []download.Job
	for _, seq := range seqs {
		f, ok := a.poller.Result(seq)
		t := a.env.Tasks.Get(seq)
		if !ok || f.Pending || t == nil {
			continue
		}
		delete(a.pendingDownloads, seq)
		if f.Fault != nil {
			a.env.Say(views.LevelBad, "no result to download of "+t.Request.ID+": "+f.Fault.Error())
			continue
		}
		jobs = append(jobs, download.Jobs(t.Request, f.Result.Outputs)...)
	}
	if len(jobs) == 0 {
		return nil
	}
	a.adding++
	return func() tea.Msg {
		a.options.Downloads.Add(jobs...)
		progress := a.options.Downloads.Snapshot()
		return common.Then(func() tea.Cmd {
			a.adding--
			return a.applyDownloads(progress)
		})
	}
}

func (a *Actions) applyDownloads(progress download.Progress) tea.Cmd {
	a.downloads = progress
	a.env.Post(common.DownloadsChanged{Progress: progress})
	if counts := progress.Counts; counts[download.Waiting]+counts[download.Running]+a.adding+len(a.pendingDownloads) == 0 {
		a.reportDownloads(counts[download.Done]+counts[download.AlreadyDownloaded], counts[download.Failed])
	}
	a.quitIfDone()
	return nil
}

func (a *Actions) reportDownloads(allDone, allFailed int) {
	done, failed := allDone-a.reportedDone, allFailed-a.reportedFailed
	a.reportedDone, a.reportedFailed = allDone, allFailed
	text, why := "downloaded "+views.Plural(done, "file")+" to "+a.options.OutputDir, ""
	for _, f := range a.downloads.Files {
		if f.State == download.Failed {
			why = f.Error
		}
	}
	switch {
	case failed > 0 && done == 0:
		a.env.Say(views.LevelBad, "download failed: "+why)
	case failed > 0:
		a.env.Say(views.LevelBad, fmt.Sprintf("%s, %d failed: %s", text, failed, why))
	case done > 0:
		a.env.Say(views.LevelGood, text)
	}
}

// Active reports whether a download is under way.
func (a *Actions) Active() bool { return a.options.Downloads != nil && a.options.Downloads.Active() }

// refreshDownloads posts the progress of downloads under way, whose rate changes without a signal.
func (a *Actions) refreshDownloads() {
	if a.Active() {
		a.downloads = a.options.Downloads.Snapshot()
		a.env.Post(common.DownloadsChanged{Progress: a.downloads})
	}
}

func (a *Actions) followExec() tea.Cmd {
	e := a.options.Exec
	if e == nil {
		return nil
	}
	return follow(e.Changed(), func() common.Then {
		_, running, done, failed, lastError := e.Counts()
		return func() tea.Cmd {
			switch {
			case failed > a.execFailed:
				a.env.Say(views.LevelBad, fmt.Sprintf("--exec: %s: %s", views.Plural(failed, "command")+" failed", lastError))
			case running == 0 && done > a.execDone:
				a.env.Say(views.LevelInfo, "--exec: "+views.Plural(done, "command")+" run")
			}
			a.execDone, a.execFailed = done, failed
			a.quitIfDone()
			return nil
		}
	})
}

func (a *Actions) followStreams() tea.Cmd {
	if a.options.Streams == nil {
		return nil
	}
	return func() tea.Msg {
		news, ok := a.options.Streams.Next(a.options.Context)
		if !ok {
			return nil
		}
		return common.Then(func() tea.Cmd { return tea.Batch(a.reportStream(news), a.followStreams()) })
	}
}

// reportStream reports the state of a stream. The tasks that it read come last, because a later
// notice replaces an earlier one.
func (a *Actions) reportStream(s input.Status) tea.Cmd {
	for _, n := range s.Notices {
		level := views.LevelInfo
		if n.Trouble {
			level = views.LevelBad
		}
		a.env.Report(level, n.Text)
	}
	a.env.Post(common.TasksRead{Tracked: s.Tracked, Problems: s.Problems, Questions: s.Questions, RefusedLines: s.RefusedLines, QuestionCount: s.QuestionCount, From: s.From})
	return nil
}
