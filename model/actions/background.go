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

// downloaded is how far the downloads are, executed how far the commands for ended tasks
// are, news what has come of the streams; over says that no more will come.
type (
	downloaded struct {
		progress download.Progress
		over     bool
	}
	// added is how far the downloads are once further ones were added.
	added    struct{ progress download.Progress }
	executed struct {
		running, done, failed int
		lastError             string
		over                  bool
	}
	news struct {
		input.News
		over bool
	}
)

// downloadsEvery is the least time between two looks at the downloads: as often as a
// progress bar has to move.
const downloadsEvery = 100 * time.Millisecond

// awaitDownloads waits until something has changed with the downloads.
func (a *Actions) awaitDownloads() tea.Cmd {
	d := a.options.Downloads
	if d == nil {
		return nil
	}
	return func() tea.Msg {
		_, more := <-d.Changed()
		if more {
			time.Sleep(downloadsEvery) // a transfer changes hundreds of times a second
		}
		return downloaded{progress: d.Snapshot(), over: !more}
	}
}

// download has the outputs of the tasks that have succeeded downloaded, fetching their
// results first where need be.
func (a *Actions) download(msg common.Command) tea.Cmd {
	if a.options.Downloads == nil {
		a.env.Say(views.LevelInfo, "downloads are off")
		return nil
	}
	seqs := common.Seqs(msg.Tasks, func(t *poller.Task) bool { return t.State == poller.Succeeded })
	if len(seqs) == 0 {
		a.env.Say(views.LevelInfo, "nothing to download: no task here has succeeded")
		return nil
	}
	text := "downloading the outputs of " + common.Counted(len(seqs), "task") + " to " + a.options.OutputDir
	if left := len(msg.Tasks) - len(seqs); left > 0 {
		text += fmt.Sprintf(" (%d others have not succeeded)", left)
	}
	a.env.Say(views.LevelInfo, text)
	a.env.Post(common.ClearMarks{})
	p := a.poller
	var ready, missing []int32
	for _, seq := range seqs {
		a.wanted[seq] = true
		if f, ok := p.Result(seq); ok && !f.Pending && f.Fault == nil {
			ready = append(ready, seq)
		} else {
			missing = append(missing, seq)
		}
	}
	return tea.Batch(a.startDownloads(ready), func() tea.Msg {
		for _, seq := range missing {
			p.Fetch(seq)
		}
		return nil
	})
}

// wantOutputs has the outputs of tasks downloaded that have just succeeded, with
// Options.Download. Those of an earlier run are left to the user.
func (a *Actions) wantOutputs(tasks []*poller.Task) {
	if !a.options.Download || a.options.Downloads == nil {
		return
	}
	for _, t := range tasks {
		if t.State == poller.Succeeded && !a.brought[t.Seq] {
			a.brought[t.Seq] = true
			if a.heard {
				a.wanted[t.Seq] = true
			}
		}
	}
	a.heard = true
}

// startDownloads hands over the outputs of those wanted tasks whose results have
// come.
func (a *Actions) startDownloads(seqs []int32) tea.Cmd {
	var jobs []download.Job
	for _, seq := range seqs {
		f, ok := a.poller.Result(seq)
		t := a.env.Tasks.Get(seq)
		if !ok || f.Pending || t == nil {
			continue
		}
		delete(a.wanted, seq)
		if f.Fault != nil {
			a.env.Say(views.LevelBad, "no result to download of "+t.Request.ID+": "+f.Fault.Error())
			continue
		}
		jobs = append(jobs, download.Jobs(t.Request, f.Result.Outputs)...)
	}
	if len(jobs) == 0 {
		return nil
	}
	d := a.options.Downloads
	a.adding++
	return func() tea.Msg {
		d.Add(jobs...)
		return added{d.Snapshot()}
	}
}

// downloaded takes in how far the downloads are.
func (a *Actions) downloaded(msg downloaded) tea.Cmd {
	a.downloads = msg.progress
	a.env.Post(common.Downloads{Progress: msg.progress})
	if counts := a.downloads.Counts; counts[download.Waiting]+counts[download.Running]+a.adding+len(a.wanted) == 0 {
		a.reportDownloads(counts[download.Done]+counts[download.AlreadyThere], counts[download.Failed])
	}
	if msg.over {
		return nil
	}
	a.leaveWhenDone()
	return a.awaitDownloads()
}

// reportDownloads says what came of a batch of downloads, given how many files have come
// and have not since the start.
func (a *Actions) reportDownloads(there, failed int) {
	came, lost := there-a.there, failed-a.failed
	a.there, a.failed = there, failed
	text := "downloaded " + common.Counted(came, "file") + " to " + a.options.OutputDir
	switch {
	case lost > 0 && came == 0:
		a.env.Say(views.LevelBad, "download failed: "+lastError(a.downloads.Files))
	case lost > 0:
		a.env.Say(views.LevelBad, fmt.Sprintf("%s, %d failed: %s", text, lost, lastError(a.downloads.Files)))
	case came > 0:
		a.env.Say(views.LevelGood, text)
	}
}

func lastError(files []download.File) string {
	for i := len(files) - 1; i >= 0; i-- {
		if files[i].State == download.Failed {
			return files[i].Error
		}
	}
	return ""
}

// Active reports whether a download is under way.
func (a *Actions) Active() bool { return a.options.Downloads != nil && a.options.Downloads.Active() }

// awaitExec waits until something has changed with the commands.
func (a *Actions) awaitExec() tea.Cmd {
	e := a.options.Exec
	if e == nil {
		return nil
	}
	return func() tea.Msg {
		_, more := <-e.Changed()
		msg := executed{over: !more}
		msg.running, msg.done, msg.failed, msg.lastError = e.Counts()
		return msg
	}
}

// execEnded has the command run for the tasks that have ended since the session
// began or was gone on with. While another process polls, that one does it.
func (a *Actions) execEnded(tasks []*poller.Task) tea.Cmd {
	e := a.options.Exec
	if e == nil || a.persistence.Viewing != "" {
		return nil
	}
	var ended []*poller.Task
	for _, t := range tasks {
		if t.HookDue && !a.hooked[t.Seq] {
			a.hooked[t.Seq] = true
			ended = append(ended, t)
		}
	}
	if len(ended) == 0 {
		return nil
	}
	return func() tea.Msg {
		for _, t := range ended {
			e.Add(t)
		}
		return nil
	}
}

// executed says how the commands for ended tasks fare.
func (a *Actions) executed(msg executed) tea.Cmd {
	if msg.over {
		return nil
	}
	switch {
	case msg.failed > a.exec.failed:
		a.env.Say(views.LevelBad, fmt.Sprintf("--exec: %s: %s", common.Counted(msg.failed, "command")+" failed", msg.lastError))
	case msg.running == 0 && msg.done > a.exec.done:
		a.env.Say(views.LevelInfo, "--exec: "+common.Counted(msg.done, "command")+" run")
	}
	a.exec = msg
	a.leaveWhenDone()
	return a.awaitExec()
}

// awaitNews waits for what comes of the streams next.
func (a *Actions) awaitNews() tea.Cmd {
	s, ctx := a.options.Streams, a.options.Context
	if s == nil {
		return nil
	}
	return func() tea.Msg {
		next, ok := s.Next(ctx)
		return news{News: next, over: !ok}
	}
}

// news says what has come of the streams so far.
func (a *Actions) news(msg news) tea.Cmd {
	if msg.over {
		return nil
	}
	for _, s := range msg.Streams {
		// The later takes the place of the earlier, and what was added matters more
		// than that the file is there now.
		for _, n := range s.Notices {
			level := views.LevelInfo
			if n.Trouble {
				level = views.LevelBad
			}
			a.env.Mention(level, n.Text)
		}
		a.env.Post(common.Read{Tracked: s.Tracked, Problems: s.Problems, Unsure: s.Unsure, Refused: s.NotUnderstood, Asked: s.Asked, From: s.From})
	}
	return a.awaitNews()
}
