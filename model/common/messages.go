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
	// TasksGone are tasks that are tracked no more.
	TasksGone struct{ Seqs []int32 }
	// TasksBack are tasks that were brought back.
	TasksBack struct{ Tasks []*poller.Task }
	// CursorMoved says that the cursor of the table is on another task; None on none.
	CursorMoved struct{ Seq int32 }
	// PaneShows is the task that the pane shows; None when it is closed.
	PaneShows struct{ Seq int32 }
	// FocusChanged says that keys go to something else: Env's Top.
	FocusChanged struct{}
	// SizeChanged says that the layout or the theme is another: those of Env's Frame.
	SizeChanged struct{}
	// Second says that a second has passed while times on the screen grow.
	Second struct{}
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
	// Unanswered is how many questions about ids are open.
	Unanswered struct{ Count int }
	// TaskText is the raw last answer of a task, its log, and what came of fetching
	// its result, if anything is known of that.
	TaskText struct {
		Seq, Turn int32
		Body      []byte
		Result    *poller.Fetched
		Logs      []queue.LogLine
	}
	// ResultAsked says that a task's result is being fetched.
	ResultAsked struct{ Seq int32 }
	// Retrying says that what had been refused is tried again.
	Retrying  struct{}
	Downloads struct{ download.Progress }
)

// The wishes: what a component wants of another, which fulfils it.
type (
	// Say shows a notice; a Late one came by itself.
	Say struct {
		Level views.Level
		Text  string
		Late  bool
	}
	OpenTask  struct{ Seq int32 }
	ClosePane struct{}
	// Take gives the keys to something, Release gives them back to what had them.
	Take    struct{ Focus Focus }
	Release struct{ Focus Focus }
	// ShowOnly filters the table to some tasks, which the label tells.
	ShowOnly struct {
		Label string
		Match func(*poller.Task) bool
	}
	// Command is a key that what is in focus does not take: the component does it whose key it is.
	Command struct {
		tea.KeyPressMsg
		// Tasks are what it is done with: the marked ones, or those of the cursor, which in
		// the view of the groups is on several. The root fills them in, and what follows.
		Tasks  []*poller.Task
		Marked bool
		// Shown returns the tasks that the table shows, or those of the group.
		Shown func() []*poller.Task
		// Subject is the task under the table's cursor; nil for none.
		Subject *poller.Task
		// Opened says that the pane shows the subject.
		Opened bool
	}
	Leave struct{}
	// ClearMarks takes all marks away, and Mark marks tasks, or takes their marks away if
	// all of them have one.
	ClearMarks struct{}
	Mark       struct{ Tasks []*poller.Task }
	// LookUp asks for what the pane shows of a task beside its snapshot: a TaskText.
	LookUp struct{ Seq, Turn int32 }
	// FetchResult has the result and the log of an ended task fetched.
	FetchResult struct{ Task *poller.Task }
	// Watch says what the user looks at: the live task in the pane, None without one,
	// and the live tasks on the screen.
	Watch struct {
		Opened  int32
		Visible []int32
	}
	// Track gives requests to the poller, and Paste reads text and does the same.
	Track struct{ Requests []queue.Request }
	Paste struct {
		Text   string
		Source paste.Source
	}
	// PayloadsAdded says that those of the dialog are on disk.
	PayloadsAdded struct{}
	// AddPayloads reads payloads in a text and submits them, after a question.
	AddPayloads struct {
		Text   string
		Source paste.Source
	}
	// EditPayload opens the payload of a task in the user's editor, and submits it after a
	// question.
	EditPayload struct{ Task *poller.Task }
	// Export writes tasks to a file.
	Export struct {
		Path  string
		Tasks []*poller.Task
	}
	// Ask opens a dialog with a list of choices; without any it is there to be read.
	Ask struct {
		Title, Hint string
		// Text returns what stands above the choices in a width; nil for nothing.
		Text    func(width int) []string
		Choices []Choice
		// Question says that the choices are buttons, the last of which changes nothing, and
		// that a key that was pressed before it could be read is no answer.
		Question bool
	}
)

type Choice struct {
	views.MenuItem
	// Do is what is done when it is chosen; nil for nothing.
	Do tea.Cmd
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

// WheelLines returns by how many lines the mouse wheel scrolls, down where it is
// positive.
func WheelLines(msg tea.MouseWheelMsg) int {
	switch msg.Button {
	case tea.MouseWheelUp:
		return -wheelLines
	case tea.MouseWheelDown:
		return wheelLines
	}
	return 0
}
