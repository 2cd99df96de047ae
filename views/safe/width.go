package safe

import (
	"strings"
	"sync/atomic"

	"github.com/charmbracelet/x/ansi"
)

const ellipsis = "…"

// graphemes is the measure of the terminal that is drawn on, see SetGraphemeClusters.
var graphemes atomic.Bool

// SetGraphemeClusters says whether the terminal measures text by grapheme clusters (its mode
// 2027) or, as it is at the start, by adding up code points. It must be the measure
// by which the frames are put into cells. The two differ for text of scripts with
// vowel signs only: Devanagari का takes one cell by the first and two by the second.
func SetGraphemeClusters(on bool) { graphemes.Store(on) }

// WidthMethod returns the measure of the terminal, for text with escape sequences.
func WidthMethod() ansi.Method {
	if graphemes.Load() {
		return ansi.GraphemeWidth
	}
	return ansi.WcWidth
}

// Width returns how many cells s takes on the screen, escape sequences not
// counted: the same measure that the layout uses.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return WidthMethod().StringWidth(s)
}

// Truncate returns Line(s) in at most width cells: whole where it fits, else
// its start and an ellipsis.
func Truncate(s string, width int) string {
	if width <= 0 {
		return ""
	}
	// Spaces at the ends may be all that makes it too long.
	if len(s) > width && plain(s[:width+1]) && s[0] != ' ' && s[width] != ' ' {
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
	room := width - Width(ellipsis)
	if room < 0 {
		return ""
	}
	return strings.TrimRight(head(line, room), " ") + ellipsis
}

// TruncateMiddle returns Line(s) in at most width cells: whole where it fits, else its
// start and its end with an ellipsis between, as request ids often differ in
// their last characters only. Tail keeps the end alone.
func TruncateMiddle(s string, width int) string { return withEnd(s, width, 2) }
func TruncateStart(s string, width int) string  { return withEnd(s, width, 1) }

// withEnd returns Line(s) in at most width cells, in one of so many parts the end of what does
// not fit.
func withEnd(s string, width, parts int) string {
	line, room := Line(s), width-Width(ellipsis)
	switch {
	case Width(line) <= max(width, 0):
		return line
	case room < 0:
		return ""
	}
	start := head(line, room-room/parts)
	return start + ellipsis + tail(line, room-Width(start))
}

// Wrap returns the lines of s, each in at most width cells, broken between
// words where that is possible and within a word where it is not. The spaces at
// a break are dropped, and every other character stays; only in a width of one
// cell, a character of two becomes a question mark.
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

// first returns the length of the first character of a safe text, in bytes and
// with its marks, and how many cells it takes.
func first(line string) (size, width int) {
	if line[0] < 0x7F && (len(line) == 1 || line[1] < 0x7F) {
		return 1, 1
	}
	m := WidthMethod()
	cluster, _ := ansi.FirstGraphemeCluster(line, m)
	return len(cluster), m.StringWidth(cluster)
}

// head returns the longest start of a safe text in at most width cells, each
// character with its marks.
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

// tail returns the longest end of a safe text in at most width cells, each
// character with its marks.
func tail(line string, width int) string {
	for left := Width(line); left > width; {
		size, cells := first(line)
		line, left = line[size:], left-cells
	}
	return line
}
