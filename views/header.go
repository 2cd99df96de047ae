package views

import (
	"slices"
	"strconv"

	"charm.land/bubbles/v2/help"

	"polltop/views/safe"
	"polltop/views/theme"
)

// linkWord returns how a state of the link is told, and in which style.
func linkWord(link Link, ink *theme.Ink) (symbol, word, style string) {
	switch link {
	case LinkLive:
		return "●", "live", ink.Good
	case LinkIdle:
		return "○", "idle", ink.Dim
	case LinkViewing:
		return "◇", "viewing", ink.Accent
	case LinkPaused:
		return "‖", "paused", ink.Warn
	case LinkDegraded:
		return "◐", "degraded", ink.Warn
	case LinkWaiting:
		return "◷", "waiting", ink.Warn
	case LinkFailing:
		return "✗", "failing", ink.Bad
	case LinkOffline:
		return "✗", "offline", ink.Bad
	}
	return "✗", "unauthorized", ink.Bad
}

// header is what the first line shows, and the note that it has no room for.
type header struct {
	left, right []piece
	note        string
}

// The weights of the header's parts: what the state of the link is goes last.
const (
	weighNote = iota + 1
	weighFlight
	weighSession
	weighRate
	weighHost
	weighName
	weighUnkept
	weighLink
)

// newHeader returns the header in the props' width.
func newHeader(p bars) header {
	ink := &p.Theme.Plain
	symbol, word, style := linkWord(p.Link, ink)
	note := safe.Line(p.LinkNote)
	pieces := []piece{
		{ink.Accent, "polltop", weighName},
		{ink.Text, safe.Line(p.Host), weighHost},
		{ink.Dim, safe.Line(p.Session), weighSession},
		{ink.Bad, safe.Line(p.StoreErr), weighUnkept},
		{ink.Dim, pollRate(p), weighRate},
		{ink.Dim, "in flight " + strconv.Itoa(p.InFlight), weighFlight},
		{style, symbol + " " + word, weighLink},
		{ink.Text, note, weighNote},
	}
	pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.text == "" })
	// A cell of margin on both sides.
	kept, _ := fit(pieces, p.Layout.Width-2, 2)
	kept = nameTrouble(kept, pieces, p, symbol)
	h := header{note: note}
	for _, part := range kept {
		switch {
		case part.weight >= weighHost && part.weight < weighUnkept, part.weight == weighSession:
			h.left = append(h.left, part)
		default:
			h.right = append(h.right, part)
			if part.weight == weighNote || part.text == symbol+" "+note {
				h.note = ""
			}
		}
	}
	if len(kept) == 0 {
		h.right = []piece{{style, symbol, weighLink}}
	}
	return h
}

// nameTrouble returns the header's parts with what is in trouble in place of the word of
// the link, in the most words that have room, where the note that says it has none: other
// parts than the program's name and the host's go for that.
func nameTrouble(kept, pieces []piece, p bars, symbol string) []piece {
	noted := slices.ContainsFunc(kept, func(p piece) bool { return p.weight == weighNote })
	if noted {
		return kept
	}
	for _, brief := range p.LinkBrief {
		named := slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.weight == weighNote })
		for i := range named {
			if named[i].weight == weighLink {
				named[i].text = symbol + " " + safe.Line(brief)
			}
		}
		named, _ = fit(named, p.Layout.Width-2, 2)
		if slices.ContainsFunc(named, func(p piece) bool { return p.weight == weighHost }) {
			return named
		}
	}
	return kept
}

// pollRate tells how often is polled, and within which limit where the service
// has shown one.
func pollRate(p bars) string {
	text := strconv.FormatFloat(p.PollsPerSecond, 'f', 1, 64)
	if p.RateLimit > 0 {
		text += " of " + strconv.FormatFloat(p.RateLimit, 'f', 1, 64)
	}
	return text + " polls/s"
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
	case note != "":
		_, word, _ := linkWord(p.Link, ink)
		text, level = word+": "+note, linkLevel(p.Link)
		if p.Link == LinkDegraded {
			text = note // it names what is in trouble
		}
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
	case LinkPaused, LinkDegraded, LinkWaiting:
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
	h := help.New()
	h.Styles, h.ShortSeparator = p.Theme.Help, "  "
	// Its own bound lets a key through that leaves no room for the ellipsis.
	room, count := l.room-lowRoom(low)+2, 0
	for _, k := range p.Keys {
		if k.Enabled() {
			room -= safe.Width(k.Help().Key) + 1 + safe.Width(k.Help().Desc) + 2
		}
		if room < 0 {
			break
		}
		count++
	}
	text := h.ShortHelpView(p.Keys[:count])
	l.raw(text, safe.Width(text))
	drawLow(l, &p.Theme.Plain, low)
}
