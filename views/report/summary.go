package report

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

const (
	maxProblems     = 50  // bounds the list of failed tasks, in lines
	maxUnrecognized = 10  // bounds the list of tasks with unrecognized statuses, in lines
	maxKinds        = 6   // bounds the list of the kinds of failures, in lines
	maxObjects      = 100 // bounds the tasks with unrecognized statuses in the object
	wordWidth       = 9   // of the column of events, in cells: that of the longest state's word
	defaultWidth    = 80  // of an unknown terminal, in cells
	maxColumn       = 40  // bounds a column, in cells: one long id would hide all messages
	maxCell         = 200 // bounds an id or an error type, in cells
	minMessage      = 12  // the least useful width of a message, in cells
)

// SummaryProps is what a summary reports.
type SummaryProps struct {
	Tasks       []*poller.Task // all tracked tasks, in the order of the list
	Kinds       []views.Group  // the groups of the failed tasks; nil to leave them out
	Elapsed     time.Duration  // since tasks were first polled
	Polls       uint64         // the polls that were made
	Width       int            // of the terminal, in cells; 80 for 0 or less
	Resume      string         // the command that continues with the tasks; "" if they are not stored
	Undone      []string       // a line for each kind of unfinished request of the user
	Submissions Submissions    // of the payloads
	Files       string         // how many outputs are on disk; "" if none are downloaded
	Demo        bool           // the tasks are simulated and end with the program
	Color       bool           // states are shown in color too
}

// stateOrder is the order in which counts of states are listed.
var stateOrder = [poller.StateCount]poller.State{
	poller.Succeeded, poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread, poller.Retried,
	poller.Reading, poller.Running, poller.Queued, poller.New,
}

// colors are readable on dark and light backgrounds: which one the terminal has is not known here.
var colors = map[poller.State]ansi.BasicColor{
	poller.Succeeded: ansi.Green, poller.Canceled: ansi.Magenta,
	poller.Failed: ansi.Red, poller.Expired: ansi.Red, poller.NotFound: ansi.Red, poller.Unread: ansi.Red,
}

// Summary writes the outcome of the tasks: a bounded list of those without a result, then the counts
// of states, and how to continue with live ones. The counts come last, so that they are in view
// after a long list. It returns the writer's error.
func Summary(w io.Writer, p SummaryProps) error {
	if p.Width <= 0 {
		p.Width = defaultWidth
	}
	var counts [poller.StateCount]int
	for _, t := range p.Tasks {
		counts[t.State]++
	}
	var b strings.Builder
	p.problems(&b)
	p.counts(&b, counts)
	p.kinds(&b)
	if costs := CostsOf(p.Tasks).String(); costs != "" {
		p.wrap(&b, "cost, as the services told it: "+costs)
	}
	p.unrecognized(&b)
	if text := p.Submissions.String(); text != "" {
		p.wrap(&b, "submissions: "+text)
	}
	for _, text := range append([]string{p.Files, p.unfinished(counts)}, p.Undone...) {
		p.wrap(&b, text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p SummaryProps) wrap(b *strings.Builder, text string) {
	for _, line := range safe.Wrap(text, p.Width) {
		b.WriteString(line + "\n")
	}
}

// problems lists the tasks that failed, then those of unknown outcome. The id and the error type are
// never shortened to the width, so that they can be copied; the message takes what they leave.
func (p SummaryProps) problems(b *strings.Builder) {
	var all []*poller.Task
	for _, state := range []poller.State{poller.Failed, poller.Expired, poller.NotFound, poller.Unread} {
		for _, t := range p.Tasks {
			if t.State == state && t.Problem() {
				all = append(all, t)
			}
		}
	}
	if len(all) == 0 {
		return
	}
	listed := all
	if len(all) > maxProblems {
		listed = all[:maxProblems-1]
	}
	nameWidth, kindWidth := 0, 0
	for _, t := range listed {
		nameWidth, kindWidth = max(nameWidth, safe.Width(nameOf(t))), max(kindWidth, safe.Width(kindOf(t)))
	}
	for _, t := range listed {
		id, kind := pad(nameOf(t), min(nameWidth, maxColumn)), pad(kindOf(t), min(kindWidth, maxColumn))
		message := ""
		if left := p.Width - 2 - safe.Width(id) - 2 - safe.Width(kind) - 2; left >= minMessage {
			message = safe.Truncate(views.ErrorText(t), left)
		}
		if message == "" {
			kind = kindOf(t)
		} else {
			message = "  " + message
		}
		b.WriteString(p.paint(t.State, theme.Symbol(t.State)) + " " + id + "  " + p.paint(t.State, kind) + message + "\n")
	}
	if more := len(all) - len(listed); more > 0 {
		fmt.Fprintf(b, "… and %d more%s\n", more, p.listCommand())
	}
	b.WriteString("\n")
}

// listCommand returns the command that lists all failures; "" if the tasks are not stored.
func (p SummaryProps) listCommand() string {
	if p.Resume == "" {
		return ""
	}
	_, session, named := strings.Cut(p.Resume, " --session ")
	if named {
		session = " --session " + session
	}
	return ": polltop export" + session + " --state failed lists all"
}

// nameOf returns endpoint/id, so that a copied line is read under the right endpoint.
func nameOf(t *poller.Task) string {
	name := t.Request.ID
	if t.Request.Endpoint != "" {
		name = t.Request.Endpoint + "/" + name
	}
	return safe.TruncateMiddle(name, maxCell)
}

// kindOf returns the error type of a task, or its state if the outcome is unknown.
func kindOf(t *poller.Task) string {
	if t.State.Unknown() {
		return t.State.String()
	}
	return cmp.Or(safe.Truncate(t.ErrorType, maxCell), "no error type")
}

func (p SummaryProps) counts(b *strings.Builder, counts [poller.StateCount]int) {
	fmt.Fprintf(b, "polltop: %s watched for %s, %s\n",
		views.Plural(len(p.Tasks), "task"), views.Duration(p.Elapsed), views.Plural(int(p.Polls), "poll"))
	digits := len(strconv.Itoa(len(p.Tasks)))
	for _, state := range stateOrder {
		if counts[state] > 0 {
			word := p.paint(state, theme.Symbol(state)+" "+pad(state.String(), wordWidth))
			fmt.Fprintf(b, "  %s  %*d\n", word, digits, counts[state])
		}
	}
}

func (p SummaryProps) unrecognized(b *strings.Builder) {
	tasks := Unrecognized(p.Tasks)
	for i, t := range tasks {
		if i == maxUnrecognized {
			fmt.Fprintf(b, "… and %d more with a status that polltop does not know\n", len(tasks)-i)
			return
		}
		p.wrap(b, nameOf(t)+": "+views.UnrecognizedStatus(t))
	}
}

// unfinished returns how to continue with the live tasks; "" for none.
func (p SummaryProps) unfinished(counts [poller.StateCount]int) string {
	text := join([]count{
		{counts[poller.Running] + counts[poller.Queued], "still running or queued"},
		{counts[poller.Reading], "completed, with the result still to be read"},
		{counts[poller.New], "not heard of yet"},
	})
	switch {
	case text == "":
		return ""
	case p.Demo:
		return text + ": they end with the demo"
	case p.Resume != "":
		return text + "; to go on watching: " + p.Resume
	}
	return text + ": start polltop again with the same ids to go on watching"
}

// paint returns the text in the state's color, if it has one and Color is set.
func (p SummaryProps) paint(state poller.State, text string) string {
	color, ok := colors[state]
	if !p.Color || !ok {
		return text
	}
	return ansi.NewStyle().ForegroundColor(color).Styled(text)
}

// pad returns the text with spaces to the given width, in cells.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-safe.Width(text), 0))
}

// kinds writes the number of failures of each kind and the next step, unless each kind has a single
// failure, which the list of problems shows.
func (p SummaryProps) kinds(b *strings.Builder) {
	failures, steps := 0, 0
	for _, g := range p.Kinds {
		failures, steps = failures+g.Count, max(steps, safe.Width(g.NextStep))
	}
	if len(p.Kinds) == failures {
		return
	}
	shown := p.Kinds
	if len(shown) > maxKinds {
		shown = shown[:maxKinds-1]
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

// kind returns the line of a kind: its count, the next step and what the failures have in common.
func (p SummaryProps) kind(g views.Group, digits, steps int) string {
	step := pad(g.NextStep, steps)
	count := p.paint(g.State, fmt.Sprintf("%*d×", digits, g.Count))
	left := p.Width - 2 - digits - 1 - 2 - safe.Width(step) - 2
	if left < minMessage { // the label takes a line of its own
		return strings.TrimRight("  "+count+"  "+g.NextStep, " ") + "\n    " + safe.Truncate(g.Label, p.Width-4)
	}
	return "  " + count + "  " + step + "  " + safe.Truncate(g.Label, left)
}
