package views

import (
	"strings"

	"polltop/views/safe"
)

// MenuItem is a line of a menu: the key that picks it, what it is, and the
// value that it stands for.
type MenuItem struct {
	Key, Label, Value string
}

// ConfirmBody returns the body of a dialog that asks before something is done:
// the question, and below it what else there is to know, as lines of at most
// width cells. An empty line stays one.
func ConfirmBody(question string, lines []string, width int) []string {
	width = max(width, 1)
	var body []string
	for _, line := range safe.Wrap(question, width) {
		body = append(body, bold+line+plain)
	}
	if len(body) > 0 && len(lines) > 0 {
		body = append(body, "")
	}
	for _, line := range lines {
		wrapped := safe.Wrap(line, width)
		if len(wrapped) == 0 {
			wrapped = []string{""}
		}
		body = append(body, wrapped...)
	}
	return body
}

// menuGap is the distance between the columns of a menu.
const menuGap = 2

// MenuBody returns the body of a dialog with a menu, a line of at most width
// cells for each item. A value that does not fit is cut, and left out where
// there is no room for it.
func MenuBody(items []MenuItem, width int) []string {
	width = max(width, 1)
	keyWidth, labelWidth := 0, 0
	for _, item := range items {
		keyWidth = max(keyWidth, safe.Width(safe.Line(item.Key)))
		labelWidth = max(labelWidth, safe.Width(safe.Line(item.Label)))
	}
	body := make([]string, 0, len(items))
	for _, item := range items {
		text := draw(width, func(l *line) {
			l.cell(bold, safe.Line(item.Key), keyWidth, false)
			l.pad(plain, menuGap)
			l.cell(plain, safe.Line(item.Label), labelWidth, false)
			l.pad(plain, menuGap)
			l.put(plain, safe.Truncate(item.Value, l.room))
		})
		body = append(body, strings.TrimRight(text, " "))
	}
	return body
}
