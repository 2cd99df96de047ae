package safe

import (
	"strings"
	"sync/atomic"

	"github.com/charmbracelet/x/ansi"
)

const ellipsis = "…"

// clusters is what SetGraphemeClusters has set.
var clusters atomic.Bool

// SetGraphemeClusters sets whether the terminal measures text by grapheme clusters (its mode 2027)
// or, which is the default, by adding up code points. The program must measure frames in the same
// way. The two differ for scripts with vowel signs only: Devanagari का takes one cell by the first
// and two by the second.
func SetGraphemeClusters(on bool) { clusters.Store(on) }

// WidthMethod returns how the terminal measures text, for text with escape sequences.
func WidthMethod() ansi.Method {
	if clusters.Load() {
		return ansi.GraphemeWidth
	}
	return ansi.WcWidth
}

// Width returns how many cells s takes on the screen, escape sequences not counted.
func Width(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return WidthMethod().StringWidth(s)
}

// Truncate returns Line(s) in at most width cells: as a whole if it fits, else its start and an
// ellipsis.
func Truncate(s string, width int) string {
	if width <= 0 {
		return ""
	}
	// A text that is too long only by spaces at its ends takes the slow path.
	if len(s) > width && isPlain(s[:width+1]) && s[0] != ' ' && s[width] != ' ' {
		return cut(s[:width+1], width)
	}
	line := clean(s, width)
	if Width(line) <= width {
		return line
	}
	return cut(line, width)
}

// cut returns the start of a safe text that is too wide, and an ellipsis.
func cut(line string, width int) string {
	left := width - Width(ellipsis)
	if left < 0 {
		return ""
	}
	return strings.TrimRight(head(line, left), " ") + ellipsis
}

// TruncateMiddle returns Line(s) in at most width cells: as a whole if it fits, else its start and
// its end with an ellipsis between, as request ids often differ at their ends only. TruncateStart
// keeps the end alone.
func TruncateMiddle(s string, width int) string { return keepEnd(s, width, 2) }
func TruncateStart(s string, width int) string  { return keepEnd(s, width, 1) }

// keepEnd returns Line(s) in at most width cells. If it does not fit, its end gets one of parts
// equal parts of the width, and its start the others.
func keepEnd(s string, width, parts int) string {
	line, left := Line(s), width-Width(ellipsis)
	switch {
	case Width(line) <= max(width, 0):
		return line
	case left < 0:
		return ""
	}
	start := head(line, left-left/parts)
	return start + ellipsis + tail(line, left-Width(start))
}

// Wrap returns the lines of s in at most width cells each, broken between words if possible, else
// within a word. The spaces at a break are dropped. In a width of one cell, a character of two
// becomes a question mark.
func Wrap(s string, width int) (wrapped []string) {
	if width <= 0 {
		return nil
	}
	for _, line := range Lines(s) {
		if Width(line) > width {
			line = strings.TrimRight(line, " ")
		}
		for start := head(line, width); len(start) < len(line); start = head(line, width) {
			rest, words := line[len(start):], start[:strings.LastIndexByte(start, ' ')+1]
			switch {
			case start == "":
				size, _ := first(line)
				start, rest = "?", line[size:]
			case rest[0] != ' ' && strings.Trim(words, " ") != "":
				start, rest = words, line[len(words):]
			}
			wrapped = append(wrapped, strings.TrimRight(start, " "))
			line = strings.TrimLeft(rest, " ")
		}
		wrapped = append(wrapped, line)
	}
	return wrapped
}

// first returns the size of the first character of a safe text with its marks, in bytes and in cells.
func first(line string) (size, width int) {
	if line[0] < 0x7F && (len(line) == 1 || line[1] < 0x7F) {
		return 1, 1
	}
	m := WidthMethod()
	cluster, _ := ansi.FirstGraphemeCluster(line, m)
	return len(cluster), m.StringWidth(cluster)
}

// head returns the longest start of a safe text in at most width cells, without dividing a character.
func head(line string, width int) string {
	for at := 0; at < len(line); {
		size, cells := first(line[at:])
		if width -= cells; width < 0 {
			return line[:at]
		}
		at += size
	}
	return line
}

// tail returns the longest end of a safe text in at most width cells, without dividing a character.
func tail(line string, width int) string {
	for left := Width(line); left > width; {
		size, cells := first(line)
		line, left = line[size:], left-cells
	}
	return line
}
