package views

import (
	"slices"
	"strconv"
	"strings"

	"polltop/views/safe"
	"polltop/views/theme"
)

// links show the states of the link beside their words, and how urgent they are.
var links = [...]struct {
	symbol string
	level  Level
}{
	LinkLive: {"●", LevelInfo}, LinkIdle: {"○", LevelInfo}, LinkViewing: {"◇", LevelInfo},
	LinkPaused: {"‖", LevelWarn}, LinkDegraded: {"◐", LevelWarn}, LinkWaiting: {"◔", LevelWarn}, LinkSilent: {"◷", LevelWarn},
	LinkFailing: {"✗", LevelBad}, LinkOffline: {"✗", LevelBad}, LinkUnauthorized: {"✗", LevelBad},
}

func (l Link) style(ink *theme.Styles) string {
	if l <= LinkViewing {
		return [...]string{LinkLive: ink.Good, LinkIdle: ink.Dim, LinkViewing: ink.Accent}[l]
	}
	style, _ := links[l].level.look(ink)
	return style
}

// look returns the style of a notice, and the sign before it.
func (l Level) look(ink *theme.Styles) (style, sign string) {
	styles := [...]string{LevelInfo: ink.Text, LevelGood: ink.Good, LevelWarn: ink.Warn, LevelBad: ink.Bad}
	return styles[l], [...]string{LevelInfo: "", LevelGood: "✓ ", LevelWarn: "! ", LevelBad: "✗ "}[l]
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
	symbol := piece{p.Link.style(ink), links[p.Link].symbol, weighLink}
	pieces := []piece{
		{ink.Accent, "polltop", weighName}, {ink.Text, safe.Line(p.Host), weighHost},
		{ink.Dim, safe.Line(p.Session), weighSession}, {ink.Dim, safe.Line(p.Viewers), weighSession},
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

// pollRate shows how often is polled, and within which limit; nothing where nothing is
// polled. The rate is an average over the past seconds, in which the limit may have fallen.
func pollRate(p bars) string {
	if p.RateLimit <= 0 {
		return ""
	}
	return strconv.FormatFloat(min(p.PollsPerSecond, p.RateLimit), 'f', 1, 64) + " of " + fraction(p.RateLimit) + " polls/s"
}

// drawNotice writes the notice; where there is none, what keeps the polling from going on, how
// far downloads are, or the header's note; and the pieces that stand at the right end.
func drawNotice(l *line, p bars, note string, low []piece) {
	ink := &p.Theme.Plain
	notice := func(level Level, text string) {
		style, sign := level.look(ink)
		l.put(style, sign+text)
	}
	l.between(ink.Text, low, 1, func() {
		switch text := safe.Line(p.Notice); {
		case text != "":
			notice(p.NoticeLevel, text)
		case p.Transfers != nil && (note == "" || p.Link < LinkDegraded):
			drawTransfers(l, p)
		case note != "":
			notice(links[p.Link].level, note)
		case p.End != nil:
			drawHints(l, ink, endHints(p))
		}
	})
}

// drawHints writes keys and what they do, as many as fit.
func drawHints(l *line, ink *theme.Styles, keys [][2]string) {
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
			lines[y] = draw(l.Width, func(out *line) {
				write(out)
				out.end(f.Theme.Plain.Text)
			})
		}
	}
	head, tabs, ink := newHeader(p), newTabLine(p), &f.Theme.Plain
	put(l.FooterY, func(out *line) {
		var low []piece
		if l.NoticeY == l.FooterY {
			low = tabs.low
		}
		out.between(ink.Text, low, 1, func() {
			if p.Footer != nil {
				text := p.Footer(out.room)
				out.raw(text, safe.Width(text))
			}
		})
	})
	put(l.TabsY, func(out *line) { tabs.draw(out, p) })
	put(l.ProgressY, func(out *line) { drawProgress(out, p) })
	put(l.HeaderY, func(out *line) {
		out.between(ink.Text, head.right, 2, func() { out.putPieces(head.left, 2, ink.Text) })
	})
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
