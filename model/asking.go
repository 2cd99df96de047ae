package model

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
)

// asking is the dialog of ids of which it is unsure whether they name requests, or
// which: each is asked about, and none is polled before it is answered.
type asking struct {
	questions []paste.Question
	known     map[queue.Key]bool // those that were asked once
	cursor    int
	field     textinput.Model // the endpoint, while it is edited
	editing   bool
}

func newAsking() asking {
	field := textinput.New()
	field.Prompt = "endpoint  "
	return asking{field: field, known: map[queue.Key]bool{}}
}

func (a *asking) restyle(dark bool) {
	styles := textinput.DefaultStyles(dark)
	styles.Cursor.Blink = false
	a.field.SetStyles(styles)
}

func (a *asking) resize(width int) {
	a.field.SetWidth(max(min(width, views.DialogWidth)-8-len(a.field.Prompt), 1))
}

// add takes in questions, each id once.
func (a *asking) add(questions []paste.Question) {
	for _, q := range questions {
		if k := (queue.Request{ID: q.Request.ID}).Key(); !a.known[k] {
			a.known[k] = true
			a.questions = append(a.questions, q)
		}
	}
}

// drop forgets the question under the cursor.
func (a *asking) drop() {
	q := a.questions[a.cursor]
	delete(a.known, (queue.Request{ID: q.Request.ID}).Key())
	a.questions = append(a.questions[:a.cursor:a.cursor], a.questions[a.cursor+1:]...)
	a.cursor = max(0, min(a.cursor, len(a.questions)-1))
}

// unansweredMost bounds the list of questions that were not answered, in lines.
const unansweredMost = 20

// unanswered says which ids are not tracked as their questions were not answered, so
// that nothing that was pasted is lost; nil for none. The paste reader knows the lines
// again.
func (a *asking) unanswered() []string {
	if len(a.questions) == 0 {
		return nil
	}
	lines := []string{counted(len(a.questions), "unsure id") + " not answered, so not tracked:"}
	for i, q := range a.questions {
		if i == unansweredMost {
			return append(lines, fmt.Sprintf("… and %d more", len(a.questions)-i))
		}
		lines = append(lines, safe.Line("unsure, "+q.Error()))
	}
	return lines
}

// move moves the cursor.
func (a *asking) move(by int) {
	a.cursor = max(0, min(a.cursor+by, len(a.questions)-1))
}

// body returns the dialog's lines, and the index of that of the cursor.
func (a *asking) body(width int) (lines []string, at int) {
	for i, q := range a.questions {
		mark := "  "
		if i == a.cursor {
			mark, at = "▌ ", len(lines)
		}
		// The paste reader knows this form, so that a copied row is asked about again.
		line := fmt.Sprintf("%sunsure, line %d: %s: %s?", mark, q.Line, q.Request.ID, q.Request.Endpoint)
		if i != a.cursor {
			line += "  " + q.Why
		}
		lines = append(lines, safe.Truncate(safe.Line(line), width))
		if i == a.cursor {
			lines = append(lines, a.details(q, width)...)
		}
	}
	return lines, at
}

// details returns what is told of the question under the cursor.
func (a *asking) details(q paste.Question, width int) []string {
	if a.editing {
		return []string{"  " + a.field.View()}
	}
	why := q.Why
	if q.From != "" {
		why = q.From + ": " + why
	}
	var lines []string
	for _, line := range safe.Wrap(safe.Line(why), max(width-4, 1)) {
		lines = append(lines, "    "+line)
	}
	return append(lines, safe.Truncate(safe.Line("    "+q.Text), width))
}

// askingBody returns the questions, and below them the lines that are refused.
func (m *Model) askingBody(width int) []string {
	lines, _ := m.asking.body(width)
	if len(m.problems.kept) > 0 {
		lines = append(append(lines, "", "refused:"), m.problems.body(width)...)
	}
	return lines
}

// askingProps returns the dialog as it is drawn, scrolled to the cursor.
func (m *Model) askingProps() *views.Dialog {
	width := views.DialogInner(m.width)
	_, at := m.asking.body(width)
	scroll := max(0, at+4-views.DialogRows(m.height))
	hint := "enter take all  space take one  e endpoint  del drop  esc close"
	if m.asking.editing {
		hint = "enter keep  esc leave as it was"
	}
	return &views.Dialog{Title: counted(len(m.asking.questions), "question"), Body: m.askingBody(width), Hint: hint, Scroll: scroll}
}

// pressAsking takes in a key while the questions are shown.
func (m *Model) pressAsking(msg tea.KeyPressMsg) tea.Cmd {
	a, k := &m.asking, m.keys
	if a.editing {
		return m.pressAskingField(msg)
	}
	page := max(m.height-8, 1)
	switch {
	case msg.String() == "enter":
		return m.takeAll()
	case msg.String() == "space":
		return m.takeOne()
	case msg.String() == "e":
		a.editing = true
		a.field.SetValue(a.questions[a.cursor].Request.Endpoint)
		a.field.CursorEnd()
		return a.field.Focus()
	case msg.String() == "delete", msg.String() == "backspace":
		a.drop()
	case key.Matches(msg, k.Up):
		a.move(-1)
	case key.Matches(msg, k.Down):
		a.move(1)
	case key.Matches(msg, k.PageUp, k.HalfUp):
		a.move(-page)
	case key.Matches(msg, k.PageDown, k.HalfDown):
		a.move(page)
	case key.Matches(msg, k.Top):
		a.move(-len(a.questions))
	case key.Matches(msg, k.Bottom):
		a.move(len(a.questions))
	case key.Matches(msg, k.Escape):
		return m.comeBack()
	}
	return m.closeWhenAnswered(nil)
}

// pressAskingField takes in a key while the endpoint of a question is edited.
func (m *Model) pressAskingField(msg tea.KeyPressMsg) tea.Cmd {
	a := &m.asking
	switch {
	case key.Matches(msg, m.keys.Escape):
	case msg.String() == "enter":
		q := &a.questions[a.cursor]
		request, err := q.Under(strings.TrimSpace(a.field.Value()), m.options.Source)
		if err != nil {
			return m.say(views.LevelWarn, err.Error())
		}
		q.Request, q.Why = request, "with the endpoint that you gave"
	default:
		var cmd tea.Cmd
		a.field, cmd = a.field.Update(msg)
		return cmd
	}
	a.editing = false
	a.field.Blur()
	return nil
}

// closeWhenAnswered closes the dialog when no question is left.
func (m *Model) closeWhenAnswered(cmd tea.Cmd) tea.Cmd {
	if len(m.asking.questions) > 0 {
		return cmd
	}
	return tea.Batch(cmd, m.comeBack())
}

// takeOne tracks the request that the question under the cursor is of.
func (m *Model) takeOne() tea.Cmd {
	q := m.asking.questions[m.asking.cursor]
	if !q.Answerable() {
		return m.say(views.LevelWarn, "no endpoint or base is known for it: e gives the endpoint")
	}
	m.asking.drop()
	return m.closeWhenAnswered(m.track(paste.Result{Requests: []queue.Request{q.Request}}))
}

// takeAll tracks the requests of all questions whose endpoint is known.
func (m *Model) takeAll() tea.Cmd {
	var taken []queue.Request
	var left []paste.Question
	for _, q := range m.asking.questions {
		if q.Answerable() {
			taken = append(taken, q.Request)
		} else {
			left = append(left, q)
		}
	}
	if len(taken) == 0 {
		return m.say(views.LevelWarn, "no endpoint or base is known for any of them: e gives the endpoint")
	}
	m.asking = asking{questions: left, known: map[queue.Key]bool{}, field: m.asking.field}
	for _, q := range left {
		m.asking.known[(queue.Request{ID: q.Request.ID}).Key()] = true
	}
	return m.closeWhenAnswered(m.track(paste.Result{Requests: taken}))
}
