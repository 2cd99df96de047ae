package report

import (
	"fmt"
	"strconv"
	"strings"

	"polltop/views"
	"polltop/views/safe"
)

// kindsMost bounds the list of the kinds of failures, in lines.
const kindsMost = 6

// kinds writes how many failures there are of each kind, the most frequent first, and what
// to do about them. Where no kind has two, the list of the failures has said it all.
func (p SummaryProps) kinds(b *strings.Builder) {
	failures, steps := 0, 0
	for _, g := range p.Kinds {
		failures, steps = failures+g.Count, max(steps, safe.Width(g.NextStep))
	}
	if len(p.Kinds) == failures {
		return
	}
	shown := p.Kinds
	if len(shown) > kindsMost {
		shown = shown[:kindsMost-1]
	}
	b.WriteString("failures by kind:\n")
	digits := len(strconv.Itoa(shown[0].Count))
	for _, g := range shown {
		b.WriteString(p.kind(g, digits, steps) + "\n")
	}
	if more := len(p.Kinds) - len(shown); more > 0 {
		fmt.Fprintf(b, "  … and %d more kinds of failures\n", more)
	}
}

// kind returns the line of a kind. What to do stands before what the failures have in
// common, which takes the room that is left.
func (p SummaryProps) kind(g views.Group, digits, steps int) string {
	step := pad(g.NextStep, steps)
	count := p.paint(g.State, fmt.Sprintf("%*d×", digits, g.Count))
	room := p.Width - 2 - digits - 1 - 2 - safe.Width(step) - 2
	if room < messageLeast { // a narrow screen has it in a line of its own
		return strings.TrimRight("  "+count+"  "+g.NextStep, " ") + "\n    " + safe.Truncate(g.Label, p.Width-4)
	}
	return "  " + count + "  " + step + "  " + safe.Truncate(g.Label, room)
}
