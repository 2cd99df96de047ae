package model

import (
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/poller/paste"
	"polltop/views"
	"polltop/views/safe"
)

// dialog is a box of text over the screen that scrolls and closes, and in which
// keys can mean something.
type dialog struct {
	title  string
	body   func(width int) []string
	hint   string
	scroll int
	// press does what a key means; it returns false for one that means nothing
	// here. The dialog is closed before it is called. It is nil in a dialog
	// that is only there to be read.
	press func(key string) (tea.Cmd, bool)
	// from is when the dialog takes keys: a question takes none at first.
	from time.Time
}

// answerDelay is how long a question that has just opened takes no answer: a key that
// was pressed before it could be read was not meant for it.
const answerDelay = 200 * time.Millisecond

// answerableMsg has a question drawn anew with the keys that it takes from now on.
type answerableMsg struct{}

// openDialog shows a dialog; its body is laid out anew at every size.
func (m *Model) openDialog(d dialog) {
	m.dialog = d
	if m.focus != onDialog {
		m.behind = m.focus
	}
	m.focus = onDialog
}

// confirm asks before something is done that can't be taken back.
func (m *Model) confirm(question string, details []string, do func() tea.Cmd) tea.Cmd {
	return m.ask(dialog{
		title: "Sure?",
		body:  func(width int) []string { return views.ConfirmBody(question, details, width) },
		hint:  "y yes  n no",
		press: func(key string) (tea.Cmd, bool) {
			if key == "y" || key == "Y" {
				return do(), true
			}
			return nil, key == "n" || key == "N"
		},
	})
}

// ask opens a dialog that is a question: it takes no answer at first.
func (m *Model) ask(d dialog) tea.Cmd {
	d.from = m.now.Add(answerDelay)
	m.openDialog(d)
	return tea.Tick(answerDelay, func(time.Time) tea.Msg { return answerableMsg{} })
}

// pressDialog takes in a key while a dialog is open: one that means something in
// it, or scrolls it; of a dialog that is only read, any other closes it.
func (m *Model) pressDialog(msg tea.KeyPressMsg) tea.Cmd {
	k, page := m.keys, max(m.height-6, 1)
	switch {
	case m.now.Before(m.dialog.from):
		return nil
	case key.Matches(msg, k.Up):
		m.dialog.scroll--
	case key.Matches(msg, k.Down):
		m.dialog.scroll++
	case key.Matches(msg, k.PageUp, k.HalfUp):
		m.dialog.scroll -= page
	case key.Matches(msg, k.PageDown, k.HalfDown):
		m.dialog.scroll += page
	case key.Matches(msg, k.Top):
		m.dialog.scroll = 0
	case key.Matches(msg, k.Bottom):
		m.dialog.scroll = 1 << 20
	case m.dialog.press == nil, key.Matches(msg, k.Escape):
		return m.comeBack()
	default:
		return m.choose(msg.String())
	}
	m.clampDialog()
	return nil
}

// choose does what a key means in the dialog, if it means something.
func (m *Model) choose(key string) tea.Cmd {
	d := m.dialog
	// Closed first, as what the key does may open another.
	m.focus = m.behind
	cmd, meant := d.press(key)
	if !meant {
		m.dialog, m.focus = d, onDialog
	}
	return cmd
}

func (m *Model) clampDialog() {
	lines := len(m.dialog.body(views.DialogInner(m.width)))
	most := max(lines-views.DialogRows(m.height), 0)
	m.dialog.scroll = max(0, min(m.dialog.scroll, most))
}

// dialogProps returns the dialog as it is drawn, nil when none is open.
func (m *Model) dialogProps() *views.Dialog {
	switch m.focus {
	case onDialog:
		hint := m.dialog.hint
		if m.now.Before(m.dialog.from) {
			hint = "" // its keys do nothing yet
		}
		return &views.Dialog{
			Title: m.dialog.title, Body: m.dialog.body(views.DialogInner(m.width)),
			Hint: hint, Scroll: m.dialog.scroll,
		}
	case onExport:
		return &views.Dialog{
			Title: "Export " + m.export.of + counted(len(m.export.tasks), "task"), Body: m.export.body(),
			Hint: "enter writes  tab next format  esc close",
		}
	case onAsking:
		return m.askingProps()
	case onAdd:
		return &views.Dialog{
			Title: "Add tasks", Body: m.add.body(),
			Hint: "^s add  tab endpoint  esc close (keeps the text)",
		}
	}
	return nil
}

func (m *Model) helpBody(width int) []string { return views.HelpBody(m.keys.groups(), width) }

// readHint tells the keys of a dialog that is only read.
const readHint = "↑↓ scroll  esc close"

// problemsMost bounds how many problems are kept to be looked at.
const problemsMost = 1000

// problemLog keeps what was refused of files, streams and pastes, the
// newest text last, so that nothing of it is dropped in silence.
type problemLog struct {
	kept []paste.Problem
	more int // how many older ones are no longer kept
}

func (p *problemLog) add(problems []paste.Problem) {
	p.kept = append(p.kept, problems...)
	if over := len(p.kept) - problemsMost; over > 0 {
		p.kept = append([]paste.Problem(nil), p.kept[over:]...)
		p.more += over
	}
}

// body returns the problems as lines of at most width cells.
func (p *problemLog) body(width int) []string {
	var lines []string
	if p.more > 0 {
		lines = append(lines, fmt.Sprintf("(%d older ones are no longer kept)", p.more), "")
	}
	for _, problem := range p.kept {
		where := fmt.Sprintf("line %d: ", problem.Line)
		if problem.From != "" {
			where = problem.From + ", " + where
		}
		lines = append(lines, safe.Truncate(safe.Line(where+problem.Text), width))
		for _, line := range safe.Wrap(safe.Line(problem.Reason), max(width-2, 1)) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

// showProblems opens the questions, or else the lines that were refused.
func (m *Model) showProblems() tea.Cmd {
	if len(m.asking.questions) > 0 {
		m.behind, m.focus = m.focus, onAsking
		return nil
	}
	if len(m.problems.kept) == 0 {
		return m.say(views.LevelInfo, "no line was refused so far, and nothing is unsure")
	}
	m.openDialog(dialog{title: "Lines refused", body: m.problems.body, hint: readHint})
	return nil
}
