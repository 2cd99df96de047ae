package views

import (
	"strings"

	"polltop/views/safe"
	"polltop/views/theme"
)

const (
	// countsGap is the distance between counts that stand beside each other, buttonGap that
	// between buttons.
	countsGap, buttonGap = 6, 2
	// indentLeast is the width from which on the text of a question is set in.
	indentLeast = 50
)

// QuestionBody returns what a question tells as lines of at most width cells: counts, beside
// each other where they fit, and below them what else there is to know. An empty line stays
// one.
func QuestionBody(counts, lines []string, width int) []string {
	indent := ""
	if width >= indentLeast {
		indent = "  "
	}
	width = max(width-2*len(indent), 1)
	if beside := strings.Join(counts, strings.Repeat(" ", countsGap)); safe.Width(beside) <= width && len(counts) > 1 {
		counts = []string{beside}
	}
	var body []string
	for _, line := range append(counts[:len(counts):len(counts)], lines...) {
		wrapped := safe.Wrap(line, width)
		if len(wrapped) == 0 {
			body = append(body, "")
		}
		for _, text := range wrapped {
			body = append(body, indent+text)
		}
	}
	return body
}

// AddButtons adds items to a dialog as buttons below its text, in as many rows as they need:
// at the right where one is enough. It returns where each is, as BodyLine counts lines. While
// they are idle, their places are empty.
func AddButtons(f Frame, d *Dialog, items []MenuItem, chosen int, idle bool) []Rect {
	most := DialogInner(f.Layout.Width)
	texts, at, x, y := make([]string, len(items)), make([]Rect, len(items)), 0, 0
	for i, item := range items {
		texts[i] = safe.Truncate(safe.Line("[ "+item.Key+"  "+item.Label+" ]"), most)
		width := safe.Width(texts[i])
		if x > 0 && x+width > most {
			x, y = 0, y+1
		}
		at[i] = Rect{X: x, Y: y, W: width, H: 1}
		x += width + buttonGap
	}
	right := 0
	if y == 0 {
		right = max(min(dialogInner(d, f.Layout.Width), most)-x+buttonGap, 0)
	}
	if len(d.Body)+y+2 <= DialogRows(f.Layout.Height) {
		d.Foot = []string{""}
	}
	above := len(d.Foot)
	d.Foot = append(d.Foot, make([]string, y+1)...)
	for i, text := range texts {
		line := &d.Foot[above+at[i].Y]
		at[i].X += right
		*line += strings.Repeat(" ", at[i].X-safe.Width(*line)) + drawButton(f, text, items[i].Key, i == chosen, idle)
		at[i].Y += len(d.Body) + above
	}
	return at
}

// drawButton returns a button with its styles: the chosen one as a whole, of any other the
// key alone.
func drawButton(f Frame, text, key string, chosen, idle bool) string {
	ink := &f.Theme.Plain
	rest, whole := strings.CutPrefix(text, "[ "+key)
	label, uncut := strings.CutSuffix(rest, "]")
	switch {
	case idle:
		return strings.Repeat(" ", safe.Width(text))
	case chosen:
		return f.Theme.Tab + text + theme.Reset
	case !whole || !uncut:
		return text
	}
	return ink.Dim + "[ " + ink.Accent + key + ink.Text + label + ink.Dim + "]" + theme.Reset
}
