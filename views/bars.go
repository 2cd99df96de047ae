package views

import (
	"slices"
	"strconv"
	"strings"

	"polltop/views/safe"
	"polltop/views/theme"
)

// linkSymbols tell the states of the link beside their words.
var linkSymbols = [...]string{
	LinkLive: "●", LinkIdle: "○", LinkViewing: "◇", LinkPaused: "‖", LinkDegraded: "◐", LinkWaiting: "◔", LinkSilent: "◷",
	LinkFailing: "✗", LinkOffline: "✗", LinkUnauthorized: "✗",
}

func (l Link) level() Level {
	switch {
	case l >= LinkFailing:
		return LevelBad
	case l >= LinkPaused:
		return LevelWarn
	}
	return LevelInfo
}

func (l Link) style(ink *theme.Ink) string {
	switch l {
	case LinkLive:
		return ink.Good
	case LinkIdle:
		return ink.Dim
	case LinkViewing:
		return ink.Accent
	}
	style, _ := l.level().look(ink)
	return style
}

// look returns the style of a notice, and the sign before it.
func (l Level) look(ink *theme.Ink) (style, sign string) {
	switch l {
	case LevelGood:
		return ink.Good, "✓ "
	case LevelWarn:
		return ink.Warn, "! "
	case LevelBad:
		return ink.Bad, "✗ "
	}
	return ink.Text, ""
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
	weighStoreErr
	weighLink
)

// newHeader returns the header in the props' width, with the most words of the link for
// which the program's name and the host's have room.
func newHeader(p bars) (h header) {
	ink := &p.Theme.Plain
	symbol := piece{p.Link.style(ink), linkSymbols[p.Link], weighLink}
	pieces := []piece{
		{ink.Accent, "polltop", weighName}, {ink.Text, safe.Line(p.Host), weighHost},
		{ink.Dim, safe.Line(p.Session), weighSession}, {ink.Dim, safe.Line(p.Connected), weighSession},
		{ink.Bad, safe.Line(p.StoreErr), weighStoreErr}, {ink.Dim, pollRate(p), weighRate}, symbol,
	}
	// A cell of margin on both sides.
	kept, _ := fit(pieces, p.Layout.Width-2, 2)
	for i, text := range p.LinkTexts {
		text = safe.Line(text)
		pieces[len(pieces)-1].text = symbol.text + " " + text
		named, _ := fit(pieces, p.Layout.Width-2, 2)
		if len(named) > 0 {
			kept = named
		}
		if slices.ContainsFunc(named, func(p piece) bool { return p.weight == weighHost }) {
			break
		}
		if i < len(p.LinkTexts)-1 {
			h.note = safe.Line(p.LinkTexts[0])
		}
	}
	if len(kept) == 0 {
		kept = []piece{symbol}
	}
	// How keeping and polling go stands at the right; the state of the link is always there.
	right := slices.IndexFunc(kept, func(p piece) bool { return p.weight == weighRate || p.weight >= weighStoreErr })
	h.left, h.right = kept[:right], kept[right:]
	return h
}

// pollRate tells how often is polled, and within which limit; nothing where nothing is
// polled. The rate is an average over the past seconds, in which the limit may have fallen.
func pollRate(p bars) string {
	if p.RateLimit <= 0 {
		return ""
	}
	return strconv.FormatFloat(min(p.PollsPerSecond, p.RateLimit), 'f', 1, 64) + " of " + fraction(p.RateLimit) + " polls/s"
}

func (h header) draw(l *line, ink *theme.Ink) {
	margin := min(1, max(l.room-2, 0))
	l.pad(ink.Text, margin)
	l.putPieces(h.left, 2, ink.Text)
	l.pad(ink.Text, l.room-piecesWidth(h.right, 2)-margin)
	l.putPieces(h.right, 2, ink.Text)
	l.end(ink.Text)
}

// drawNotice writes the notice; where there is none, what keeps the polling from going on, how
// far downloads are, or the header's note; and the pieces that stand at the right end.
func drawNotice(l *line, p bars, note string, low []piece) {
	ink := &p.Theme.Plain
	l.pad(ink.Text, 1)
	taken := lowRoom(low)
	switch text := safe.Line(p.Notice); {
	case text != "":
		l.notice(ink, p.NoticeLevel, text, l.room-taken)
	case p.Transfers != nil && (note == "" || p.Link < LinkDegraded):
		drawTransfers(l, p, l.room-taken)
	case note != "":
		l.notice(ink, p.Link.level(), note, l.room-taken)
	case p.End != nil:
		l.room -= taken
		drawHints(l, ink, endHints(p))
		l.room += taken
	}
	drawLow(l, ink, low)
}

func (l *line) notice(ink *theme.Ink, level Level, text string, width int) {
	style, sign := level.look(ink)
	l.put(style, safe.Truncate(sign+text, width))
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

type bars struct {
	Frame
	*Bars
}

// DrawBars returns the lines of the bars by their place on the screen: "" where the
// table, or what is in its place, shows.
func DrawBars(f Frame, b *Bars) string {
	p, l := bars{f, b}, f.Layout
	lines := make([]string, l.Height)
	put := func(y int, write func(l *line)) {
		if y >= 0 && y < len(lines) {
			lines[y] = draw(l.Width, write)
		}
	}
	var head header
	if l.HeaderY >= 0 {
		head = newHeader(p)
	}
	tabs := newTabLine(p)
	put(l.FooterY, func(out *line) {
		if l.NoticeY == l.FooterY {
			drawFooter(out, p, tabs.low)
		} else {
			drawFooter(out, p, nil)
		}
	})
	put(l.TabsY, func(out *line) { tabs.draw(out, p) })
	put(l.ProgressY, func(out *line) { drawProgress(out, p) })
	put(l.HeaderY, func(out *line) { head.draw(out, &p.Theme.Plain) })
	noticeY := l.NoticeY
	switch {
	case noticeY < 0 && p.Notice != "":
		noticeY = l.Height - 1
	case noticeY == l.FooterY && p.Notice == "" && !(transfers{p.Transfers}).running() && (head.note == "" || p.Link < LinkWaiting):
		noticeY = -1 // the line is the footer's
	}
	put(noticeY, func(out *line) { drawNotice(out, p, head.note, tabs.low) })
	if p.FilterField != "" {
		y := l.TabsY
		if y < 0 {
			y = l.Height - 1
		}
		put(y, func(out *line) { out.styled(theme.Reset, p.FilterField) })
	}
	return strings.Join(lines, "\n")
}
