package views

import (
	"math"
	"slices"
	"strconv"
	"time"

	"polltop/poller"
	"polltop/views/theme"
)

// groupMessageLeast is the narrowest that the example's message is shown: where
// there is no room for that, what the group has in common says nearly the same.
const groupMessageLeast = 24

// byEndpoint and byLabel are how those groupings are told: their share is that of the failed.
const byEndpoint, byLabel = "endpoint", "label"

// groupColumns returns the columns of the groups view, in the order in which they are
// drawn.
func groupColumns(by string, now poller.Stamp) []column[*Group] {
	text := func(ink *theme.Ink, _ *Group) string { return ink.Text }
	dim := func(ink *theme.Ink, _ *Group) string { return ink.Dim }
	share, todo := "SHARE", len("check the account")
	if by == byEndpoint || by == byLabel {
		share = "FAIL"
	}
	columns := []column[*Group]{
		{title: "COUNT", right: true, least: 6, weight: 9, style: groupStyle, text: func(g *Group, _ int) string { return compact(g.Count) }},
		{title: share, right: true, least: 5, weight: 7, style: text, text: func(g *Group, _ int) string { return percent(g.Share) }},
		{least: 10, weight: 4, draw: drawShare},
		{title: "IN COMMON", least: 20, most: 90, weight: 10, fixed: true, style: text, text: func(g *Group, _ int) string { return g.Label }},
		{title: whatToDo, least: todo, weight: 6, style: text, text: func(g *Group, _ int) string { return g.NextStep }},
		{title: "EXAMPLE", least: idLeast, most: 40, weight: 2, middle: true, style: dim, text: func(g *Group, _ int) string { return g.exampleID() }},
		{title: "ITS MESSAGE", least: groupMessageLeast, rest: true, late: true, style: dim, text: func(g *Group, _ int) string { return g.message() }},
		{title: "FIRST", least: 8, weight: 3, style: dim, text: func(g *Group, _ int) string { return shortClock(g.First, now) }},
		{title: "LAST", least: 8, weight: 5, style: dim, text: func(g *Group, _ int) string { return shortClock(g.Last, now) }},
	}
	return slices.DeleteFunc(columns, func(c column[*Group]) bool { return c.title == whatToDo && by != groupKinds[0] })
}

// whatToDo is the title of the column that is there for failures only.
const whatToDo = "WHAT TO DO"

// exampleID returns the id of one of the group's tasks, and message its error.
func (g *Group) exampleID() string {
	if g.Example == nil {
		return ""
	}
	return g.Example.Name()
}

func (g *Group) message() string {
	if g.Example == nil {
		return ""
	}
	return g.Example.Error
}

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

// drawShare writes a bar for a group's share, between 0 and 1: full only for all, empty
// only for nothing.
func drawShare(l *line, _ *grid[*Group], ink *theme.Ink, g *Group, width int) {
	cells := 0
	switch {
	case g.Share >= 1:
		cells = width
	case g.Share > 0:
		cells = max(min(int(math.Round(g.Share*float64(width))), width-1), 1)
	}
	l.track(groupStyle(ink, g), ink.Rule, cells, width)
}
