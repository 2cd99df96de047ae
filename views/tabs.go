package views

import (
	"slices"
	"strconv"

	"charm.land/lipgloss/v2"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// Tab picks the tasks that are shown by their state.
type Tab uint8

// The tabs, in the order in which they stand above the table.
const (
	TabAll      Tab = iota
	TabQueued       // what waits to run: also new tasks, which no answer has come for yet
	TabRunning      // what runs, and what has run and whose result is being read
	TabDone         // what succeeded
	TabFailed       // what failed
	TabCanceled     // what was canceled
	TabUnknown      // what has ended in a way that nobody knows
	TabCount        // how many tabs there are
)

// tabInfos has the word for each tab and the states that it shows, of which the first gives
// the color and the symbol; hideEmpty says that it is only there when it holds something.
var tabInfos = [TabCount]struct {
	title     string
	states    []poller.State
	hideEmpty bool
}{
	TabAll:      {title: "all"},
	TabQueued:   {title: "queued", states: []poller.State{poller.Queued, poller.New}},
	TabRunning:  {title: "running", states: []poller.State{poller.Running, poller.Reading}},
	TabDone:     {title: "done", states: []poller.State{poller.Succeeded}},
	TabFailed:   {title: "failed", states: []poller.State{poller.Failed}},
	TabCanceled: {title: "canceled", states: []poller.State{poller.Canceled}, hideEmpty: true},
	TabUnknown:  {title: "unknown", states: []poller.State{poller.NotFound, poller.Expired, poller.Unread}, hideEmpty: true},
}

// Title returns the word for the tab, such as "failed".
func (t Tab) Title() string { return tabInfos[t].title }

// Match reports whether the tab shows tasks in the given state.
func (t Tab) Match(state poller.State) bool {
	return t == TabAll || t < TabCount && slices.Contains(tabInfos[t].states, state)
}

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

// tabPlace is from which cell on a tab is drawn, and as what: behind a blank, and before one.
type tabPlace struct {
	tab  Tab
	x    int
	text string
}

func (p tabPlace) end() int { return p.x + safe.Width(p.text) + 2 }

// tabsSpare is how much of the line stays free beside the tabs' names, for the
// filter in force and what else stands there.
const tabsSpare = 14

// placeTabs returns where the tabs go on a line of the given width. Where their
// names do not fit, symbols stand for them; where those do not fit either, only
// the active tab and as many others as do are there.
func placeTabs(counts [poller.StateCount]int, active Tab, width int) []tabPlace {
	places, all := layTabs(counts, active, width-tabsSpare, Tab.Title)
	if !all {
		places, _ = layTabs(counts, active, width, Tab.symbol)
	}
	return places
}

// symbol returns what stands for the tab's title where there is no room for it.
func (t Tab) symbol() string {
	if t == TabAll {
		return t.Title()
	}
	return theme.Symbol(tabInfos[t].states[0])
}

// layTabs puts the tabs side by side, and reports whether there is room for all. The active
// one is never left out while it fits alone.
func layTabs(counts [poller.StateCount]int, active Tab, room int, word func(Tab) string) (places []tabPlace, all bool) {
	label := func(t Tab) string { return word(t) + " " + strconv.Itoa(t.Count(counts)) }
	reserved, used := safe.Width(label(active))+2, 0
	all = true
	for tab := range TabCount {
		if tabInfos[tab].hideEmpty && tab.Count(counts) == 0 && tab != active {
			continue
		}
		text := label(tab)
		width := safe.Width(text) + 2
		if tab == active {
			reserved = 0
		}
		if used+width+reserved > room {
			all = false
			continue
		}
		places = append(places, tabPlace{tab: tab, x: used, text: text})
		used += width
	}
	return places, all
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

type tabLine struct {
	places []tabPlace
	beside []piece // how many tasks are marked and the filter, where the tabs leave room
	low    []piece // what stands at the right end of the notice's line
}

// newTabLine places the tabs, and beside them how many tasks are marked and the filter in
// force; where the tabs take all of their line, those go beside the position.
func newTabLine(p bars) tabLine {
	ink, width := &p.Theme.Plain, p.Layout.Width
	t := tabLine{places: placeTabs(p.Counts, p.Tab, width)}
	room := width - 3
	if n := len(t.places); n > 0 {
		room -= t.places[n-1].end()
	}
	marked := piece{ink.Accent, markedText(p.Marked, room, false), 1}
	if marked.text != "" {
		room -= safe.Width(marked.text) + 1
	}
	chip := piece{p.Theme.Chip, filterChip(p.FilterText, room), 2}
	t.beside = nonEmpty(marked, chip)
	hidden := p.Layout.TabsY < 0
	lowChip, lowMarked := piece{style: chip.style, weight: 2}, piece{style: marked.style, weight: 1}
	if chip.text == "" || hidden {
		lowChip.text = filterChip(p.FilterText, width/2)
	}
	if marked.text == "" || hidden {
		lowMarked.text = markedText(p.Marked, width, width < 60)
	}
	t.low, _ = fit(nonEmpty(lowChip, lowMarked, piece{ink.Dim, safe.Line(p.Position), 0}), width-2, 1)
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
		style, ground := ink.Dim, ink.Text
		switch {
		case place.tab == p.Tab:
			style, ground = p.Theme.Tab, p.Theme.Tab
		case place.tab != TabAll && place.tab.Count(p.Counts) > 0:
			style = ink.State[tabInfos[place.tab].states[0]]
		}
		l.pad(ground, 1)
		l.put(style, place.text)
		l.pad(ground, 1)
	}
	for _, b := range t.beside {
		l.pad(ink.Text, 1)
		l.put(b.style, b.text)
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
