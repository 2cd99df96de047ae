package views

import (
	"slices"
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// groupsPlace is where the parts of the groups view lie in the table's area, as
// lines from its top. A part of no lines is not there.
type groupsPlace struct {
	titles        int // lines of columns' titles, below the one of the heading
	rows          int
	example       int // lines that explain the selected group, at the bottom
	area, heading int
}

// From these heights of the area on, there is room for the columns' titles and
// for the explanation of the selected group.
const (
	groupTitlesLeast  = 8
	groupExampleLeast = 15
	groupExampleLines = 7
)

// groups returns where the parts of the groups view lie.
func (l Layout) groups() groupsPlace {
	p := groupsPlace{area: l.area()}
	p.rows = p.area
	if p.area >= 2 {
		p.heading = 1
	}
	if p.area >= groupTitlesLeast {
		p.titles = 1
	}
	if p.area >= groupExampleLeast {
		p.example = groupExampleLines
	}
	p.rows -= p.heading + p.titles + p.example
	return p
}

// GroupRows returns how many rows the groups view has in the layout, 0 where
// the detail pane takes its place.
func (l Layout) GroupRows() int { return l.groups().rows }

// groupKinds are what can be grouped by, in the order in which that is switched.
var groupKinds = []string{"error", byEndpoint, byLabel, "state", "next step"}

// DrawGroups returns the groups view in the table's area.
func DrawGroups(f Frame, g *Groups) string {
	place, width := f.Layout.groups(), max(f.Layout.TableWidth-1, 0)
	cursor := max(min(g.Cursor, len(g.Rows)-1), 0)
	first := max(min(g.First, len(g.Rows)-place.rows), 0)
	var visible []*Group
	for i := range g.Rows[first:min(first+place.rows, len(g.Rows))] {
		visible = append(visible, &g.Rows[first+i])
	}
	grid := newGrid(groupColumns(g.By, f.Now), width-1, margin(width), visible)
	a := f.newArea(first, place.rows, len(g.Rows), place.heading+place.titles)
	if place.heading > 0 {
		a.add(func(l *line) { drawGroupsHeading(l, f, g.By) })
	}
	if place.titles > 0 {
		a.add(func(l *line) { grid.drawTitles(l, &f.Theme.Plain, ColumnAdded, false) })
	}
	for i, group := range visible {
		a.add(func(l *line) { grid.drawRow(l, f.rowInk(first+i == cursor), group, first+i == cursor, false) })
	}
	if len(g.Rows) == 0 {
		a.skip((place.rows - 1) / 2)
		a.add(func(l *line) { drawEmpty(l, &f.Theme.Plain, noGroups(g.By)) })
		return a.text()
	}
	if place.example > 0 {
		a.skip(place.area - place.example - len(a.lines))
		for _, text := range groupExample(f, &g.Rows[cursor], width, place.example) {
			a.add(func(l *line) { l.raw(text, width) })
		}
	}
	return a.text()
}

// noGroups returns what is said where nothing can be grouped.
func noGroups(by string) string {
	if by == groupKinds[0] || by == groupKinds[4] {
		return "No task has failed."
	}
	return "No tasks yet."
}

// drawGroupsHeading writes what is grouped by and what else could be.
func drawGroupsHeading(l *line, f Frame, by string) {
	ink, by := &f.Theme.Plain, safe.Line(by)
	l.pad(ink.Text, 1)
	title, tabs := groupTabs(l.room, by)
	l.put(ink.Heading, title)
	l.pad(ink.Text, 1)
	for _, tab := range tabs {
		style := ink.Dim
		if tab.kind == by {
			style = f.Theme.Tab
		}
		l.put(style, " "+tab.kind+" ")
	}
}

// groupTab is what can be grouped by, and from which cell of the heading on it stands.
type groupTab struct {
	kind string
	x    int
}

// groupTabs returns what the heading says in so many cells behind its margin: a title, and
// what can be grouped by as far as it fits.
func groupTabs(room int, by string) (title string, tabs []groupTab) {
	if title = "GROUPED BY"; room < 60 {
		title = "BY" // what can be grouped by says more
	}
	kinds := groupKinds
	if !slices.Contains(kinds, by) {
		kinds = []string{by}
	}
	used := len(title) + 1
	for _, kind := range kinds {
		if width := safe.Width(kind) + 2; kind == by || used+width <= room {
			tabs = append(tabs, groupTab{kind, used + 1})
			used += width
		}
	}
	return title, tabs
}

// KindAt returns what is grouped by once a cell of the groups view is clicked; "" where that
// is no tab.
func (g *Groups) KindAt(f Frame, x, y int) string {
	if y != 0 || f.Layout.groups().heading == 0 {
		return ""
	}
	_, tabs := groupTabs(f.Layout.TableWidth-2, g.By)
	for _, tab := range tabs {
		if x >= tab.x && x < tab.x+safe.Width(tab.kind)+2 {
			return tab.kind
		}
	}
	return ""
}

// GroupsTop returns on which line of the groups view its rows begin.
func (l Layout) GroupsTop() int { return l.groups().heading + l.groups().titles }

// groupExample returns the lines that explain the selected group.
func groupExample(f Frame, g *Group, width, lines int) []string {
	ink := &f.Theme.Plain
	rule := draw(width, func(l *line) {
		l.put(ink.Rule, "── ")
		l.put(groupStyle(ink, g), theme.Symbol(g.State)+" "+plural(g.Count, "task", "tasks"))
		l.pad(ink.Text, 1)
		l.put(ink.Rule, strings.Repeat("─", max(l.room, 0)))
	})
	w := newPaneWriter(f, width-2)
	for _, text := range wrapMost(g.Label, w.width, 2) {
		w.text(ink.Strong, text)
	}
	w.field("seen", ink.Text, seenBetween(g, f.Now))
	w.field("example", ink.Text, safe.Line(g.exampleID()))
	room := lines - 1 - len(w.Lines)
	w.field("message", ink.Text, strings.Join(wrapMost(g.message(), w.valueWidth(), room), "\n"))
	area := []string{rule}
	for _, text := range w.Lines[:min(len(w.Lines), lines-1)] {
		area = append(area, draw(width, func(l *line) {
			l.pad(ink.Text, 1)
			l.styled(ink.Text, text)
		}))
	}
	return area
}

// seenBetween returns when the first and the last of a group ended.
func seenBetween(g *Group, now poller.Stamp) string {
	switch {
	case g.First == 0 && g.Last == 0:
		return ""
	case g.First == g.Last || g.First == 0:
		return clock(g.Last, now)
	case g.Last == 0:
		return clock(g.First, now)
	}
	return clock(g.First, now) + " to " + clock(g.Last, now) + ", within " + Duration(g.Last.Sub(g.First))
}

// wrapMost returns the lines of a text, most at the most: what lies behind the
// last of them is cut with an ellipsis.
func wrapMost(text string, width, most int) []string {
	if most <= 0 || width <= 0 {
		return nil
	}
	text, _ = bounded(text, width*(most+1)*4)
	lines := safe.Wrap(text, width)
	if len(lines) > most {
		rest := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1], safe.Truncate(rest, width))
	}
	return lines
}

func groupStyle(ink *theme.Ink, g *Group) string {
	if g.State >= poller.StateCount {
		return ink.Text
	}
	return ink.State[g.State]
}

// Position returns which group the cursor is on, of how many.
func (g *Groups) Position() string {
	if len(g.Rows) == 0 {
		return ""
	}
	at := max(min(g.Cursor, len(g.Rows)-1), 0)
	return strconv.Itoa(at+1) + "/" + strconv.Itoa(len(g.Rows))
}
