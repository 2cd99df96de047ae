package views

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// groupsPlace is how many lines the parts of the groups view have in the table's area; 0 for
// one that is not there.
type groupsPlace struct {
	heading, titles, rows int
	example               int // explains the selected group, at the bottom
}

// From these heights of the area on, there is room for the columns' titles and
// for the explanation of the selected group.
const (
	groupTitlesLeast  = 8
	groupExampleLeast = 15
	groupExampleLines = 7
)

func (l Layout) groups() (p groupsPlace) {
	area := l.area()
	if area >= 2 {
		p.heading = 1
	}
	if area >= groupTitlesLeast {
		p.titles = 1
	}
	if area >= groupExampleLeast {
		p.example = groupExampleLines
	}
	p.rows = area - p.heading - p.titles - p.example
	return p
}

// GroupRows returns how many rows the groups view has in the layout, 0 where the detail pane
// takes its place, and GroupsTop on which of its lines they begin.
func (l Layout) GroupRows() int { return l.groups().rows }
func (l Layout) GroupsTop() int { return l.groups().heading + l.groups().titles }

// DrawGroups returns the groups view in the table's area.
func DrawGroups(f Frame, g *Groups) string {
	place, width, ink := f.Layout.groups(), max(f.Layout.TableWidth-1, 0), &f.Theme.Plain
	cursor := max(min(g.Cursor, len(g.Rows)-1), 0)
	first := max(min(g.First, len(g.Rows)-place.rows), 0)
	rows := g.Rows[first:min(first+place.rows, len(g.Rows))]
	grid := newGrid(groupColumns(g.By, f.Now), width-1, margin(width), rows)
	a := f.newArea(first, place.rows, len(g.Rows), f.Layout.GroupsTop())
	if place.heading > 0 {
		a.add(func(l *line) { drawGroupsHeading(l, f, g.By) })
	}
	if place.titles > 0 {
		a.add(func(l *line) { grid.drawTitles(l, ink, ColumnAdded, false) })
	}
	for i, group := range rows {
		a.add(func(l *line) { grid.drawRow(l, f.rowInk(first+i == cursor), group, first+i == cursor, false) })
	}
	switch {
	case len(g.Rows) == 0:
		text := "No tasks yet."
		if g.By == ByError || g.By == ByNextStep {
			text = "No task has failed."
		}
		a.skip((place.rows - 1) / 2)
		a.add(func(l *line) { drawEmpty(l, ink, text) })
	case place.example > 0:
		a.skip(f.Layout.area() - place.example - len(a.lines))
		for _, text := range groupExample(f, &g.Rows[cursor], width, place.example) {
			a.add(func(l *line) { l.raw(text, width) })
		}
	}
	return a.text()
}

func drawGroupsHeading(l *line, f Frame, by string) {
	ink := &f.Theme.Plain
	l.pad(ink.Text, 1)
	title, kinds := groupTabs(l.room, by)
	l.put(ink.Heading, title)
	l.pad(ink.Text, 1)
	for _, kind := range kinds {
		style := ink.Dim
		if kind == safe.Line(by) {
			style = f.Theme.Tab
		}
		l.put(style, " "+kind+" ")
	}
}

// groupTabs returns what the heading says in so many cells behind its margin: a title, and
// what can be grouped by as far as it fits.
func groupTabs(room int, by string) (title string, kinds []string) {
	if title = "GROUPED BY"; room < 60 {
		title = "BY" // what can be grouped by says more
	}
	if by = safe.Line(by); !slices.Contains(GroupKinds, by) {
		return title, []string{by}
	}
	used := len(title) + 1
	for _, kind := range GroupKinds {
		if width := len(kind) + 2; kind == by || used+width <= room {
			kinds = append(kinds, kind)
			used += width
		}
	}
	return title, kinds
}

// KindAt returns what is grouped by once a cell of the groups view is clicked; "" where that
// is no tab.
func (g *Groups) KindAt(f Frame, x, y int) string {
	if y != 0 || f.Layout.groups().heading == 0 {
		return ""
	}
	title, kinds := groupTabs(f.Layout.TableWidth-2, g.By)
	x -= len(title) + 2
	for _, kind := range kinds {
		if x >= 0 && x < len(kind)+2 {
			return kind
		}
		x -= len(kind) + 2
	}
	return ""
}

// groupMessageLeast is the narrowest that the example's message is shown: where
// there is no room for that, what the group has in common says nearly the same.
const groupMessageLeast = 24

// groupColumns returns the columns of the groups view, in the order in which they are drawn.
func groupColumns(by string, now poller.Stamp) []column[Group] {
	share := "SHARE"
	if by == ByEndpoint || by == ByLabel {
		share = "FAIL"
	}
	columns := []column[Group]{
		{title: "COUNT", right: true, least: 6, weight: 9, cell: func(ink *theme.Ink, g Group, _ int) []piece {
			return []piece{{style: groupStyle(ink, g), text: compact(g.Count)}}
		}},
		{title: share, right: true, least: 5, weight: 7, cell: inText(func(g Group) string { return percent(g.Share) })},
		{least: 10, weight: 4, cell: shareCell},
		{title: "IN COMMON", least: 20, most: 90, weight: 10, fixed: true, cell: inText(func(g Group) string { return g.Label })},
		{title: "WHAT TO DO", least: len("check the account"), weight: 6, cell: inText(func(g Group) string { return g.NextStep })},
		{title: "EXAMPLE", least: idLeast, most: 40, weight: 2, cell: inDim(func(g Group) string { return g.task().Name() }), shorten: safe.Middle},
		{title: "ITS MESSAGE", least: groupMessageLeast, rest: true, late: true, cell: inDim(func(g Group) string { return g.task().Error })},
		{title: "FIRST", least: 8, weight: 3, cell: inDim(func(g Group) string { return shortClock(g.First, now) })},
		{title: "LAST", least: 8, weight: 5, cell: inDim(func(g Group) string { return shortClock(g.Last, now) })},
	}
	if by != ByError {
		columns = slices.DeleteFunc(columns, func(c column[Group]) bool { return c.title == "WHAT TO DO" })
	}
	return columns
}

// task returns the group's example, an empty task where it has none.
func (g Group) task() *poller.Task { return cmp.Or(g.Example, &poller.Task{}) }

func groupStyle(ink *theme.Ink, g Group) string {
	if g.State >= poller.StateCount {
		return ink.Text
	}
	return ink.State[g.State]
}

// shareCell is a bar for a group's share, between 0 and 1: full only for all, empty only for
// nothing.
func shareCell(ink *theme.Ink, g Group, width int) []piece {
	cells := 0
	switch {
	case g.Share >= 1:
		cells = width
	case g.Share > 0:
		cells = max(min(int(math.Round(g.Share*float64(width))), width-1), 1)
	}
	return trackPieces(groupStyle(ink, g), ink.Rule, cells, width)
}

func groupExample(f Frame, g *Group, width, lines int) []string {
	ink := &f.Theme.Plain
	area := []string{draw(width, func(l *line) {
		l.put(ink.Rule, "── ")
		l.put(groupStyle(ink, *g), theme.Symbol(g.State)+" "+Plural(g.Count, "task"))
		l.pad(ink.Text, 1)
		l.put(ink.Rule, strings.Repeat("─", max(l.room, 0)))
	})}
	w := newPaneWriter(f, width-2)
	for _, text := range wrapMost(g.Label, w.width, 2) {
		w.text(ink.Strong, text)
	}
	w.field("seen", ink.Text, seenBetween(g, f.Now))
	w.field("example", ink.Text, safe.Line(g.task().Name()))
	room := lines - 1 - len(w.Lines)
	w.field("message", ink.Text, strings.Join(wrapMost(g.task().Error, w.valueWidth(), room), "\n"))
	for _, text := range w.Lines[:min(len(w.Lines), lines-1)] {
		area = append(area, draw(width, func(l *line) {
			l.pad(ink.Text, 1)
			l.styled(ink.Text, text)
		}))
	}
	return area
}

func seenBetween(g *Group, now poller.Stamp) string {
	first, last := cmp.Or(g.First, g.Last), cmp.Or(g.Last, g.First)
	switch {
	case first == 0:
		return ""
	case first == last:
		return clock(last, now)
	}
	return clock(first, now) + " to " + clock(last, now) + ", within " + Duration(last.Sub(first))
}

// shortClock returns a moment in at most eight cells: the time of day, the day
// where it is not that of now, or the month of another year.
func shortClock(at, now poller.Stamp) string {
	moment, today := at.Time(), now.Time()
	switch {
	case at == 0:
		return ""
	case moment.Year() != today.Year():
		return moment.Format("2006-01")
	case moment.YearDay() != today.YearDay():
		return moment.Format("Jan 02")
	}
	return moment.Format(time.TimeOnly)
}

// wrapMost returns the lines of a text, most at the most: what lies behind the
// last of them is cut with an ellipsis.
func wrapMost(text string, width, most int) []string {
	if most <= 0 || width <= 0 {
		return nil
	}
	text, _ = Bounded(text, width*(most+1)*4)
	lines := safe.Wrap(text, width)
	if len(lines) > most {
		rest := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1], safe.Truncate(rest, width))
	}
	return lines
}
