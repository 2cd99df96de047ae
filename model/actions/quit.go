package actions

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller/download"
	"polltop/views"
)

// unfinished counts what the user asked for and what is not done yet.
type unfinished struct {
	cancels   int // confirmed, and not answered by the service
	results   int // to be fetched, for downloads
	downloads int
	commands  int // of --exec, not begun
	running   int // of --exec, begun: no restart begins them again
	drafts    int // payloads that were edited and not submitted
	payloads  int // to be submitted
}

// unfinished returns what is not done yet. While another process polls, it is that
// one's to send cancels and to run commands.
func (a *Actions) unfinished() unfinished {
	if a.env.Shared != nil {
		return unfinished{results: len(a.wanted)} // all else goes on without this dashboard
	}
	c := a.downloads.Counts
	u := unfinished{results: len(a.wanted), downloads: c[download.Waiting] + c[download.Running], drafts: len(a.drafts)}
	if a.persistence.Viewing != "" {
		return u
	}
	u.payloads = a.env.Submissions.Pending()
	for t := range a.env.Tasks.Live() {
		if t.CancelDue {
			u.cancels++
		}
	}
	left := len(a.hooked) - a.exec.done - a.exec.failed
	u.running = min(a.exec.running, left)
	u.commands = left - u.running
	return u
}

// lines says what is unfinished and what becomes of it when the program ends, a line for
// each kind; kept says that the tasks are on disk.
func (u unfinished) lines(kept bool) []string {
	var lines []string
	add := func(n int, what, verb, consequence string) {
		switch {
		case n == 1:
			lines = append(lines, fmt.Sprintf("1 %s is not %s yet: %s", what, verb, consequence))
		case n > 1:
			lines = append(lines, fmt.Sprintf("%d %ss are not %s yet: %s", n, what, verb, consequence))
		}
	}
	cancels, commands := "they are forgotten, and the tasks run on", "they are forgotten"
	if kept {
		cancels = "the next start offers to send them; until then the tasks run on"
		commands = "the next start with --exec runs them"
	}
	const files = "what has arrived stays, and d goes on from there"
	add(u.payloads, "payload", "submitted", "the next polltop of the session goes on")
	add(u.cancels, "cancel", "sent", cancels)
	add(u.results, "result", "fetched", files)
	add(u.downloads, "download", "finished", files)
	add(u.commands, "command", "run", commands)
	add(u.running, "command", "finished", "what runs is ended, and not run again")
	add(u.drafts, "edited payload", "submitted", "the text is forgotten")
	return lines
}

// Unfinished says what the user has asked for and what is not done yet, a line for each
// kind.
func (a *Actions) Unfinished() []string {
	return a.unfinished().lines(a.persistence.Session != "" && !a.storeErr)
}

// quit ends the program, after a question where something is unfinished.
func (a *Actions) quit(common.Command) tea.Cmd {
	lines := a.Unfinished()
	if len(lines) == 0 {
		a.env.Post(common.Leave{})
		return nil
	}
	a.leaving = false
	a.env.Post(common.Question("Quit", nil, lines,
		common.Pick("w", "Wait for them, then quit", common.Send(waiting{})),
		common.Pick("q", "Quit without", common.Send(common.Leave{})),
		common.Pick("esc", "Stay", nil)))
	return nil
}

// waiting says that the program is to end when nothing is unfinished any more.
type waiting struct{}

// wait has the program end when nothing is unfinished any more.
func (a *Actions) wait() {
	a.leaving = true
	a.env.Say(views.LevelInfo, "quits when that is done: q quits without")
	a.leaveWhenDone()
}

// leaveWhenDone ends the program if the user waits for that and nothing is
// unfinished any more.
func (a *Actions) leaveWhenDone() {
	u := a.unfinished()
	u.drafts = 0 // nothing comes of waiting for them
	if a.leaving && u == (unfinished{}) {
		a.env.Post(common.Leave{})
	}
}

// offerUnsent asks whether to send the cancels that an earlier run had confirmed and not
// sent, once nothing else is asked.
func (a *Actions) offerUnsent() {
	if len(a.unsent) == 0 || a.persistence.Viewing != "" || a.env.Focus != views.OnArea || !a.env.May("x") {
		return
	}
	seqs, p := a.unsent, a.poller
	a.unsent = nil
	a.env.Post(common.Question("Send "+common.Counted(len(seqs), "cancel"), nil,
		[]string{"polltop ended before it sent them, and the tasks run on until then."},
		common.Pick("y", "Send them", common.Send(sendCancels{seqs})),
		common.Pick("n", "Keep them running", func() tea.Msg { p.DropCancels(seqs...); return nil }),
		common.Pick("esc", "Ask at the next start", nil)))
}
