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

// Next returns the tab that stands a step to the right, or to the left, round the
// ends. Tabs that are not there as they hold nothing are passed over.
func (t Tab) Next(step int, counts [poller.StateCount]int) Tab {
	for {
		t = Tab((int(t) + step + int(TabCount)) % int(TabCount))
		if !tabInfos[t].hideEmpty || t.Count(counts) > 0 {
			return t
		}
	}
}

// tabText is a tab with what is drawn of it, behind a blank and before one.
type tabText struct {
	tab  Tab
	text string
}

func tabsWidth(tabs []tabText) (width int) {
	for _, t := range tabs {
		width += safe.Width(t.text) + 2
	}
	return width
}

// tabsSpare is how much of the line stays free beside the tabs' names, for the
// filter in force and what else stands there.
const tabsSpare = 14

// fitTabs returns the tabs that go on a line of the given width, side by side. Where their
// names do not fit, symbols stand for them; where those do not fit either, the last ones are
// left out, and the active one after all others.
func fitTabs(counts [poller.StateCount]int, active Tab, width int) []tabText {
	tabs := tabTexts(counts, active, Tab.Title)
	if tabsWidth(tabs) > width-tabsSpare {
		tabs = tabTexts(counts, active, Tab.symbol)
	}
	for len(tabs) > 0 && tabsWidth(tabs) > width {
		last := len(tabs) - 1
		if tabs[last].tab == active {
			last = max(last-1, 0)
		}
		tabs = slices.Delete(tabs, last, last+1)
	}
	return tabs
}

// symbol returns what stands for the tab's title where there is no room for it.
func (t Tab) symbol() string {
	if t == TabAll {
		return t.Title()
	}
	return theme.Symbol(tabInfos[t].states[0])
}

// tabTexts returns the tabs that hold something, and those that are always there.
func tabTexts(counts [poller.StateCount]int, active Tab, word func(Tab) string) (tabs []tabText) {
	for tab := range TabCount {
		if n := tab.Count(counts); n > 0 || !tabInfos[tab].hideEmpty || tab == active {
			tabs = append(tabs, tabText{tab, word(tab) + " " + strconv.Itoa(n)})
		}
	}
	return tabs
}

// TabLayers returns the tabs as layers of the screen, which say where each lies; their
// ids are those of TabID.
func TabLayers(l Layout, counts [poller.StateCount]int, active Tab) (layers []*lipgloss.Layer) {
	if l.TabsY < 0 {
		return nil
	}
	x := 0
	for _, t := range fitTabs(counts, active, l.Width) {
		layer := lipgloss.NewLayer(" " + t.text + " ").X(x).Y(l.TabsY).ID(t.tab.ID())
		layers = append(layers, layer)
		x += layer.Width()
	}
	return layers
}

// ID returns the id of the tab's layer.
func (t Tab) ID() string { return "tab " + t.Title() }

type tabLine struct {
	tabs   []tabText
	beside []piece // how many tasks are marked and the filter, where the tabs leave room
	low    []piece // what stands at the right end of the notice's line
}

// newTabLine places the tabs, and beside them how many tasks are marked and the filter in
// force; where the tabs take all of their line, those go beside the position.
func newTabLine(p bars) tabLine {
	ink, width := &p.Theme.Plain, p.Layout.Width
	t := tabLine{tabs: fitTabs(p.Counts, p.Tab, width)}
	room := 0
	if p.Layout.TabsY >= 0 {
		room = width - 3 - tabsWidth(t.tabs)
	}
	marked, lowMarked, lowChip := markedText(p.Marked, room, false), "", ""
	if marked != "" {
		room -= safe.Width(marked) + 1
	} else {
		lowMarked = markedText(p.Marked, width, width < 60)
	}
	chip := filterChip(p.FilterText, room)
	if chip == "" {
		lowChip = filterChip(p.FilterText, width/2)
	}
	t.beside, _ = fit([]piece{{ink.Accent, marked, 1}, {p.Theme.Chip, chip, 2}}, width, 1)
	t.low, _ = fit([]piece{{p.Theme.Chip, lowChip, 2}, {ink.Accent, lowMarked, 1}, {ink.Dim, safe.Line(p.Position), 0}}, width-2, 1)
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
	for _, tab := range t.tabs {
		style, ground := ink.Dim, ink.Text
		switch {
		case tab.tab == p.Tab:
			style, ground = p.Theme.Tab, p.Theme.Tab
		case tab.tab != TabAll && tab.tab.Count(p.Counts) > 0:
			style = ink.State[tabInfos[tab.tab].states[0]]
		}
		l.pad(ground, 1)
		l.put(style, tab.text)
		l.pad(ground, 1)
	}
	for _, b := range t.beside {
		l.pad(ink.Text, 1)
		l.put(b.style, b.text)
	}
	if text := strconv.Itoa(p.Concurrency) + " run at once"; p.Concurrency > 0 && len(text)+3 <= l.room {
		l.pad(ink.Text, l.room-1-len(text))
		l.put(ink.Dim, text)
	}
}

const (
	chipMost  = 28 // the widest that a filter in force is shown
	chipLeast = 10 // how much of a longer one has to show
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
