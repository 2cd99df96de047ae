package dialog

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
)

// A text area lays out all that it has for each frame, and drops what is behind its line
// 10,000. partBytes and partLines bound what it is given on each side of the cursor: a key
// takes a few milliseconds, and several pages are there.
const (
	partBytes = 4 << 10
	partLines = 100
)

// longText is a text of any length that is edited. The text area has the part around the cursor.
type longText struct {
	textarea.Model
	before, after string // the parts that it does not have
}

func (t *longText) Value() string { return t.before + t.Model.Value() + t.after }

// set makes the text head and tail, with the cursor between them.
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

// split returns what the text area has before the cursor, and behind it.
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

// update gives the text area a message, and another part of the text where the cursor has come
// close to the end of its part, or the part has become long.
func (t *longText) update(msg tea.Msg) (cmd tea.Cmd) {
	t.Model, cmd = t.Model.Update(msg)
	head, tail := t.split()
	if t.before != "" && parts(head) < 0.5 || t.after != "" && parts(tail) < 0.5 || max(parts(head), parts(tail)) > 2 {
		t.set(t.before+head, tail+t.after)
		t.Model, _ = t.Model.Update(nil) // scrolls to the cursor
	}
	return cmd
}

// parts returns how many of the longest parts a text has.
func parts(text string) float64 {
	return max(float64(len(text))/partBytes, float64(strings.Count(text, "\n"))/partLines)
}
