package views

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"polltop/views/safe"
	"polltop/views/theme"
)

// line writes one line of the screen, never wider than space. Text is added piece by piece with its
// style. The sequence of a style is written only where the style changes.
type line struct {
	out   *strings.Builder
	space int    // the cells that are left
	style string // the style in force; "" at the start of a line
	// highlight returns the range of a text that stands out, an empty one for none; nil for none.
	highlight func(text string) (from, to int)
}

// put writes safe text, cut at the end where it does not fit.
func (l *line) put(style, text string) {
	if safe.Width(text) > l.space {
		text = safe.Truncate(text, l.space)
	}
	l.space -= safe.Width(text)
	for l.highlight != nil {
		from, to := l.highlight(text)
		match := text[from:to]
		divides := safe.Width(text[:from])+safe.Width(match)+safe.Width(text[to:]) != safe.Width(text)
		if match == "" || divides || startsWithCombining(match) || startsWithCombining(text[to:]) {
			break // a character would be divided
		}
		l.write(style, text[:from])
		l.write(style+highlightStyle, match)
		text = text[to:]
	}
	l.write(style, text)
}

// startsWithCombining reports whether a text begins with a combining mark or within a character.
func startsWithCombining(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && (first == utf8.RuneError || safe.Width(string(first)) == 0)
}

const highlightStyle = "\x1b[1;4m"

func (l *line) write(style, text string) {
	if text != "" {
		l.setStyle(style)
		l.out.WriteString(text)
	}
}

func (l *line) pad(style string, n int) {
	n = max(min(n, l.space), 0)
	l.space -= n
	l.write(style, strings.Repeat(" ", n))
}

// cell writes safe text into exactly width cells.
func (l *line) cell(style, text string, width int, right bool) {
	width = min(width, l.space)
	text = safe.Truncate(text, width)
	l.align([]piece{{style: style, text: text}}, width, right, style)
}

// align writes pieces into exactly width cells, with blanks before or after them.
func (l *line) align(pieces []piece, width int, right bool, padStyle string) {
	padding := width - piecesWidth(pieces, 0)
	if right {
		l.pad(padStyle, padding)
	}
	l.putPieces(pieces, 0, "")
	if !right {
		l.pad(padStyle, padding)
	}
}

// raw writes a text with style sequences of polltop's own, which takes width cells. It writes
// nothing if that does not fit, because such a text can't be cut.
func (l *line) raw(text string, width int) {
	if width > l.space {
		return
	}
	l.setStyle(theme.Reset)
	l.out.WriteString(text)
	l.space -= width
	l.style = unknownStyle
}

// end fills the line with blanks and resets the style.
func (l *line) end(style string) {
	l.pad(style, l.space)
	if l.style != "" && l.style != theme.Reset {
		l.out.WriteString(theme.Reset)
	}
}

// setStyle writes the sequence of a style that is not in force.
func (l *line) setStyle(style string) {
	if style == unknownStyle {
		return
	}
	if style != l.style && (l.style != "" || style != theme.Reset) {
		l.out.WriteString(style)
	}
	l.style = style
}

// piece is a text in one style. Of pieces that do not fit on a line, those of the lowest priority
// are left out.
type piece struct {
	style, text string
	priority    int
}

// fit returns those of the pieces with a text that fit into width cells with gap cells between
// them, and the width that they take. It leaves out the lowest priority first, the last of equals.
func fit(pieces []piece, width, gap int) (fitting []piece, used int) {
	fitting = slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.text == "" })
	for used = piecesWidth(fitting, gap); len(fitting) > 0 && used > width; used = piecesWidth(fitting, gap) {
		lowest := 0
		for i, p := range fitting {
			if p.priority <= fitting[lowest].priority {
				lowest = i
			}
		}
		fitting = slices.Delete(fitting, lowest, lowest+1)
	}
	return fitting, used
}

// piecesWidth returns the width of pieces with gap cells between them.
func piecesWidth(pieces []piece, gap int) int {
	total := gap * max(len(pieces)-1, 0)
	for _, p := range pieces {
		total += safe.Width(p.text)
	}
	return total
}

// putPieces writes pieces with gap cells between them.
func (l *line) putPieces(pieces []piece, gap int, gapStyle string) {
	for i, p := range pieces {
		if i > 0 {
			l.pad(gapStyle, gap)
		}
		l.put(p.style, p.text)
	}
}

// justify writes pieces at the line's right end, gap cells between them, and lets left write before
// them. A cell of margin is on both sides.
func (l *line) justify(padStyle string, right []piece, gap int, left func()) {
	width, margin := piecesWidth(right, gap), min(1, max(l.space-2, 0))
	reserved := margin
	if len(right) > 0 {
		reserved += width + 2
	}
	l.pad(padStyle, margin)
	l.space -= reserved
	left()
	l.space += reserved
	l.pad(padStyle, l.space-width-margin)
	l.putPieces(right, gap, padStyle)
}

// styled writes a text that may hold style sequences, such as a text field draws. Of anything
// else only safe text is written. The rest of the line is filled with blanks.
func (l *line) styled(padStyle, text string) {
	style := padStyle
	for text != "" && l.space > 0 {
		at := styleSequence.FindStringIndex(text)
		l.put(style, safe.Line(text[:at[0]]))
		if at[0] < at[1] {
			// The sequence adds to the style in force. What results is not known, so the next
			// style is written in any case.
			l.setStyle(style)
			l.out.WriteString(text[at[0]:at[1]])
			l.style, style = unknownStyle, unknownStyle
		}
		text = text[at[1]:]
	}
	l.pad(padStyle, l.space)
}

// unknownStyle is the style in force after a sequence in the text itself.
const unknownStyle = "?"

// styleSequence matches the first style sequence in a text, or the text's end.
var styleSequence = regexp.MustCompile(`\x1b\[[0-9:;]*m|$`)
