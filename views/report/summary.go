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
	problemLines = 50  // bounds the list of what went wrong, in lines
	unknownLines = 10  // bounds the list of tasks whose status is not known, in lines
	kindsMost    = 6   // bounds the list of the kinds of failures, in lines
	objectsMost  = 100 // bounds how many tasks of an unknown status the object names
	wordWidth    = 9   // the width of the column with the event, in cells: that of the longest state's word
	defaultWidth = 80  // of the terminal, in cells, where it is not known
	columnMost   = 40  // bounds a column, in cells: one long id would push the messages of all others off the screen
	cellMost     = 200 // bounds what is shown of an id or an error type, in cells
	messageLeast = 12  // the least room that a message is worth showing in, in cells
)

// SummaryProps is what a summary reports.
type SummaryProps struct {
	Tasks       []*poller.Task // all that were tracked, in the order to list them in
	Kinds       []views.Group  // groups those that failed; nil to leave that out
	Elapsed     time.Duration  // how long they were watched
	Polls       uint64         // the requests that were made
	Width       int            // the terminal's, in cells; 80 is taken for 0 and less
	Resume      string         // the command that goes on with the tasks; "" where they are not on disk
	Undone      []string       // what the user had asked for and was not done, a line for each kind
	Submissions Submissions    // the payloads
	Files       string         // how many outputs are on disk; "" where none are downloaded
	Demo        bool           // the tasks are simulated and end with the program
	Color       bool           // the states are shown in color too
}

// order is that in which the states are counted up: what has ended first.
var order = [poller.StateCount]poller.State{
	poller.Succeeded, poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread, poller.Retried,
	poller.Reading, poller.Running, poller.Queued, poller.New,
}

// colors are those of the sixteen that can be read on dark and light grounds
// alike: which of them this is, is no longer known here.
var colors = map[poller.State]ansi.BasicColor{
	poller.Succeeded: ansi.Green, poller.Canceled: ansi.Magenta,
	poller.Failed: ansi.Red, poller.Expired: ansi.Red, poller.NotFound: ansi.Red, poller.Unread: ansi.Red,
}

// Summary writes what came of the tasks: those that failed or ended nobody knows how,
// at most fifty lines of them, then how many are in which state, and how to go
// on where some have not ended. The counts stand last, so that they are still
// on the screen after a long list. It returns the writer's error.
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

// problems lists what failed, and after that what ended nobody knows how. The id and the error
// type are whole in any width, as they are there to be copied; the message takes the room that
// they leave.
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
	if len(all) > problemLines {
		listed = all[:problemLines-1]
	}
	ids, kinds := 0, 0 // the widths of their columns
	for _, t := range listed {
		ids, kinds = max(ids, safe.Width(nameOf(t))), max(kinds, safe.Width(kindOf(t)))
	}
	for _, t := range listed {
		id, kind := pad(nameOf(t), min(ids, columnMost)), pad(kindOf(t), min(kinds, columnMost))
		message := ""
		if room := p.Width - 2 - safe.Width(id) - 2 - safe.Width(kind) - 2; room >= messageLeast {
			message = safe.Truncate(views.ErrorText(t), room)
		}
		if message == "" {
			kind = kindOf(t)
		} else {
			message = "  " + message
		}
		b.WriteString(p.paint(t.State, theme.Symbol(t.State)) + " " + id + "  " + p.paint(t.State, kind) + message + "\n")
	}
	if more := len(all) - len(listed); more > 0 {
		fmt.Fprintf(b, "… and %d more%s\n", more, p.lister())
	}
	b.WriteString("\n")
}

// lister returns which command lists all failures; "" where the tasks are not on disk.
func (p SummaryProps) lister() string {
	if p.Resume == "" {
		return ""
	}
	_, session, named := strings.Cut(p.Resume, " --session ")
	if named {
		session = " --session " + session
	}
	return ": polltop export" + session + " --state failed lists all"
}

// nameOf returns what a task is listed as: endpoint/id, so that a line that is copied is
// read back under the right endpoint.
func nameOf(t *poller.Task) string {
	name := t.Request.ID
	if t.Request.Endpoint != "" {
		name = t.Request.Endpoint + "/" + name
	}
	return safe.TruncateMiddle(name, cellMost)
}

// kindOf says in a word or two why a task has no result.
func kindOf(t *poller.Task) string {
	if t.State.Unknown() {
		return t.State.String()
	}
	return cmp.Or(safe.Truncate(t.ErrorType, cellMost), "no error type")
}

func (p SummaryProps) counts(b *strings.Builder, counts [poller.StateCount]int) {
	fmt.Fprintf(b, "polltop: %s watched for %s, %s\n",
		views.Plural(len(p.Tasks), "task"), views.Duration(p.Elapsed), views.Plural(int(p.Polls), "poll"))
	digits := len(strconv.Itoa(len(p.Tasks)))
	for _, state := range order {
		if counts[state] > 0 {
			word := p.paint(state, theme.Symbol(state)+" "+pad(state.String(), wordWidth))
			fmt.Fprintf(b, "  %s  %*d\n", word, digits, counts[state])
		}
	}
}

func (p SummaryProps) unrecognized(b *strings.Builder) {
	tasks := Unrecognized(p.Tasks)
	for i, t := range tasks {
		if i == unknownLines {
			fmt.Fprintf(b, "… and %d more with a status that polltop does not know\n", len(tasks)-i)
			return
		}
		p.wrap(b, nameOf(t)+": "+views.UnrecognizedStatus(t))
	}
}

// unfinished says how to go on with what has not ended, "" if all has.
func (p SummaryProps) unfinished(counts [poller.StateCount]int) string {
	text := counted([]count{
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
		return text + ": " + p.Resume + " goes on watching"
	}
	return text + ": start polltop again with the same ids to go on watching"
}

// paint returns the text in the state's color, if it has one and colors are wanted.
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
