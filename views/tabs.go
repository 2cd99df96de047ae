package views

import (
	"strconv"

	"charm.land/lipgloss/v2"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// tabInfo is a tab as it is drawn.
type tabInfo struct {
	title string
	state poller.State // gives the colour and the symbol
	// hideEmpty says that the tab is only there when it holds something.
	hideEmpty bool
}

var tabInfos = [TabCount]tabInfo{
	TabAll: {title: "all"}, TabQueued: {title: "queued", state: poller.Queued}, TabRunning: {title: "running", state: poller.Running},
	TabDone: {title: "done", state: poller.Succeeded}, TabFailed: {title: "failed", state: poller.Failed},
	TabCanceled: {title: "canceled", state: poller.Canceled, hideEmpty: true},
	TabUnknown:  {title: "unknown", state: poller.NotFound, hideEmpty: true},
}

// Title returns the word for the tab, such as "failed".
func (t Tab) Title() string { return tabInfos[t].title }

// Count returns how many of the counted tasks the tab shows.
func (t Tab) Count(counts [poller.StateCount]int) int {
	n := 0
	for state, count := range counts {
		if t.Match(poller.State(state)) {
			n += count
		}
	}
	return n
}

// Beside returns the tab that stands a step to the right, or to the left, round the
// ends. Tabs that are not there as they hold nothing are passed over.
func (t Tab) Beside(step int, counts [poller.StateCount]int) Tab {
	for {
		t = Tab((int(t) + step + int(TabCount)) % int(TabCount))
		if !tabInfos[t].hideEmpty || t.Count(counts) > 0 {
			return t
		}
	}
}

// tabPlace is where a tab is drawn, and as what.
type tabPlace struct {
	tab      Tab
	x, width int
	text     string
}

// tabsSpare is how much of the line stays free beside the tabs' names, for the
// filter in force and what else stands there.
const tabsSpare = 14

// placeTabs returns where the tabs go on a line of the given width. Where their
// names do not fit, symbols stand for them; where those do not fit either, only
// the active tab and as many others as do are there.
func placeTabs(counts [poller.StateCount]int, active Tab, width int) []tabPlace {
	name := func(t Tab) string { return t.Title() + " " + strconv.Itoa(t.Count(counts)) }
	if places, used := layTabs(counts, active, name, width, false); used <= width-tabsSpare {
		return places
	}
	places, _ := layTabs(counts, active, func(t Tab) string {
		if t == TabAll {
			return name(t)
		}
		return theme.Symbol(tabInfos[t].state) + " " + strconv.Itoa(t.Count(counts))
	}, width, true)
	return places
}

// layTabs puts the tabs side by side. With must, those that would reach behind
// room are left out, but never the active one while it fits alone.
func layTabs(counts [poller.StateCount]int, active Tab, text func(Tab) string, room int, must bool) (places []tabPlace, used int) {
	reserved := safe.Width(text(active)) + 2
	for tab := range TabCount {
		if tabInfos[tab].hideEmpty && tab.Count(counts) == 0 && tab != active {
			continue
		}
		label := text(tab)
		width := safe.Width(label) + 2
		if tab == active {
			reserved = 0
		}
		if must && used+width+reserved > room {
			continue
		}
		places = append(places, tabPlace{tab: tab, x: used, width: width, text: label})
		used += width
	}
	return places, used
}

// TabLayers returns the tabs as layers of the screen, which say where each lies; their
// ids are those of TabID.
func TabLayers(l Layout, counts [poller.StateCount]int, active Tab) []*lipgloss.Layer {
	if l.TabsY < 0 {
		return nil
	}
	var layers []*lipgloss.Layer
	for _, place := range placeTabs(counts, active, l.Width) {
		layers = append(layers, lipgloss.NewLayer(" "+place.text+" ").X(place.x).Y(l.TabsY).ID(place.tab.ID()))
	}
	return layers
}

// ID returns the id of the tab's layer.
func (t Tab) ID() string { return "tab " + t.Title() }

// tabLine is the line of the tabs, and what has no room on it.
type tabLine struct {
	places []tabPlace
	marked string  // how many tasks are marked
	chip   string  // the filter in force, where the tabs leave room for it
	low    []piece // what stands at the right end of the notice's line
}

// newTabLine places the tabs, and beside them how many tasks are marked and the
// filter in force; where the tabs take all of their line, those go beside the
// position.
func newTabLine(p bars) tabLine {
	ink, width := &p.Theme.Plain, p.Layout.Width
	t := tabLine{places: placeTabs(p.Counts, p.Tab, width)}
	room := width - 3
	for _, place := range t.places {
		room -= place.width
	}
	t.marked = markedText(p.Marked, room, false)
	if t.marked != "" {
		room -= safe.Width(t.marked) + 1
	}
	t.chip = filterChip(p.FilterText, room)
	if t.chip == "" || p.Layout.TabsY < 0 {
		if chip := filterChip(p.FilterText, width/2); chip != "" {
			t.low = append(t.low, piece{p.Theme.Chip, chip, 2})
		}
	}
	if t.marked == "" || p.Layout.TabsY < 0 {
		if text := markedText(p.Marked, width, width < 60); text != "" {
			t.low = append(t.low, piece{ink.Accent, text, 1})
		}
	}
	if text := safe.Line(p.Position); text != "" {
		t.low = append(t.low, piece{ink.Dim, text, 0})
	}
	t.low, _ = fit(t.low, width-2, 1)
	return t
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

// draw writes the tabs, how many tasks are marked, the filter in force, and how many run at
// once.
func (t tabLine) draw(l *line, p bars) {
	ink := &p.Theme.Plain
	for _, place := range t.places {
		style := ink.Dim
		switch {
		case place.tab == p.Tab:
			style = p.Theme.Tab
		case place.tab != TabAll && place.tab.Count(p.Counts) > 0:
			style = ink.State[tabInfos[place.tab].state]
		}
		ground := ink.Text
		if place.tab == p.Tab {
			ground = style
		}
		l.pad(ground, 1)
		l.put(style, place.text)
		l.pad(ground, 1)
	}
	if t.marked != "" {
		l.pad(ink.Text, 1)
		l.put(ink.Accent, t.marked)
	}
	if t.chip != "" {
		l.pad(ink.Text, 1)
		l.put(p.Theme.Chip, t.chip)
	}
	if text := strconv.Itoa(p.AtOnce) + " run at once"; p.AtOnce > 0 && len(text)+3 <= l.room {
		l.pad(ink.Text, l.room-1-len(text))
		l.put(ink.Dim, text)
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
