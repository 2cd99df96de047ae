package views

import (
	"slices"
	"strconv"
	"strings"

	"polltop/views/safe"
	"polltop/views/theme"
)

// links are the symbols of the states of the link, and how urgent the states are.
var links = [...]struct {
	symbol string
	level  Level
}{
	LinkLive: {"●", LevelInfo}, LinkIdle: {"○", LevelInfo}, LinkViewing: {"◇", LevelInfo},
	LinkPaused: {"‖", LevelWarn}, LinkDegraded: {"◐", LevelWarn}, LinkWaiting: {"◔", LevelWarn}, LinkSilent: {"◷", LevelWarn},
	LinkFailing: {"✗", LevelBad}, LinkOffline: {"✗", LevelBad}, LinkUnauthorized: {"✗", LevelBad},
}

func (l Link) style(styles *theme.Styles) string {
	if l <= LinkViewing {
		return [...]string{LinkLive: styles.Good, LinkIdle: styles.Dim, LinkViewing: styles.Accent}[l]
	}
	style, _ := links[l].level.style(styles)
	return style
}

// style returns the style of a notice, and the sign before its text.
func (l Level) style(styles *theme.Styles) (style, sign string) {
	switch l {
	case LevelGood:
		return styles.Good, "✓ "
	case LevelWarn:
		return styles.Warn, "! "
	case LevelBad:
		return styles.Bad, "✗ "
	}
	return styles.Text, ""
}

// header is what the first line shows.
type header struct {
	left, right []piece
	linkText    string // the whole state of the link, if the header is too narrow for it; else ""
}

// The priorities of the header's parts. The state of the link is left out last.
const (
	prioritySession = iota + 1
	priorityRate
	priorityHost
	priorityName
	priorityStoreErr
	priorityLink
)

// newHeader returns the header with the longest text of the link beside which the names of the
// program and the host fit.
func newHeader(p bars) (h header) {
	styles := &p.Theme.Plain
	symbol := piece{p.Link.style(styles), links[p.Link].symbol, priorityLink}
	pieces := []piece{
		{styles.Accent, "polltop", priorityName}, {styles.Text, safe.Line(p.Host), priorityHost},
		{styles.Dim, safe.Line(p.Session), prioritySession}, {styles.Dim, safe.Line(p.Viewers), prioritySession},
		{styles.Bad, safe.Line(p.StoreErr), priorityStoreErr}, {styles.Dim, pollRate(p), priorityRate}, symbol,
	}
	// A cell of margin is on both sides.
	kept, _ := fit(pieces, p.Layout.Width-2, 2)
	for i, text := range p.LinkTexts {
		text = safe.Line(text)
		pieces[len(pieces)-1].text = symbol.text + " " + text
		named, _ := fit(pieces, p.Layout.Width-2, 2)
		if len(named) > 0 {
			kept = named
		}
		if slices.ContainsFunc(named, func(p piece) bool { return p.priority == priorityHost }) {
			break
		}
		if i < len(p.LinkTexts)-1 {
			h.linkText = safe.Line(p.LinkTexts[0])
		}
	}
	if len(kept) == 0 {
		kept = []piece{symbol}
	}
	// The poll rate, the store's error and the link stand at the right. The link is always shown.
	right := slices.IndexFunc(kept, func(p piece) bool { return p.priority == priorityRate || p.priority >= priorityStoreErr })
	h.left, h.right = kept[:right], kept[right:]
	return h
}

// pollRate returns the rate of polls and its limit, "" where nothing is polled. The rate is an
// average over the past seconds, in which the limit may have fallen below it.
func pollRate(p bars) string {
	if p.RateLimit <= 0 {
		return ""
	}
	return strconv.FormatFloat(min(p.PollsPerSecond, p.RateLimit), 'f', 1, 64) + " of " + oneDecimal(p.RateLimit) + " polls/s"
}

// drawNotice writes the notice, and right at the line's right end. Without a notice it writes the
// progress of the downloads, the header's linkText or the keys of the end.
func drawNotice(l *line, p bars, linkText string, right []piece) {
	styles := &p.Theme.Plain
	notice := func(level Level, text string) {
		style, sign := level.style(styles)
		l.put(style, sign+text)
	}
	l.justify(styles.Text, right, 1, func() {
		switch text := safe.Line(p.Notice); {
		case text != "":
			notice(p.NoticeLevel, text)
		case p.Transfers != nil && (linkText == "" || p.Link < LinkDegraded):
			drawTransfers(l, p)
		case linkText != "":
			notice(links[p.Link].level, linkText)
		case p.End != nil:
			drawHints(l, styles, endHints(p))
		}
	})
}

// drawHints writes as many keys, and what they do, as fit.
func drawHints(l *line, styles *theme.Styles, keys [][2]string) {
	for _, k := range keys {
		if l.space < 2+safe.Width(k[0])+1+len(k[1]) {
			return
		}
		l.pad(styles.Text, 2)
		l.put(styles.Accent, k[0])
		l.pad(styles.Text, 1)
		l.put(styles.Dim, k[1])
	}
}

// bars are the props of the bars with those of every part of the screen.
type bars struct {
	Frame
	*Bars
}

// DrawBars draws the bars on a screen of lines that are "" where no bar is.
func DrawBars(f Frame, b *Bars) string {
	p, l := bars{f, b}, f.Layout
	lines := make([]string, l.Height)
	put := func(y int, write func(l *line)) {
		if y >= 0 && y < len(lines) {
			lines[y] = drawLine(l.Width, func(out *line) {
				write(out)
				out.end(f.Theme.Plain.Text)
			})
		}
	}
	head, tabs, styles := newHeader(p), newTabLine(p), &f.Theme.Plain
	put(l.FooterY, func(out *line) {
		var right []piece
		if l.NoticeY == l.FooterY {
			right = tabs.noticeRight
		}
		out.justify(styles.Text, right, 1, func() {
			if p.Footer != nil {
				text := p.Footer(out.space)
				out.raw(text, safe.Width(text))
			}
		})
	})
	put(l.TabsY, func(out *line) { tabs.draw(out, p) })
	put(l.ProgressY, func(out *line) { drawProgress(out, p) })
	put(l.HeaderY, func(out *line) {
		out.justify(styles.Text, head.right, 2, func() { out.putPieces(head.left, 2, styles.Text) })
	})
	noticeY := l.NoticeY
	switch {
	case noticeY < 0 && p.Notice != "":
		noticeY = l.Height - 1
	case noticeY == l.FooterY && p.Notice == "" && !(transfers{p.Transfers}).running() && (head.linkText == "" || p.Link < LinkWaiting):
		noticeY = -1 // the footer takes the line
	}
	put(noticeY, func(out *line) { drawNotice(out, p, head.linkText, tabs.noticeRight) })
	if p.FilterField != "" {
		y := l.TabsY
		if y < 0 {
			y = l.Height - 1
		}
		put(y, func(out *line) { out.styled(theme.Reset, p.FilterField) })
	}
	return strings.Join(lines, "\n")
}
