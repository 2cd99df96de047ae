package views

import (
	"slices"
	"strconv"

	"polltop/views/safe"
	"polltop/views/theme"
)

// linkSymbol returns how a state of the link is told beside its words, and in which style.
func linkSymbol(link Link, ink *theme.Ink) (symbol, style string) {
	switch link {
	case LinkLive:
		return "●", ink.Good
	case LinkIdle:
		return "○", ink.Dim
	case LinkViewing:
		return "◇", ink.Accent
	case LinkPaused:
		return "‖", ink.Warn
	case LinkDegraded:
		return "◐", ink.Warn
	case LinkWaiting:
		return "◔", ink.Warn
	case LinkSilent:
		return "◷", ink.Warn
	}
	return "✗", ink.Bad
}

// header is what the first line shows, and the words of the link that it has no room for.
type header struct {
	left, right []piece
	note        string
}

// The weights of the header's parts: what the state of the link is goes last.
const (
	weighSession = iota + 1
	weighRate
	weighHost
	weighName
	weighUnkept
	weighLink
)

// newHeader returns the header in the props' width, with the most words of the link for
// which the program's name and the host's have room.
func newHeader(p bars) header {
	ink := &p.Theme.Plain
	symbol, style := linkSymbol(p.Link, ink)
	pieces := []piece{
		{ink.Accent, "polltop", weighName},
		{ink.Text, safe.Line(p.Host), weighHost},
		{ink.Dim, safe.Line(p.Session), weighSession},
		{ink.Dim, safe.Line(p.Connected), weighSession},
		{ink.Bad, safe.Line(p.StoreErr), weighUnkept},
		{ink.Dim, pollRate(p), weighRate},
		{style, symbol, weighLink},
	}
	pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.text == "" })
	// A cell of margin on both sides.
	kept, _ := fit(pieces, p.Layout.Width-2, 2)
	shown := ""
	for _, text := range p.LinkTexts {
		shown = safe.Line(text)
		pieces[len(pieces)-1].text = symbol + " " + shown
		named, _ := fit(pieces, p.Layout.Width-2, 2)
		if len(named) > 0 {
			kept = named
		}
		if slices.ContainsFunc(named, func(p piece) bool { return p.weight == weighHost }) {
			break
		}
	}
	h := header{}
	if whole := safe.Line(firstOf(p.LinkTexts)); whole != shown {
		h.note = whole
	}
	for _, part := range kept {
		if part.weight == weighHost || part.weight == weighName || part.weight == weighSession {
			h.left = append(h.left, part)
		} else {
			h.right = append(h.right, part)
		}
	}
	if len(kept) == 0 {
		h.right = []piece{{style, symbol, weighLink}}
	}
	return h
}

func firstOf(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

// pollRate tells how often is polled, and within which limit; nothing where nothing is
// polled. The rate is an average over the past seconds, in which the limit may have fallen.
func pollRate(p bars) string {
	if p.RateLimit <= 0 {
		return ""
	}
	return strconv.FormatFloat(min(p.PollsPerSecond, p.RateLimit), 'f', 1, 64) + " of " + fraction(p.RateLimit) + " polls/s"
}

// piecesWidth returns the width of pieces with gap cells between them.
func piecesWidth(pieces []piece, gap int) int {
	total := 0
	for i, p := range pieces {
		if i > 0 {
			total += gap
		}
		total += safe.Width(p.text)
	}
	return total
}

// draw writes the header.
func (h header) draw(l *line, ink *theme.Ink) {
	width := l.room
	if width > 2 {
		l.pad(ink.Text, 1)
	}
	l.putPieces(h.left, 2, ink.Text)
	l.pad(ink.Text, l.room-piecesWidth(h.right, 2)-min(1, max(width-2, 0)))
	l.putPieces(h.right, 2, ink.Text)
	l.end(ink.Text)
}

// drawNotice writes the notice; where there is none, what keeps the polling from
// going on, how far downloads are, or the header's note; and the pieces that
// stand at the right end.
func drawNotice(l *line, p bars, note string, low []piece) {
	ink := &p.Theme.Plain
	text, level := safe.Line(p.Notice), p.NoticeLevel
	l.pad(ink.Text, 1)
	switch {
	case text != "":
	case p.Transfers != nil && (note == "" || p.Link < LinkDegraded):
		drawTransfers(l, p, l.room-lowRoom(low))
		drawLow(l, ink, low)
		return
	case note == "" && p.End != nil:
		l.room -= lowRoom(low)
		drawHints(l, ink, endHints(p))
		l.room += lowRoom(low)
	case note != "":
		text, level = note, linkLevel(p.Link)
	}
	style, symbol := ink.Text, ""
	switch level {
	case LevelGood:
		style, symbol = ink.Good, "✓ "
	case LevelWarn:
		style, symbol = ink.Warn, "! "
	case LevelBad:
		style, symbol = ink.Bad, "✗ "
	}
	if text != "" {
		l.put(style, safe.Truncate(symbol+text, l.room-lowRoom(low)))
	}
	drawLow(l, ink, low)
}

// linkLevel returns how urgent the note on a link is.
func linkLevel(link Link) Level {
	switch link {
	case LinkPaused, LinkDegraded, LinkWaiting, LinkSilent:
		return LevelWarn
	case LinkFailing, LinkOffline, LinkUnauthorized:
		return LevelBad
	}
	return LevelInfo
}

// lowRoom returns how many cells the pieces at the right end of a line take,
// with the margins before and behind them.
func lowRoom(low []piece) int {
	if len(low) == 0 {
		return 1
	}
	return piecesWidth(low, 1) + 3
}

// drawLow ends a line with the pieces at its right end.
func drawLow(l *line, ink *theme.Ink, low []piece) {
	if width := piecesWidth(low, 1); l.room > width {
		l.pad(ink.Text, l.room-width-1)
		l.putPieces(low, 1, ink.Text)
	}
	l.end(ink.Text)
}

// drawFooter writes as many keys as fit, the first ones first, and the pieces
// that stand at the right end.
func drawFooter(l *line, p bars, low []piece) {
	l.pad(p.Theme.Plain.Text, 1)
	if p.Footer != nil {
		text := p.Footer(l.room - lowRoom(low))
		l.raw(text, safe.Width(text))
	}
	drawLow(l, &p.Theme.Plain, low)
}

// drawHints writes keys and what they do, as many as fit.
func drawHints(l *line, ink *theme.Ink, keys [][2]string) {
	for _, k := range keys {
		if l.room < safe.Width(k[0])+len(k[1]) {
			return
		}
		l.pad(ink.Text, 2)
		l.put(ink.Accent, k[0])
		l.pad(ink.Text, 1)
		l.put(ink.Dim, k[1])
	}
}
