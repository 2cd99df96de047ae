package common

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
)

// The facts: what has happened.
type (
	// TasksChanged is what changed at the poller since the last one: one message a
	// tick, however many tasks changed.
	TasksChanged struct{ poller.Update }

	TasksGone    struct{ Seqs []int32 }         // tasks that are tracked no more
	TasksBack    struct{ Tasks []*poller.Task } // tasks that were brought back
	CursorMoved  struct{ Seq int32 }            // the cursor of the table is on another task; None on none
	PaneShows    struct{ Seq int32 }            // the task that the pane shows; None when it is closed
	FocusChanged struct{}                       // keys go to something else: Env's Top
	SizeChanged  struct{}                       // the layout or the theme is another: those of Env's Frame
	Second       struct{}                       // a second has passed while times on the screen grow
	Unanswered   struct{ Count int }            // how many questions about ids are open
	ResultAsked  struct{ Seq int32 }            // a task's result is being fetched
	Retrying     struct{}                       // what had been refused is tried again
	Downloads    struct{ download.Progress }

	// TasksViewed is which live tasks the user looks at: the one in the pane, None for none,
	// and those on the screen. They are polled more often.
	TasksViewed struct {
		Opened  int32
		Visible []int32
	}

	// Read is what came of tasks that were read and given to the poller.
	Read struct {
		poller.Tracked
		Requests []queue.Request // that the user gave here
		Problems []paste.Problem
		Unsure   []paste.Question
		Refused  int    // lines
		Asked    int    // questions
		From     string // what was read; "" for what the user gave here
	}
)

// The wishes: what a component wants of another, which fulfils it.
type (
	OpenTask    struct{ Seq int32 } // in the pane
	ClosePane   struct{}
	Take        struct{ Focus views.Focus }        // the keys go to something
	Release     struct{ Focus views.Focus }        // they go back to what had them
	ClearMarks  struct{}                           // takes all marks away
	Mark        struct{ Tasks []*poller.Task }     // marks tasks, or takes their marks away if all have one
	Track       struct{ Requests []queue.Request } // gives requests to the poller
	EditPayload struct{ Task *poller.Task }        // in the user's editor; submits it after a question
	Leave       struct{}                           // ends the dashboard

	// Say shows a notice.
	Say struct {
		Level views.Level
		Text  string
		Late  bool // it came by itself
	}
	// ShowOnly filters the table to some tasks, which the label shows.
	ShowOnly struct {
		Label string
		Match func(*poller.Task) bool
	}
	// Command is a key that what is in focus does not take: the component does it whose key it is.
	// The root fills in what it is done with.
	Command struct {
		tea.KeyPressMsg
		Tasks   []*poller.Task        // the marked, or those of the cursor: several in the view of the groups
		Marked  bool                  // they are the marked
		Shown   func() []*poller.Task // returns those that the table shows, or those of the group
		Subject *poller.Task          // the one under the table's cursor; nil for none
		Opened  bool                  // the pane shows the subject
	}
	// Paste reads text, and gives what it names to the poller.
	Paste struct {
		Text   string
		Source paste.Source
	}
	// AddPayloads reads payloads in a text and submits them, after a question.
	AddPayloads struct {
		Text   string
		Source paste.Source
		Kept   func() // is called when they are on disk
	}
	// Export writes tasks to a file.
	Export struct {
		Path  string
		Tasks []*poller.Task
	}
	// Ask opens a dialog with a list of choices; without any it is there to be read.
	Ask struct {
		Title, Hint string
		Text        func(width int) []string // what stands above the choices; nil for nothing
		Choices     []Choice
		// Question says that the choices are buttons, the last of which changes nothing, and
		// that a key that was pressed before it could be read is no answer.
		Question bool
	}
)

type Choice struct {
	views.MenuItem
	Do tea.Cmd // what is done when it is chosen; nil for nothing
}

// Pick returns a choice: its key, what it does, and the command that does it; nil for nothing.
func Pick(key, label string, do tea.Cmd) Choice {
	return Choice{MenuItem: views.MenuItem{Key: key, Label: label}, Do: do}
}

// Question returns a question. Its title says what is to be done; counts stand beside each
// other, and details below. The last choice is the one that changes nothing: enter takes it.
func Question(title string, counts, details []string, choices ...Choice) Ask {
	return Ask{
		Title: title, Question: true, Choices: choices,
		Text: func(width int) []string { return views.QuestionBody(counts, details, width) },
	}
}

// Then is how a component goes on, in Update, when its command has done what takes a while, or when
// the user has chosen it: the root calls it. Later returns the command that does so at once.
type Then func() tea.Cmd

func Later(then Then) tea.Cmd { return Send(then) }

func After(wait time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(wait, func(time.Time) tea.Msg { return msg })
}

func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Click is a click on a part of the screen, which its id names, at a place from its top left
// corner. The root gives it to the component that was hit.
type Click struct {
	ID   string
	X, Y int
}

// wheelLines is how many lines a notch of the mouse wheel scrolls.
const wheelLines = 3

// WheelLines returns by how many lines the mouse wheel scrolls, down where it is positive.
func WheelLines(msg tea.MouseWheelMsg) int {
	switch msg.Button {
	case tea.MouseWheelUp:
		return -wheelLines
	case tea.MouseWheelDown:
		return wheelLines
	}
	return 0
}
