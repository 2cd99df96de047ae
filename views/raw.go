package views

import (
	"bytes"
	"encoding/json"
	"strings"

	"polltop/views/safe"
)

// What of a raw answer is shown, so that the pane stays cheap whatever a service answers.
const (
	rawMost      = 32 << 10 // bytes of the answer
	rawLinesMost = 400      // lines on the screen
	// nestedMost is how deep a JSON value may be nested that is indented: then it is at
	// most a megabyte large. Some thousand brackets make hundreds of them.
	nestedMost = 16
)

// raw adds the last answer, indented where it is JSON.
func (w *paneWriter) raw(raw []byte) {
	if len(raw) == 0 {
		return
	}
	w.section("Last answer")
	text, left := bounded(string(raw), rawMost)
	lines, more := most(wrapIndented(indent(text), w.width), rawLinesMost, left)
	for _, line := range lines {
		w.Lines = append(w.Lines, w.ink.Text+line)
	}
	w.text(w.ink.Dim, more)
}

// wrapIndented wraps a text so that what is broken off a line stands below its
// start.
func wrapIndented(text string, width int) []string {
	var wrapped []string
	for _, line := range safe.Lines(text) {
		rest := strings.TrimLeft(line, " ")
		deep := len(line) - len(rest)
		if len(line) <= width || deep > width/2 {
			wrapped = append(wrapped, safe.Wrap(line, width)...)
			continue
		}
		for _, part := range safe.Wrap(rest, width-deep) {
			wrapped = append(wrapped, line[:deep]+part)
		}
	}
	return wrapped
}

// indent returns a JSON value with a line for every member, and anything else as it is:
// also a value that is nested deeper than nestedMost.
func indent(text string) string {
	depth, deepest := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		}
	}
	var b bytes.Buffer
	if deepest > nestedMost || json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}
