package views

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

const (
	groupTitlesLeast  = 8  // lines of the area from which on there is room for the columns' titles,
	groupExampleLeast = 15 // and for the explanation of the selected group
	groupExampleLines = 7  // of that
)

// GroupsTop returns on which of its lines the rows of the groups view begin, below what is
// grouped by and the titles, and GroupRows how many there are: 0 where the detail pane takes
// their place.
func (l Layout) GroupsTop() int {
	switch area := l.area(); {
	case area >= groupTitlesLeast:
		return 2
	case area >= 2:
		return 1
	}
	return 0
}

func (l Layout) GroupRows() int {
	if l.area() >= groupExampleLeast {
		return l.area() - l.GroupsTop() - groupExampleLines
	}
	return l.area() - l.GroupsTop()
}

// DrawGroups returns the groups view in the table's area.
func DrawGroups(f Frame, g *Groups) string {
	top, size, width, ink := f.Layout.GroupsTop(), f.Layout.GroupRows(), max(f.Layout.TableWidth-1, 0), &f.Theme.Plain
	cursor := max(min(g.Cursor, len(g.Rows)-1), 0)
	first := max(min(g.First, len(g.Rows)-size), 0)
	rows := g.Rows[first:min(first+size, len(g.Rows))]
	grid := newGrid(groupColumns(g.By, f.Now), width-1, margin(width), rows)
	a := f.newArea(first, size, len(g.Rows), top)
	if top > 0 {
		a.add(func(l *line) { drawGroupsHeading(l, f, g.By) })
	}
	if top > 1 {
		a.add(func(l *line) { grid.drawTitles(l, ink, ColumnAdded, false) })
	}
	for i, group := range rows {
		a.add(func(l *line) { grid.drawRow(l, f, group, first+i == cursor, false) })
	}
	switch {
	case len(g.Rows) == 0:
		text := "No tasks yet."
		if g.By == ByError || g.By == ByNextStep {
			text = "No task has failed."
		}
		a.addEmpty(size, text)
	case f.Layout.area() >= groupExampleLeast:
		a.skip(top + size - len(a.lines))
		for _, text := range groupExample(f, &g.Rows[cursor], width) {
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
		if kind == by {
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
	room -= len(title) + 1
	for _, kind := range Groupings {
		if width := len(kind) + 2; kind == by || width <= room {
			kinds = append(kinds, kind)
			room -= width
		}
	}
	return title, kinds
}

// GroupingAt returns what is grouped by once a cell of the groups view is clicked; "" where that
// is no tab.
func (g *Groups) GroupingAt(f Frame, x, y int) string {
	if y != 0 || f.Layout.GroupsTop() == 0 {
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
		{title: "COUNT", right: true, least: 6, weight: 9, cell: func(ink *theme.Styles, g Group, _ int) []piece {
			return []piece{{style: ink.State[min(g.State, poller.StateCount)], text: compact(g.Count)}}
		}},
		{title: share, right: true, least: 5, weight: 7, cell: inText(func(g Group) string { return percent(g.Share) })},
		{least: 10, weight: 4, cell: shareCell},
		{title: "IN COMMON", least: 20, most: 90, weight: 10, fixed: true, cell: inText(func(g Group) string { return g.Label })},
		{title: "WHAT TO DO", least: len("check the account"), weight: 6, cell: inText(func(g Group) string { return g.NextStep })},
		{title: "EXAMPLE", least: idLeast, most: 40, weight: 2, cell: inDim(func(g Group) string { return g.task().Name() }), shorten: safe.TruncateMiddle},
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

// shareCell is a bar for a group's share, between 0 and 1: full only for all, empty only for
// nothing.
func shareCell(ink *theme.Styles, g Group, width int) []piece {
	cells := 0
	switch {
	case g.Share >= 1:
		cells = width
	case g.Share > 0:
		cells = max(min(int(math.Round(g.Share*float64(width))), width-1), 1)
	}
	return trackPieces(ink.State[min(g.State, poller.StateCount)], ink.Rule, cells, width)
}

func groupExample(f Frame, g *Group, width int) []string {
	ink := &f.Theme.Plain
	area := []string{draw(width, func(l *line) {
		l.put(ink.Rule, "── ")
		l.put(ink.State[min(g.State, poller.StateCount)], theme.Symbol(g.State)+" "+Plural(g.Count, "task"))
		l.pad(ink.Text, 1)
		l.put(ink.Rule, strings.Repeat("─", max(l.room, 0)))
	})}
	w := newPaneWriter(f, width-2)
	for _, text := range wrapMost(g.Label, w.width, 2) {
		w.text(ink.Strong, text)
	}
	w.field("seen", ink.Text, seenBetween(g, f.Now))
	w.field("example", ink.Text, safe.Line(g.task().Name()))
	room := groupExampleLines - 1 - len(w.Lines)
	w.field("message", ink.Text, strings.Join(wrapMost(g.task().Error, w.valueWidth(), room), "\n"))
	for _, text := range w.Lines[:min(len(w.Lines), groupExampleLines-1)] {
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

// wrapMost returns the lines of a text, most at the most: what lies behind the
// last of them is cut with an ellipsis.
func wrapMost(text string, width, most int) []string {
	if most <= 0 || width <= 0 {
		return nil
	}
	text, _ = TruncateBytes(text, width*(most+1)*4)
	lines := safe.Wrap(text, width)
	if len(lines) > most {
		rest := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1], safe.Truncate(rest, width))
	}
	return lines
}
