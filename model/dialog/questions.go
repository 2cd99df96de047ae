package dialog

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

// questions is the dialog of ids of which it is unsure whether they name requests, or
// which: each is asked about, and none is polled before it is answered.
type questions struct {
	field              // the endpoint of the question under the cursor, while it is edited
	problems *problems // shown below
	open     []paste.Question
	cursor   int
}

func keyOf(q paste.Question) queue.Key { return (queue.Request{ID: q.Request.ID}).Key() }

// add takes in questions, each id once.
func (d *questions) add(asked []paste.Question) {
	known := map[queue.Key]bool{}
	for _, q := range d.open {
		known[keyOf(q)] = true
	}
	for _, q := range asked {
		if k := keyOf(q); !known[k] {
			known[k] = true
			d.open = append(d.open, q)
		}
	}
	d.postCount()
}

func (d *questions) postCount() { d.env.Post(common.QuestionsChanged{Count: len(d.open)}) }

// take takes the questions out that which picks, and returns their requests. It closes the dialog
// when none is left.
func (d *questions) take(which func(at int, q paste.Question) bool) (taken []queue.Request) {
	left := d.open[:0]
	for at, q := range d.open {
		if !which(at, q) {
			left = append(left, q)
			continue
		}
		taken = append(taken, q.Request)
	}
	clear(d.open[len(left):])
	if d.open = left; len(taken) > 1 {
		d.cursor = 0
	}
	d.wheel(0)
	d.postCount()
	if len(left) == 0 {
		d.close()
	}
	return taken
}

// unansweredMost bounds the list of questions that were not answered, in lines.
const unansweredMost = 20

// Unanswered says which ids are not tracked as their questions were not answered, so that nothing
// that was pasted is lost; nil for none. The paste reader knows the lines again.
func (d *Dialogs) Unanswered() []string {
	open := d.questions.open
	if len(open) == 0 {
		return nil
	}
	lines := []string{views.Plural(len(open), "unsure id") + " not answered, so not tracked:"}
	for i, q := range open {
		if i == unansweredMost {
			return append(lines, fmt.Sprintf("… and %d more", len(open)-i))
		}
		lines = append(lines, safe.Line("unsure, "+q.Error()))
	}
	return lines
}

// body returns the dialog's lines, and the index of that of the cursor. Those that are further
// from it than the screen is high are left empty: the dialog always shows the cursor's.
func (d *questions) body(width int) (lines []string, at int) {
	for i, q := range d.open {
		if near := d.env.Layout.Height; i < d.cursor-near || i > d.cursor+near {
			lines = append(lines, "")
			continue
		}
		mark := "  "
		if i == d.cursor {
			mark, at = "▌ ", len(lines)
		}
		// The paste reader knows this form, so that a copied row is asked about again.
		line := fmt.Sprintf("%sunsure, line %d: %s: %s?", mark, q.Line, q.Request.ID, q.Request.Endpoint)
		if i != d.cursor {
			line += "  " + q.Why
		}
		lines = append(lines, safe.Truncate(safe.Line(line), width))
		if i == d.cursor {
			lines = append(lines, d.details(q, width)...)
		}
	}
	return lines, at
}

func (d *questions) details(q paste.Question, width int) []string {
	if d.typing() {
		return []string{"  " + d.draw()}
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

func (d *questions) view() (dialog views.Dialog, from, to int) {
	width := views.DialogTextWidth(d.env.Layout.Width)
	lines, at := d.body(width)
	if at < len(lines) {
		lines[at] = d.env.Theme.Cursor.Text + lines[at] + theme.Reset
	}
	if len(d.problems.kept) > 0 {
		lines = append(append(lines, "", "refused:"), d.problems.body(width)...)
	}
	hint := "enter take all  space take one  e endpoint  del drop  esc close"
	if d.typing() {
		hint = "enter keep  esc leave as it was"
	}
	return views.Dialog{Title: views.Plural(len(d.open), "unsure id"), Body: lines, Hint: hint}, at, min(at+4, len(lines))
}

func (d *questions) press(msg tea.KeyPressMsg) tea.Cmd {
	if d.typing() {
		return d.pressField(msg)
	}
	by, moves := common.Motion(msg, d.env.Layout.Height-8)
	switch {
	case moves:
		d.wheel(by)
	case key.Matches(msg, common.Keys.Escape):
		d.close()
	case key.Matches(msg, common.Keys.Enter):
		d.track("any of them", func(_ int, q paste.Question) bool { return q.Answerable() })
	case key.Matches(msg, common.Keys.Mark):
		d.track("it", func(at int, q paste.Question) bool { return at == d.cursor && q.Answerable() })
	case key.Matches(msg, deletes):
		d.take(func(at int, _ paste.Question) bool { return at == d.cursor })
	case msg.String() == "e":
		return d.opened(d.open[d.cursor].Request.Endpoint)
	}
	return nil
}

func (d *questions) pressField(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, common.Keys.Escape):
	case key.Matches(msg, common.Keys.Accept):
		q := &d.open[d.cursor]
		request, err := q.Under(strings.TrimSpace(d.input.Value()), d.env.Source)
		if err != nil {
			d.env.Say(views.LevelWarn, err.Error())
			return nil
		}
		q.Request, q.Why = request, "with the endpoint that you gave"
	default:
		return d.pass(msg)
	}
	d.input.Blur()
	return nil
}

// track tracks the requests of the questions that which picks, of which the endpoint is known.
func (d *questions) track(of string, which func(at int, q paste.Question) bool) {
	taken := d.take(which)
	if len(taken) == 0 {
		d.env.Say(views.LevelWarn, "no endpoint or base is known for "+of+": e gives the endpoint")
		return
	}
	d.env.Post(common.Track{Requests: taken})
}

// click moves the cursor to the question that was clicked. What is shown of the one under the
// cursor stands below it.
func (d *questions) click(_, line int) tea.Cmd {
	if line > d.cursor {
		line = max(line-len(d.details(d.open[d.cursor], views.DialogTextWidth(d.env.Layout.Width))), d.cursor)
	}
	if line >= 0 && line < len(d.open) && !d.typing() {
		d.cursor = line
	}
	return nil
}

func (d *questions) wheel(lines int) { d.cursor = max(0, min(d.cursor+lines, len(d.open)-1)) }
func (d *questions) typing() bool    { return d.input.Focused() }

func (d *questions) bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	return []key.Binding{brief(k.Accept, "take all"), brief(k.Escape, "close"), brief(k.Up, "move")}
}
