package views

import (
	"strconv"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// tabPlace is where a tab is drawn, and as what.
type tabPlace struct {
	tab, x, width int
	text          string
}

// tabsSpare is how much of the line stays free beside the tabs' names, for the
// filter in force and the throughput.
const tabsSpare = 14

// placeTabs returns where the tabs go on a line of the given width. Where their
// names do not fit, symbols stand for them; where those do not fit either, only
// the active tab and as many others as do are there. The tabs of the canceled and
// of the unknown are there when there are any, or when they are active.
func placeTabs(tabs []Tab, width int) []tabPlace {
	if places, used := layTabs(tabs, tabName, width, false); used <= width-tabsSpare {
		return places
	}
	places, _ := layTabs(tabs, tabSymbol, width, true)
	return places
}

// layTabs puts the tabs side by side. With must, those that would reach behind
// room are left out, but never the active one while it fits alone.
func layTabs(tabs []Tab, text func(Tab) string, room int, must bool) (places []tabPlace, used int) {
	reserved := 0
	for _, t := range tabs {
		if t.Active {
			reserved = safe.Width(text(t)) + 2
		}
	}
	for i, t := range tabs {
		if !t.All && (t.State == poller.Canceled || t.State.Unknown()) && t.Count == 0 && !t.Active {
			continue
		}
		label := text(t)
		width := safe.Width(label) + 2
		if t.Active {
			reserved = 0
		}
		if must && used+width+reserved > room {
			continue
		}
		places = append(places, tabPlace{tab: i, x: used, width: width, text: label})
		used += width
	}
	return places, used
}

func tabName(t Tab) string { return safe.Line(t.Title) + " " + strconv.Itoa(t.Count) }

func tabSymbol(t Tab) string {
	if t.All {
		return tabName(t)
	}
	return theme.Symbol(t.State) + " " + strconv.Itoa(t.Count)
}

// prepareTabs places the tabs, and beside them how many tasks are marked and the
// filter in force; where the tabs take all of their line, those go beside the
// position.
func (f *frame) prepareTabs() {
	p, ink := f.props, &f.props.Theme.Plain
	f.tabs = placeTabs(p.Tabs, p.Width)
	room := p.Width - 3
	for _, place := range f.tabs {
		room -= place.width
	}
	f.marked = markedText(p.Marked, room, false)
	if f.marked != "" {
		room -= safe.Width(f.marked) + 1
	}
	f.chip = filterChip(p.FilterText, room)
	if f.chip == "" || f.layout.TabsY < 0 {
		if chip := filterChip(p.FilterText, p.Width/2); chip != "" {
			f.low = append(f.low, piece{p.Theme.Chip, chip, 2})
		}
	}
	if f.marked == "" || f.layout.TabsY < 0 {
		if text := markedText(p.Marked, p.Width, p.Width < 60); text != "" {
			f.low = append(f.low, piece{ink.Accent, text, 1})
		}
	}
	if text := f.position(); text != "" {
		f.low = append(f.low, piece{ink.Dim, text, 0})
	}
	f.low, _ = fit(f.low, p.Width-2, 1)
}

// position returns where the cursor is in the table or in what is in its place.
func (f *frame) position() string {
	switch p := f.props; {
	case p.Stats != nil:
		return ""
	case p.Groups != nil:
		return groupPosition(p.Groups)
	default:
		return position(&p.Table)
	}
}

// markedText returns how many tasks are marked, in at most width cells; nothing
// where none is or where it does not fit. A short one is the sign and the number.
func markedText(marked, width int, short bool) string {
	text := markSign + " " + strconv.Itoa(marked)
	if !short {
		text += " marked"
	}
	if marked <= 0 || safe.Width(text) > width {
		return ""
	}
	return text
}

// drawTabs writes the tabs, how many tasks are marked, the filter in force and
// the throughput.
func drawTabs(l *line, p *Props, places []tabPlace, marked, chip string) {
	ink := &p.Theme.Plain
	for _, place := range places {
		t := &p.Tabs[place.tab]
		style := ink.Dim
		switch {
		case t.Active:
			style = p.Theme.Tab
		case !t.All && t.Count > 0 && t.State < poller.StateCount:
			style = ink.State[t.State]
		}
		ground := ink.Text
		if t.Active {
			ground = style
		}
		l.pad(ground, 1)
		l.put(style, place.text)
		l.pad(ground, 1)
	}
	if marked != "" {
		l.pad(ink.Text, 1)
		l.put(ink.Accent, marked)
	}
	if chip != "" {
		l.pad(ink.Text, 1)
		l.put(p.Theme.Chip, chip)
	}
	pieces := throughput(p, l.room-3)
	if pieces != nil {
		l.pad(ink.Text, l.room-1-piecesWidth(pieces, 1))
		l.putPieces(pieces, 1, ink.Text)
	}
	l.end(ink.Text)
}

// chipMost is the widest that a filter in force is shown, chipLeast how much of
// a longer one has to show.
const (
	chipMost  = 28
	chipLeast = 10
)

// filterChip returns the filter in force as it is shown in at most width cells;
// nothing where too little of it would show.
func filterChip(filter string, width int) string {
	text := safe.Line(filter)
	if text == "" || width < min(chipLeast, safe.Width(text)+3) {
		return ""
	}
	return " " + safe.Truncate("/"+text, min(width, chipMost)-2) + " "
}
