package views

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"polltop/views/safe"
)

// What of a raw answer is shown. The pane is drawn anew in every frame, so it
// has to stay cheap whatever a service answers.
const (
	rawMost      = 32 << 10  // bytes of the answer
	rawLinesMost = 400       // lines on the screen
	indentMost   = 256 << 10 // bytes of the answer once indented
)

// raw adds the last answer, indented where it is JSON.
func (w *paneWriter) raw(raw []byte) {
	if len(raw) == 0 {
		return
	}
	w.section("Last answer")
	left := ""
	if len(raw) > rawMost {
		left = "… " + strconv.Itoa((len(raw)-rawMost+1023)/1024) + " KiB more"
		raw = raw[:rawMost]
		// Not half a character at the end.
		for range utf8.UTFMax - 1 {
			if r, size := utf8.DecodeLastRune(raw); r == utf8.RuneError && size == 1 {
				raw = raw[:len(raw)-1]
			}
		}
	}
	lines := wrapIndented(indent(raw), w.width)
	if over := len(lines) - rawLinesMost; over > 0 {
		lines = lines[:rawLinesMost]
		more := "… " + plural(over, "line", "lines") + " more"
		if left != "" {
			more += ", " + left
		}
		left = more
	}
	for _, line := range lines {
		w.Lines = append(w.Lines, w.ink.Text+line)
	}
	w.text(w.ink.Dim, left)
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

// indent returns a JSON value with a line for every member, and anything else
// as it is: also a value that is nested so deep that its indentation would be
// most of it, as some thousand brackets make hundreds of megabytes of that.
func indent(raw []byte) string {
	if indentation(raw) > indentMost {
		return string(raw)
	}
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// indentation returns at least how many bytes of white space it takes to
// indent a JSON value.
func indentation(raw []byte) int {
	total, depth, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
			total += 2 * depth
		case c == ']' || c == '}':
			depth--
			total += 2 * max(depth, 0)
		case c == ',':
			total += 2 * max(depth, 0)
		}
	}
	return total
}
