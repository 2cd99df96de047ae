package dialog

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
)

// A text area computes the layout of its whole text for each frame, and drops lines after the
// 10,000th. partBytes and partLines bound the text that it has on each side of the cursor, so
// that a key takes a few milliseconds and several pages can be scrolled.
const (
	partBytes = 4 << 10
	partLines = 100
)

// longText edits a text of any length. Its text area has the part around the cursor.
type longText struct {
	textarea.Model
	before, after string // the rest of the text
}

func (t *longText) Value() string { return t.before + t.Model.Value() + t.after }

// set sets the text to head and tail, with the cursor between them.
func (t *longText) set(head, tail string) {
	from, to := len(head), 0
	for lines := 0; from > 0 && len(head)-from < partBytes && lines < partLines; {
		_, size := utf8.DecodeLastRuneInString(head[:from])
		if from -= size; head[from] == '\n' {
			lines++
		}
	}
	for lines := 0; to < len(tail) && to < partBytes && lines < partLines; {
		if tail[to] == '\n' {
			lines++
		}
		_, size := utf8.DecodeRuneInString(tail[to:])
		to += size
	}
	t.before, t.after = head[:from], tail[to:]
	t.SetValue(tail[:to])
	t.MoveToBegin()
	t.InsertString(head[from:])
}

// split returns the text area's text before and after the cursor.
func (t *longText) split() (head, tail string) {
	part := t.Model.Value()
	lines := strings.Split(part, "\n")
	line := []rune(lines[t.Line()])
	head = strings.Join(append(lines[:t.Line():t.Line()], string(line[:min(t.Column(), len(line))])), "\n")
	return head, part[len(head):]
}

func (t *longText) insert(text string) {
	t.DeleteSelection()
	head, tail := t.split()
	t.set(t.before+head+text, tail+t.after)
}

// update passes a message to the text area. If the cursor is then close to an end of the text
// area's part, or that has become too long, the text area gets another part.
func (t *longText) update(msg tea.Msg) (cmd tea.Cmd) {
	t.Model, cmd = t.Model.Update(msg)
	head, tail := t.split()
	if t.before != "" && partsOf(head) < 0.5 || t.after != "" && partsOf(tail) < 0.5 || max(partsOf(head), partsOf(tail)) > 2 {
		t.set(t.before+head, tail+t.after)
		t.Model, _ = t.Model.Update(nil) // scrolls to the cursor
	}
	return cmd
}

// partsOf returns the size of a text in maximal parts.
func partsOf(text string) float64 {
	return max(float64(len(text))/partBytes, float64(strings.Count(text, "\n"))/partLines)
}
