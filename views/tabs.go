package views

import (
	"slices"
	"strconv"

	"charm.land/lipgloss/v2"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// Tab selects the tasks that are shown by their state.
type Tab uint8

// The tabs, in the order in which they stand above the table.
const (
	TabAll      Tab = iota
	TabQueued       // queued tasks, and new ones without an answer
	TabRunning      // running tasks, and completed ones whose result is being read
	TabDone         // succeeded tasks
	TabFailed       // failed tasks
	TabCanceled     // canceled tasks
	TabUnknown      // ended tasks of unknown outcome
	TabCount        // the number of tabs
)

// tabInfos has the title of each tab and the states that it shows, of which the first gives the
// color and the symbol. A tab with hideEmpty is hidden while it has no tasks.
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

// Title returns the title of the tab, such as "failed".
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

// Next returns the next tab that is not hidden: step is 1 to the right or -1 to the left, and
// after the last tab comes the first.
func (t Tab) Next(step int, counts [poller.StateCount]int) Tab {
	for {
		t = Tab((int(t) + step + int(TabCount)) % int(TabCount))
		if !tabInfos[t].hideEmpty || t.Count(counts) > 0 {
			return t
		}
	}
}

// tabText is a tab with its text, which is drawn with a blank on both sides.
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

// afterTabsWidth is the width that stays free after the tabs' titles, for the filter and the
// number of marks, in cells.
const afterTabsWidth = 14

// fitTabs returns the tabs that fit on a line of width cells. Where their titles do not fit, they
// have symbols; where those do not fit either, the last tabs are left out, the active one at last.
func fitTabs(counts [poller.StateCount]int, active Tab, width int) []tabText {
	tabs := tabTexts(counts, active, Tab.Title)
	if tabsWidth(tabs) > width-afterTabsWidth {
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

// symbol returns what stands for the tab's title on a narrow screen.
func (t Tab) symbol() string {
	if t == TabAll {
		return t.Title()
	}
	return theme.Symbol(tabInfos[t].states[0])
}

// tabTexts returns the tabs that are not hidden, with their titles and counts.
func tabTexts(counts [poller.StateCount]int, active Tab, word func(Tab) string) (tabs []tabText) {
	for tab := range TabCount {
		if n := tab.Count(counts); n > 0 || !tabInfos[tab].hideEmpty || tab == active {
			tabs = append(tabs, tabText{tab, word(tab) + " " + strconv.Itoa(n)})
		}
	}
	return tabs
}

// TabLayers returns the tabs as layers of the screen, whose ids are those of Tab.ID.
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

// tabLine is the line of the tabs, and what stands beside the notice.
type tabLine struct {
	tabs        []tabText
	afterTabs   []piece // the number of marked tasks and the filter, where they fit
	noticeRight []piece // the position, and of those two what does not fit after the tabs
}

// newTabLine arranges the tabs, the number of marked tasks, the filter and the position.
func newTabLine(p bars) tabLine {
	styles, width := &p.Theme.Plain, p.Layout.Width
	t := tabLine{tabs: fitTabs(p.Counts, p.Tab, width)}
	free := 0
	if p.Layout.TabsY >= 0 {
		free = width - 3 - tabsWidth(t.tabs)
	}
	marked, rightMarked, rightChip := markedText(p.Marked, free, false), "", ""
	if marked != "" {
		free -= safe.Width(marked) + 1
	} else {
		rightMarked = markedText(p.Marked, width, width < 60)
	}
	chip := filterChip(p.FilterText, free)
	if chip == "" {
		rightChip = filterChip(p.FilterText, width/2)
	}
	t.afterTabs, _ = fit([]piece{{styles.Accent, marked, 1}, {p.Theme.Chip, chip, 2}}, width, 1)
	t.noticeRight, _ = fit([]piece{{p.Theme.Chip, rightChip, 2}, {styles.Accent, rightMarked, 1}, {styles.Dim, safe.Line(p.Position), 0}}, width-2, 1)
	return t
}

// markedText returns the number of marked tasks, if short without a word; "" for 0, and where it
// does not fit in width cells.
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

// draw writes the tabs, afterTabs, and how many tasks the service runs at once.
func (t tabLine) draw(l *line, p bars) {
	styles := &p.Theme.Plain
	for _, tab := range t.tabs {
		style, padStyle := styles.Dim, styles.Text
		switch {
		case tab.tab == p.Tab:
			style, padStyle = p.Theme.Tab, p.Theme.Tab
		case tab.tab != TabAll && tab.tab.Count(p.Counts) > 0:
			style = styles.State[tabInfos[tab.tab].states[0]]
		}
		l.pad(padStyle, 1)
		l.put(style, tab.text)
		l.pad(padStyle, 1)
	}
	for _, b := range t.afterTabs {
		l.pad(styles.Text, 1)
		l.put(b.style, b.text)
	}
	if text := strconv.Itoa(p.Concurrency) + " run at once"; p.Concurrency > 0 && len(text)+3 <= l.space {
		l.pad(styles.Text, l.space-1-len(text))
		l.put(styles.Dim, text)
	}
}

const (
	maxChip = 28 // the width of a filter, in cells
	minChip = 10 // the least width in which a longer filter is shown, in cells
)

// filterChip returns the filter as it is shown in at most width cells; "" where that is too few.
func filterChip(filter string, width int) string {
	text := safe.Line(filter)
	if text == "" || width < min(minChip, safe.Width(text)+3) {
		return ""
	}
	return " " + safe.Truncate("/"+text, min(width, maxChip)-2) + " "
}
