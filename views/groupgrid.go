package views

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// groupColumn is a column of the groups view, as data.
type groupColumn struct {
	title string
	right bool
	// least is the narrowest width in which the column is worth its room. One
	// that grows takes what is left, up to what the rows hold and to most.
	least, most int
	// weight is how soon the column goes when there is no room for all: the
	// lightest goes first.
	weight int
	text   func(g *Group, now poller.Stamp) string
	style  func(ink *theme.Ink, g *Group) string
}

// The groups view's columns, in the order in which they are drawn.
const (
	groupCount = iota
	groupPercent
	groupBar
	groupLabel
	groupExampleID
	groupMessage
	groupFirst
	groupLast
)

// groupMessageLeast is the narrowest that the example's message is shown: where
// there is no room for that, what the group has in common says nearly the same.
const groupMessageLeast = 24

var groupColumns = [...]groupColumn{
	groupCount: {
		title: "COUNT", right: true, least: 6, weight: 9, style: groupStyle,
		text: func(g *Group, _ poller.Stamp) string { return compact(g.Count) },
	},
	groupPercent: {
		title: "SHARE", right: true, least: 5, weight: 7, style: groupText,
		text: func(g *Group, _ poller.Stamp) string { return percent(g.Share) },
	},
	groupBar: {least: 10, weight: 4, style: groupStyle},
	groupLabel: {
		title: "IN COMMON", least: 20, most: 90, weight: 10, style: groupText,
		text: func(g *Group, _ poller.Stamp) string { return g.Label },
	},
	groupExampleID: {
		title: "EXAMPLE", least: idLeast, most: 40, weight: 2, style: groupDim,
		text: func(g *Group, _ poller.Stamp) string { return g.Example },
	},
	groupMessage: {
		title: "ITS MESSAGE", least: groupMessageLeast, weight: 1, style: groupDim,
		text: func(g *Group, _ poller.Stamp) string { return g.Message },
	},
	groupFirst: {
		title: "FIRST", least: 8, weight: 3, style: groupDim,
		text: func(g *Group, now poller.Stamp) string { return shortClock(g.First, now) },
	},
	groupLast: {
		title: "LAST", least: 8, weight: 5, style: groupDim,
		text: func(g *Group, now poller.Stamp) string { return shortClock(g.Last, now) },
	},
}

func groupText(ink *theme.Ink, _ *Group) string { return ink.Text }
func groupDim(ink *theme.Ink, _ *Group) string  { return ink.Dim }

// percent returns a share as whole percent, rounded so that only nothing is 0%
// and only all is 100%.
func percent(share float64) string {
	switch {
	case !(share > 0): // NaN too
		return "0%"
	case share >= 1:
		return "100%"
	}
	return strconv.Itoa(max(min(int(math.Round(share*100)), 99), 1)) + "%"
}

// shortClock returns a moment in at most eight cells: the time of day, the day
// where it is not that of now, or the month of another year.
func shortClock(at, now poller.Stamp) string {
	if at == 0 {
		return ""
	}
	moment, today := at.Time(), now.Time()
	text := ""
	switch {
	case moment.Year() != today.Year():
		text = moment.Format("2006-01")
	case moment.YearDay() != today.YearDay():
		text = moment.Format("Jan 02")
	default:
		text = moment.Format(time.TimeOnly)
	}
	return text
}

// groupGrid is how the columns of the groups view are laid out.
type groupGrid struct {
	widths [len(groupColumns)]int // 0 for a column that is left out
	margin int
	by     string
	now    poller.Stamp
}

// newGroupGrid lays the columns out for the visible rows.
func newGroupGrid(rows []Group, by string, p *Props, width int) groupGrid {
	g := groupGrid{margin: 3, by: by, now: p.Now}
	if width < 90 {
		g.margin = 2
	}
	room := max(width-g.margin-1, 0)
	for _, i := range groupsByWeight {
		if i == groupMessage {
			continue // it gets what the others leave
		}
		g.widths[i] = groupColumns[i].least
		if g.used() > room && i != groupLabel {
			g.widths[i] = 0
		}
	}
	if over := g.used() - room; over > 0 {
		g.widths[groupLabel] = max(g.widths[groupLabel]-over, 0)
	}
	for _, i := range []int{groupLabel, groupExampleID} {
		c := &groupColumns[i]
		if g.widths[i] == 0 {
			continue
		}
		need := 0
		for at := range rows {
			need = max(need, safe.Width(safe.Truncate(c.text(&rows[at], p.Now), min(c.most, room))))
		}
		g.widths[i] += max(min(need-g.widths[i], room-g.used()), 0)
	}
	if left := room - g.used() - 2; left >= groupMessageLeast {
		g.widths[groupMessage] = left
	}
	return g
}

// groupsByWeight are the indexes of the columns, the heaviest first.
var groupsByWeight = func() []int {
	order := make([]int, len(groupColumns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return groupColumns[b].weight - groupColumns[a].weight })
	return order
}()

// used returns the width of the columns with the gaps between them.
func (g *groupGrid) used() int {
	total := 0
	for i, width := range g.widths {
		if width > 0 {
			total += g.gap(i, total) + width
		}
	}
	return total
}

// gap returns how many cells stand before a column, after those used before it.
func (g *groupGrid) gap(column, used int) int {
	switch {
	case used == 0:
		return 0
	case groupColumns[column].right:
		return 1
	}
	return 2
}

// each calls write for every column with room for it.
func (g *groupGrid) each(l *line, ground string, write func(i int, c *groupColumn, width int)) {
	used := 0
	for i, width := range g.widths {
		if width == 0 {
			continue
		}
		gap := g.gap(i, used)
		l.pad(ground, gap)
		write(i, &groupColumns[i], width)
		used += gap + width
	}
	l.pad(ground, l.room)
}

// drawTitles writes the columns' titles.
func (g *groupGrid) drawTitles(l *line, ink *theme.Ink) {
	l.pad(ink.Text, g.margin)
	g.each(l, ink.Text, func(i int, c *groupColumn, width int) {
		title := c.title
		if i == groupPercent && g.by == "endpoint" {
			title = "FAIL"
		}
		if c.right {
			l.pad(ink.Text, width-len(title))
			l.put(ink.Heading, title)
			return
		}
		l.put(ink.Heading, safe.Truncate(title, width))
		l.pad(ink.Text, width-min(len(title), width))
	})
}

// drawRow writes the row of a group.
func (g *groupGrid) drawRow(l *line, p *Props, group *Group, selected bool) {
	ink := &p.Theme.Plain
	if selected {
		ink = selectedInk(p)
	}
	drawMargin(l, ink, g.margin, selected, false)
	g.each(l, ink.Text, func(i int, c *groupColumn, width int) {
		switch i {
		case groupBar:
			drawShare(l, ink, c.style(ink, group), group.Share, width)
			return
		case groupExampleID:
			l.cell(c.style(ink, group), safe.Middle(group.Example, min(width, l.room)), width, false)
			return
		}
		l.cell(c.style(ink, group), safe.Truncate(c.text(group, g.now), min(width, l.room)), width, c.right)
	})
}

// drawShare writes a bar for a share between 0 and 1: full only for all, empty
// only for nothing.
func drawShare(l *line, ink *theme.Ink, style string, share float64, width int) {
	cells := 0
	switch {
	case share >= 1:
		cells = width
	case share > 0:
		cells = max(min(int(math.Round(share*float64(width))), width-1), 1)
	}
	l.put(style, strings.Repeat("━", cells))
	l.put(ink.Rule, strings.Repeat("─", max(width-cells, 0)))
}
