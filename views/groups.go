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
	minTitlesArea  = 8  // the height of the area from which on the columns have titles,
	minExampleArea = 15 // and the selected group is explained below the rows
	exampleHeight  = 7  // of that explanation
)

// GroupsTop returns the first line of the rows in the groups view, below the groupings and the
// titles. GroupRows returns the number of the rows, 0 where the detail pane takes their place.
func (l Layout) GroupsTop() int {
	switch area := l.area(); {
	case area >= minTitlesArea:
		return 2
	case area >= 2:
		return 1
	}
	return 0
}

func (l Layout) GroupRows() int {
	if l.area() >= minExampleArea {
		return l.area() - l.GroupsTop() - exampleHeight
	}
	return l.area() - l.GroupsTop()
}

// DrawGroups returns the groups view in the table's area.
func DrawGroups(f Frame, g *Groups) string {
	top, size, width, styles := f.Layout.GroupsTop(), f.Layout.GroupRows(), max(f.Layout.TableWidth-1, 0), &f.Theme.Plain
	cursor := max(min(g.Cursor, len(g.Rows)-1), 0)
	first := max(min(g.First, len(g.Rows)-size), 0)
	rows := g.Rows[first:min(first+size, len(g.Rows))]
	grid := newGrid(groupColumns(g.By, f.Now), width-1, marginWidth(width), rows)
	a := f.newArea(first, size, len(g.Rows), top)
	if top > 0 {
		a.add(func(l *line) { drawGroupsHeading(l, f, g.By) })
	}
	if top > 1 {
		a.add(func(l *line) { grid.drawTitles(l, styles, ColumnAdded, false) })
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
		a.addCentered(size, text)
	case f.Layout.area() >= minExampleArea:
		a.skip(top + size - len(a.lines))
		for _, text := range groupExample(f, &g.Rows[cursor], width) {
			a.add(func(l *line) { l.raw(text, width) })
		}
	}
	return a.text()
}

func drawGroupsHeading(l *line, f Frame, by string) {
	styles := &f.Theme.Plain
	l.pad(styles.Text, 1)
	title, groupings := groupTabs(l.space, by)
	l.put(styles.Heading, title)
	l.pad(styles.Text, 1)
	for _, grouping := range groupings {
		style := styles.Dim
		if grouping == by {
			style = f.Theme.Tab
		}
		l.put(style, " "+grouping+" ")
	}
}

// groupTabs returns the title of the heading and the groupings that fit beside it in width cells.
func groupTabs(width int, by string) (title string, groupings []string) {
	if title = "GROUPED BY"; width < 60 {
		title = "BY"
	}
	width -= len(title) + 1
	for _, grouping := range Groupings {
		if tab := len(grouping) + 2; grouping == by || tab <= width {
			groupings = append(groupings, grouping)
			width -= tab
		}
	}
	return title, groupings
}

// GroupingAt returns the grouping whose tab is at a cell of the groups view; "" for none.
func (g *Groups) GroupingAt(f Frame, x, y int) string {
	if y != 0 || f.Layout.GroupsTop() == 0 {
		return ""
	}
	title, groupings := groupTabs(f.Layout.TableWidth-2, g.By)
	x -= len(title) + 2
	for _, grouping := range groupings {
		if x >= 0 && x < len(grouping)+2 {
			return grouping
		}
		x -= len(grouping) + 2
	}
	return ""
}

// minMessageWidth is the least width of the example's message. In less, what the group has in
// common says nearly as much.
const minMessageWidth = 24

// groupColumns returns the columns of the groups view from left to right.
func groupColumns(by string, now poller.Stamp) []column[Group] {
	share := "SHARE"
	if by == ByEndpoint || by == ByLabel {
		share = "FAIL"
	}
	columns := []column[Group]{
		{title: "COUNT", alignRight: true, minWidth: 6, priority: 9, draw: func(c *cell, g Group) {
			c.put(c.styles.State[min(g.State, poller.StateCount)], compactCount(g.Count))
		}},
		{title: share, alignRight: true, minWidth: 5, priority: 7, draw: textCell(func(g Group) string { return percent(g.Share) })},
		{minWidth: 10, priority: 4, draw: drawShare},
		{title: "IN COMMON", minWidth: 20, maxWidth: 90, priority: 10, required: true, draw: textCell(func(g Group) string { return g.Label })},
		{title: "WHAT TO DO", minWidth: len("check the account"), priority: 6, draw: textCell(func(g Group) string { return g.NextStep })},
		{title: "EXAMPLE", minWidth: minIDWidth, maxWidth: 40, priority: 2, draw: dimCell(func(g Group) string { return g.example().Name() }), shorten: safe.TruncateMiddle},
		{title: "ITS MESSAGE", minWidth: minMessageWidth, fill: true, ifSpace: true, draw: dimCell(func(g Group) string { return g.example().Error })},
		{title: "FIRST", minWidth: 8, priority: 3, draw: dimCell(func(g Group) string { return shortClock(g.First, now) })},
		{title: "LAST", minWidth: 8, priority: 5, draw: dimCell(func(g Group) string { return shortClock(g.Last, now) })},
	}
	if by != ByError {
		columns = slices.DeleteFunc(columns, func(c column[Group]) bool { return c.title == "WHAT TO DO" })
	}
	return columns
}

// example returns the group's example, an empty task where it has none.
func (g Group) example() *poller.Task { return cmp.Or(g.Example, &poller.Task{}) }

// drawShare draws a bar for a group's share from 0 to 1. Only a share of 1 fills it, and only one
// of 0 leaves it empty.
func drawShare(c *cell, g Group) {
	done := 0
	switch {
	case g.Share >= 1:
		done = c.width
	case g.Share > 0:
		done = max(min(int(math.Round(g.Share*float64(c.width))), c.width-1), 1)
	}
	putBar(c.put, c.styles.State[min(g.State, poller.StateCount)], c.styles.Rule, done, c.width)
}

// groupExample returns the explanation of a group: what its tasks have in common, and an example.
func groupExample(f Frame, g *Group, width int) []string {
	styles := &f.Theme.Plain
	lines := []string{drawLine(width, func(l *line) {
		l.put(styles.Rule, "── ")
		l.put(styles.State[min(g.State, poller.StateCount)], theme.Symbol(g.State)+" "+Plural(g.Count, "task"))
		l.pad(styles.Text, 1)
		l.put(styles.Rule, strings.Repeat("─", max(l.space, 0)))
	})}
	w := newPaneWriter(f, width-2)
	for _, text := range wrapAtMost(g.Label, w.width, 2) {
		w.text(styles.Strong, text)
	}
	w.field("seen", styles.Text, seenBetween(g, f.Now))
	w.field("example", styles.Text, safe.Line(g.example().Name()))
	left := exampleHeight - 1 - len(w.Lines)
	w.field("message", styles.Text, strings.Join(wrapAtMost(g.example().Error, w.valueWidth(), left), "\n"))
	for _, text := range w.Lines[:min(len(w.Lines), exampleHeight-1)] {
		lines = append(lines, drawLine(width, func(l *line) {
			l.pad(styles.Text, 1)
			l.styled(styles.Text, text)
		}))
	}
	return lines
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

// wrapAtMost wraps a text into at most maxLines lines. The last one ends in an ellipsis where
// more would follow.
func wrapAtMost(text string, width, maxLines int) []string {
	if maxLines <= 0 || width <= 0 {
		return nil
	}
	text, _ = TruncateBytes(text, width*(maxLines+1)*4)
	lines := safe.Wrap(text, width)
	if len(lines) > maxLines {
		rest := strings.Join(lines[maxLines-1:], " ")
		lines = append(lines[:maxLines-1], safe.Truncate(rest, width))
	}
	return lines
}
