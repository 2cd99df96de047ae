package dialog

import (
	"fmt"
	"slices"
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

// questions is the dialog about ids that may or may not be requests, or whose endpoint is a guess.
// None is polled before its question is answered.
type questions struct {
	field              // edits the endpoint of the question under the cursor
	problems *problems // is shown below the questions
	open     []paste.Question
	cursor   int
}

func keyOf(q paste.Question) queue.Key { return (queue.Request{ID: q.Request.ID}).Key() }

// add adds questions, one for each id. A later one replaces an earlier one if it names an endpoint, as
// where a stream names the model of an id below it.
func (d *questions) add(asked []paste.Question) {
	index := map[queue.Key]int{}
	for at, q := range d.open {
		index[keyOf(q)] = at
	}
	for _, q := range asked {
		if at, ok := index[keyOf(q)]; !ok {
			index[keyOf(q)] = len(d.open)
			d.open = append(d.open, q)
		} else if q.Answerable() && !q.Request.EndpointAssumed {
			d.open[at] = q
		}
	}
	d.postCount()
}

func (d *questions) postCount() { d.env.Post(common.QuestionsChanged{Count: len(d.open)}) }

// removeWhere removes the questions that match, and returns their requests. It closes the dialog
// after the last one.
func (d *questions) removeWhere(match func(at int, q paste.Question) bool) (removed []queue.Request) {
	rest := d.open[:0]
	for at, q := range d.open {
		if !match(at, q) {
			rest = append(rest, q)
			continue
		}
		removed = append(removed, q.Request)
	}
	clear(d.open[len(rest):])
	if d.open = rest; len(removed) > 1 {
		d.cursor = 0
	}
	d.scrollBy(0)
	d.postCount()
	if len(rest) == 0 {
		d.close()
	}
	return removed
}

// maxUnanswered bounds the list of Unanswered, in lines.
const maxUnanswered = 20

// Unanswered returns lines about the ids that are not tracked because their questions were not
// answered; nil for none. The paste reader can read the lines again.
func (d *Dialogs) Unanswered() []string {
	tracked := map[string]bool{} // by normalized id: a stream may name an id again with its endpoint
	for _, t := range d.env.Tasks.All() {
		tracked[queue.NormalizeID(t.Request.ID)] = true
	}
	open := slices.DeleteFunc(slices.Clone(d.questions.open), func(q paste.Question) bool { return tracked[queue.NormalizeID(q.Request.ID)] })
	if len(open) == 0 {
		return nil
	}
	lines := []string{views.Plural(len(open), "unsure id") + " not answered, so not tracked:"}
	for i, q := range open {
		if i == maxUnanswered {
			return append(lines, fmt.Sprintf("… and %d more", len(open)-i))
		}
		lines = append(lines, safe.Line("unsure, "+q.Error()))
	}
	return lines
}

// body returns the dialog's lines, and the index of the cursor's. Lines that are further from it
// than the screen is high are empty, because they are never visible.
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
		// The paste reader can read this form, if the user copies the line.
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
	if len(d.problems.recent) > 0 {
		lines = append(append(lines, "", "refused:"), d.problems.body(width)...)
	}
	hint := "enter take all  space take one  e endpoint  del drop  esc close"
	if d.typing() {
		hint = "enter keep  esc leave as it was"
	}
	return views.Dialog{Title: views.Plural(len(d.open), "unsure id"), Body: lines, Hint: hint}, at, min(at+4, len(lines))
}

func (d *questions) handleKey(msg tea.KeyPressMsg) tea.Cmd {
	if d.typing() {
		return d.handleFieldKey(msg)
	}
	by, moves := common.Motion(msg, d.env.Layout.Height-8)
	switch {
	case moves:
		d.scrollBy(by)
	case key.Matches(msg, common.Keys.Escape):
		d.close()
	case key.Matches(msg, common.Keys.Enter):
		d.trackWhere("any of them", func(_ int, q paste.Question) bool { return q.Answerable() })
	case key.Matches(msg, common.Keys.Mark):
		d.trackWhere("it", func(at int, q paste.Question) bool { return at == d.cursor && q.Answerable() })
	case key.Matches(msg, deleteKeys):
		d.removeWhere(func(at int, _ paste.Question) bool { return at == d.cursor })
	case msg.String() == "e":
		return d.edit(d.open[d.cursor].Request.Endpoint)
	}
	return nil
}

func (d *questions) handleFieldKey(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, common.Keys.Escape):
	case key.Matches(msg, common.Keys.Accept):
		q := &d.open[d.cursor]
		request, err := q.WithEndpoint(strings.TrimSpace(d.input.Value()), d.env.Source)
		if err != nil {
			d.env.Say(views.LevelWarn, err.Error())
			return nil
		}
		q.Request, q.Why = request, "with the endpoint that you gave"
	default:
		return d.handleMsg(msg)
	}
	d.input.Blur()
	return nil
}

// trackWhere tracks the requests of the questions that match.
func (d *questions) trackWhere(subject string, match func(at int, q paste.Question) bool) {
	removed := d.removeWhere(match)
	if len(removed) == 0 {
		d.env.Say(views.LevelWarn, "no endpoint or base is known for "+subject+": e gives the endpoint")
		return
	}
	d.env.Post(common.Track{Requests: removed})
}

// handleClick moves the cursor to the clicked question. The details of the question under the cursor
// are below it.
func (d *questions) handleClick(_, line int) tea.Cmd {
	if line > d.cursor {
		line = max(line-len(d.details(d.open[d.cursor], views.DialogTextWidth(d.env.Layout.Width))), d.cursor)
	}
	if line >= 0 && line < len(d.open) && !d.typing() {
		d.cursor = line
	}
	return nil
}

func (d *questions) scrollBy(lines int) { d.cursor = max(0, min(d.cursor+lines, len(d.open)-1)) }
func (d *questions) typing() bool       { return d.input.Focused() }

func (d *questions) bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	return []key.Binding{brief(k.Accept, "take all"), brief(k.Escape, "close"), brief(k.Up, "move")}
}
