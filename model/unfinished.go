package model

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
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
}

// unfinished returns what is not done yet. While another process polls, it is that
// one's to send cancels and to run commands.
func (m *Model) unfinished() unfinished {
	c := m.downloads.progress.Counts
	u := unfinished{results: len(m.downloads.wanted), downloads: c[download.Waiting] + c[download.Running]}
	if m.viewing() {
		return u
	}
	for t := range m.index.Live() {
		if t.CancelDue {
			u.cancels++
		}
	}
	left := len(m.hooked) - m.exec.done - m.exec.failed
	u.running = min(m.exec.running, left)
	u.commands = left - u.running
	return u
}

// part is one kind of what is unfinished, in words.
type part struct{ what, consequence string }

// parts returns what is unfinished, with what becomes of it when the program ends;
// kept says that the tasks are on disk.
func (u unfinished) parts(kept bool) []part {
	var parts []part
	add := func(n int, what, verb, consequence string) {
		switch {
		case n == 1:
			parts = append(parts, part{fmt.Sprintf("1 %s is not %s yet", what, verb), consequence})
		case n > 1:
			parts = append(parts, part{fmt.Sprintf("%d %ss are not %s yet", n, what, verb), consequence})
		}
	}
	cancels, commands := "they are forgotten, and the tasks run on", "they are forgotten"
	if kept {
		cancels = "the next start offers to send them; until then the tasks run on"
		commands = "the next start with --exec runs them"
	}
	const files = "what has arrived stays, and d goes on from there"
	add(u.cancels, "cancel", "sent", cancels)
	add(u.results, "result", "fetched", files)
	add(u.downloads, "download", "finished", files)
	add(u.commands, "command", "run", commands)
	add(u.running, "command", "finished", "what runs is ended, and not run again")
	return parts
}

// lines says what is unfinished and what becomes of it, a line for each kind.
func (u unfinished) lines(kept bool) []string {
	var lines []string
	for _, p := range u.parts(kept) {
		lines = append(lines, p.what+": "+p.consequence)
	}
	return lines
}

// interrupt ends the program at once where it has been asked about that already.
func (m *Model) interrupt() tea.Cmd {
	if m.focus == onDialog && m.dialog.press != nil {
		return m.leave()
	}
	return m.quit()
}

// quit ends the program, after a question where something is unfinished.
func (m *Model) quit() tea.Cmd {
	u := m.unfinished()
	lines := u.lines(m.persistence.Session != "" && m.storeErr == "")
	if len(lines) == 0 {
		return m.leave()
	}
	m.leaving = false
	return m.ask(dialog{
		title: "Quit?",
		body:  func(width int) []string { return views.ConfirmBody(lines[0], lines[1:], width) },
		hint:  "w waits for them, then quits  q quits without  esc stays",
		press: func(key string) (tea.Cmd, bool) {
			switch key {
			case "q":
				return m.leave(), true
			case "w":
				m.leaving = true
				return tea.Batch(m.say(views.LevelInfo, "quits when that is done: q quits without"), m.leaveWhenDone()), true
			}
			return nil, false
		},
	})
}

// leaveWhenDone ends the program if the user waits for that and nothing is
// unfinished any more.
func (m *Model) leaveWhenDone() tea.Cmd {
	if !m.leaving || m.unfinished() != (unfinished{}) {
		return nil
	}
	return m.leave()
}

// leave ends the program.
func (m *Model) leave() tea.Cmd {
	if m.picture.kitty != 0 {
		return tea.Sequence(m.dropPicture(), tea.Quit)
	}
	return tea.Quit
}

// noteUnsent remembers tasks whose cancels an earlier run had confirmed and not sent.
func (m *Model) noteUnsent(tasks []*poller.Task) {
	for _, t := range tasks {
		if t.CancelDue && !t.Canceling && !t.State.Terminal() {
			m.unsent = append(m.unsent, t.Seq)
		}
	}
}

// offerUnsent asks whether to send those cancels now, once nothing else is asked.
func (m *Model) offerUnsent() tea.Cmd {
	if len(m.unsent) == 0 || m.viewing() || m.focus != onTable {
		return nil
	}
	seqs := m.unsent
	m.unsent = nil
	question := "Send " + counted(len(seqs), "cancel") + " that polltop ended before sending?"
	p := m.options.Poller
	return m.ask(dialog{
		title: "Cancels not sent",
		body: func(width int) []string {
			return views.ConfirmBody(question, []string{"The tasks run on until then. n keeps them running, esc asks again at the next start."}, width)
		},
		hint: "y send  n keep running",
		press: func(key string) (tea.Cmd, bool) {
			switch key {
			case "y", "Y":
				m.cancels = nil
				return tea.Batch(func() tea.Msg { p.Cancel(seqs...); return nil }, m.say(views.LevelInfo, "canceling "+counted(len(seqs), "task"))), true
			case "n", "N":
				return func() tea.Msg { p.DropCancels(seqs...); return nil }, true
			}
			return nil, false
		},
	})
}
