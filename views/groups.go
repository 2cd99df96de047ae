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
	top           int // the line of the screen where the area begins
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
	p := groupsPlace{top: l.areaTop(), area: l.area()}
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
var groupKinds = []string{"error", "endpoint", "state", "next step"}

// drawGroups returns the lines of the groups view, each of width cells.
func drawGroups(p *Props, place groupsPlace, width int) []string {
	g := p.Groups
	if place.area <= 0 || width <= 0 {
		return nil
	}
	cursor := max(min(g.Cursor, len(g.Rows)-1), 0)
	first := max(min(g.First, len(g.Rows)-place.rows), 0)
	visible := g.Rows[first:min(first+place.rows, len(g.Rows))]
	grid := newGroupGrid(visible, g.By, p, width)
	area := make([]string, 0, place.area)
	add := func(write func(l *line)) { area = append(area, draw(width, write)) }
	if place.heading > 0 {
		add(func(l *line) { drawGroupsHeading(l, p) })
	}
	if place.titles > 0 {
		add(func(l *line) { grid.drawTitles(l, &p.Theme.Plain) })
	}
	for i := range visible {
		add(func(l *line) { grid.drawRow(l, p, &visible[i], first+i == cursor) })
	}
	if len(g.Rows) == 0 {
		for len(area) < place.heading+place.titles+(place.rows-1)/2 {
			area = append(area, "")
		}
		add(func(l *line) { drawEmpty(l, &p.Theme.Plain, noGroups(g.By)) })
	}
	for len(area) < place.area-place.example {
		area = append(area, "")
	}
	if place.example > 0 && len(g.Rows) > 0 {
		area = append(area, groupExample(&g.Rows[cursor], p, width, place.example)...)
	}
	return area[:min(len(area), place.area)]
}

// noGroups returns what is said where nothing can be grouped.
func noGroups(by string) string {
	if by == groupKinds[0] || by == groupKinds[3] {
		return "No task has failed."
	}
	return "No tasks yet."
}

// drawGroupsHeading writes what is grouped by, what else could be, and the keys.
func drawGroupsHeading(l *line, p *Props) {
	ink := &p.Theme.Plain
	l.pad(ink.Text, 1)
	title := "GROUPED BY"
	if l.room < 60 {
		title = "BY" // the keys say more
	}
	l.put(ink.Heading, title)
	l.pad(ink.Text, 1)
	kinds := groupKinds
	if !slices.Contains(kinds, p.Groups.By) {
		kinds = []string{safe.Line(p.Groups.By)}
	}
	for _, kind := range kinds {
		style := ink.Dim
		if kind == safe.Line(p.Groups.By) {
			style = p.Theme.Tab
		} else if l.room < len(kind)+2 {
			continue
		}
		l.put(style, " "+kind+" ")
	}
	for _, k := range []KeyHelp{{"tab", "next"}, {"enter", "its tasks only"}, {"esc", "back"}} {
		if l.room < len(k.Key)+len(k.Help)+4 {
			break
		}
		l.pad(ink.Text, 2)
		l.put(ink.Accent, k.Key)
		l.pad(ink.Text, 1)
		l.put(ink.Dim, k.Help)
	}
}

// groupExample returns the lines that explain the selected group.
func groupExample(g *Group, p *Props, width, lines int) []string {
	ink := &p.Theme.Plain
	rule := draw(width, func(l *line) {
		l.put(ink.Rule, "── ")
		l.put(groupStyle(ink, g), theme.Symbol(g.State)+" "+plural(g.Count, "task", "tasks"))
		l.pad(ink.Text, 1)
		l.put(ink.Rule, strings.Repeat("─", max(l.room, 0)))
	})
	w := paneWriter{width: max(width-2, 1), ink: ink, now: p.Now}
	for _, text := range wrapMost(g.Label, w.width, 2) {
		w.text(ink.Strong, text)
	}
	w.field("seen", ink.Text, seenBetween(g, p.Now))
	w.field("example", ink.Text, safe.Line(g.Example))
	room := lines - 1 - len(w.lines)
	w.field("message", ink.Text, strings.Join(wrapMost(g.Message, w.valueWidth(), room), "\n"))
	area := []string{rule}
	for _, text := range w.lines[:min(len(w.lines), lines-1)] {
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

// groupPosition returns which group the cursor is on, of how many.
func groupPosition(g *Groups) string {
	if len(g.Rows) == 0 {
		return ""
	}
	at := max(min(g.Cursor, len(g.Rows)-1), 0)
	return strconv.Itoa(at+1) + "/" + strconv.Itoa(len(g.Rows))
}
