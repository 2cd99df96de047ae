package views

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"polltop/views/safe"
	"polltop/views/theme"
)

// line writes one line of the screen, never wider than its room. Text goes in piece by piece
// with its style; a style sequence is only written where it differs from that before it.
type line struct {
	out   *strings.Builder
	room  int    // cells that are left
	style string // the style in force; empty at the start of a line
	// find returns where text that put writes is to stand out; nil for nowhere.
	find func(text string) (from, to int)
}

// put writes safe text, cut at the end where it does not fit.
func (l *line) put(style, text string) {
	if safe.Width(text) > l.room {
		text = safe.Truncate(text, l.room)
	}
	l.room -= safe.Width(text)
	for l.find != nil {
		from, to := l.find(text)
		match := text[from:to]
		apart := safe.Width(text[:from])+safe.Width(match)+safe.Width(text[to:]) != safe.Width(text)
		if match == "" || apart || combines(match) || combines(text[to:]) {
			break // a character would be taken apart
		}
		l.write(style, text[:from])
		l.write(style+standOut, match)
		text = text[to:]
	}
	l.write(style, text)
}

// combines reports whether a text begins with what belongs to the character before it: also
// with a part of one.
func combines(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && (first == utf8.RuneError || safe.Width(string(first)) == 0)
}

const standOut = "\x1b[1;4m"

func (l *line) write(style, text string) {
	if text != "" {
		l.ink(style)
		l.out.WriteString(text)
	}
}

func (l *line) pad(style string, n int) {
	n = max(min(n, l.room), 0)
	l.room -= n
	l.write(style, strings.Repeat(" ", n))
}

// cell writes safe text into exactly width cells.
func (l *line) cell(style, text string, width int, right bool) {
	width = min(width, l.room)
	text = safe.Truncate(text, width)
	l.align([]piece{{style: style, text: text}}, width, right, style)
}

// align writes pieces into exactly width cells, with blanks before or behind them.
func (l *line) align(pieces []piece, width int, right bool, blank string) {
	left := width - piecesWidth(pieces, 0)
	if right {
		l.pad(blank, left)
	}
	l.putPieces(pieces, 0, "")
	if !right {
		l.pad(blank, left)
	}
}

// raw writes a text of polltop's own as it is, which takes width cells. It is
// left out where there is no room for all of it, as it can't be cut.
func (l *line) raw(text string, width int) {
	if width > l.room {
		return
	}
	l.ink(theme.Reset)
	l.out.WriteString(text)
	l.room -= width
	l.style = unknownStyle
}

// end fills the line up and leaves no style in force.
func (l *line) end(style string) {
	l.pad(style, l.room)
	if l.style != "" && l.style != theme.Reset {
		l.out.WriteString(theme.Reset)
	}
}

// ink writes a style where it is not the one in force.
func (l *line) ink(style string) {
	if style == unknownStyle {
		return
	}
	if style != l.style && (l.style != "" || style != theme.Reset) {
		l.out.WriteString(style)
	}
	l.style = style
}

// piece is some text in one style, put together with others on a line. The
// less it weighs, the sooner it is left out.
type piece struct {
	style, text string
	weight      int
}

// fit returns the pieces that have a text and fit into width cells with gap cells between them,
// in their order: where not all do, those of least weight are left out, the last one first. It
// also returns the width that they take.
func fit(pieces []piece, width, gap int) (kept []piece, used int) {
	kept = slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.text == "" })
	for used = piecesWidth(kept, gap); len(kept) > 0 && used > width; used = piecesWidth(kept, gap) {
		least := 0
		for i, p := range kept {
			if p.weight <= kept[least].weight {
				least = i
			}
		}
		kept = slices.Delete(kept, least, least+1)
	}
	return kept, used
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
func (l *line) putPieces(pieces []piece, gap int, between string) {
	for i, p := range pieces {
		if i > 0 {
			l.pad(between, gap)
		}
		l.put(p.style, p.text)
	}
}

// between writes pieces at the line's right end, gap cells between them, and before those
// what left writes into the room that they leave; a cell of margin is on both sides.
func (l *line) between(blank string, right []piece, gap int, left func()) {
	width, margin := piecesWidth(right, gap), min(1, max(l.room-2, 0))
	end := margin
	if len(right) > 0 {
		end += width + 2
	}
	l.pad(blank, margin)
	l.room -= end
	left()
	l.room += end
	l.pad(blank, l.room-width-margin)
	l.putPieces(right, gap, blank)
}

// styled writes text of polltop's own that may hold style sequences, such as a
// text field draws itself. Nothing else than those and safe text gets through.
func (l *line) styled(ground, text string) {
	style := ground
	for text != "" && l.room > 0 {
		at := sgr.FindStringIndex(text)
		l.put(style, safe.Line(text[:at[0]]))
		if at[0] < at[1] {
			// The sequence adds to what is in force, which is not known to
			// line: it is written as it is, and the next style after it.
			l.ink(style)
			l.out.WriteString(text[at[0]:at[1]])
			l.style, style = unknownStyle, unknownStyle
		}
		text = text[at[1]:]
	}
	l.pad(ground, l.room)
}

// unknownStyle stands for what a sequence of a text field's own left in force.
const unknownStyle = "?"

// sgr matches the first style sequence in a text, or the text's end.
var sgr = regexp.MustCompile(`\x1b\[[0-9:;]*m|$`)
