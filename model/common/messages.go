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

// Facts report what has happened.
type (
	// TasksChanged is what changed at the poller since the last one. There is one a tick,
	// however many tasks changed.
	TasksChanged struct{ poller.Update }

	TasksRemoved     struct{ Seqs []int32 }         // tasks are no longer tracked
	TasksRestored    struct{ Tasks []*poller.Task } // removed tasks are tracked again
	CursorMoved      struct{ Seq int32 }            // to another task of the table, or NoTask
	PaneChanged      struct{ Seq int32 }            // the pane shows another task; NoTask: it was closed
	FocusChanged     struct{}                       // to the Env's Focus
	LayoutChanged    struct{}                       // the layout or the theme of the Env's Frame
	SecondPassed     struct{}                       // while times on the screen grow
	QuestionsChanged struct{ Count int }            // how many questions about ids are open
	ResultRequested  struct{ Seq int32 }            // a task's result is being fetched
	Retrying         struct{}                       // what the service had refused is tried again
	DownloadsChanged struct{ download.Progress }

	// TasksViewed is which live tasks the user looks at: the one in the pane, or NoTask,
	// and those on the screen. They are polled more often.
	TasksViewed struct {
		Opened  int32
		Visible []int32
	}

	// TasksRead is the outcome of reading tasks and giving them to the poller.
	TasksRead struct {
		poller.Tracked
		Requests      []queue.Request // those that the user gave in the dashboard
		Problems      []paste.Problem
		Questions     []paste.Question
		RefusedLines  int
		QuestionCount int
		From          string // the name of what was read; "" for what the user gave in the dashboard
	}
)

// Wishes ask another component to do something.
type (
	OpenTask     struct{ Seq int32 } // in the pane
	ClosePane    struct{}
	RequestFocus struct{ Focus views.Focus }        // keys go to a part of the screen
	ReleaseFocus struct{ Focus views.Focus }        // keys go back to the part that had them before
	ClearMarks   struct{}                           // removes all marks
	ToggleMarks  struct{ Tasks []*poller.Task }     // marks tasks, or removes their marks if all are marked
	Track        struct{ Requests []queue.Request } // gives requests to the poller
	EditPayload  struct{ Task *poller.Task }        // in the user's editor, then asks whether to submit it
	Quit         struct{}

	// Say shows a notice.
	Say struct {
		Level      views.Level
		Text       string
		Background bool // it is not an answer to what the user did, and may wait
	}
	// ShowOnly filters the table to the tasks that match. The label names them.
	ShowOnly struct {
		Label string
		Match func(*poller.Task) bool
	}
	// Command is a key that the focused component does not handle: the component that has a
	// binding for it does. The root fills in the tasks.
	Command struct {
		tea.KeyPressMsg
		Tasks   []*poller.Task        // the marked, else those under the cursor: several in the view of groups
		Marked  bool                  // Tasks are the marked ones
		Shown   func() []*poller.Task // returns the tasks of the table's rows, or of the group
		Subject *poller.Task          // the one under the table's cursor; nil for none
		Opened  bool                  // the pane shows the subject
	}
	// Paste reads a text, and gives the tasks in it to the poller.
	Paste struct {
		Text   string
		Source paste.Source
	}
	// AddPayloads reads the payloads in a text, and submits them after a question.
	AddPayloads struct {
		Text   string
		Source paste.Source
		Stored func() // is called once the payloads are on disk
	}
	// Export writes tasks to a file.
	Export struct {
		Path  string
		Tasks []*poller.Task
	}
	// Ask opens a dialog with a text and a list of choices, which may be empty.
	Ask struct {
		Title, Hint string
		Text        func(width int) []string // the lines above the choices; nil for none
		Choices     []Choice
		// Question shows the choices as buttons. The last one changes nothing. Keys that
		// were pressed before the user could read the question are no answer.
		Question bool
	}
)

// Choice is an entry of a dialog's list.
type Choice struct {
	views.MenuItem
	Do tea.Cmd // runs when it is chosen; may be nil
}

// NewChoice returns the choice of a key, with its label and its command, which may be nil.
func NewChoice(key, label string, do tea.Cmd) Choice {
	return Choice{MenuItem: views.MenuItem{Key: key, Label: label}, Do: do}
}

// Question returns a question whose title says what is to be done. Counts are shown beside
// each other, and details below. Enter takes the last choice, which must change nothing.
func Question(title string, counts, details []string, choices ...Choice) Ask {
	return Ask{
		Title: title, Question: true, Choices: choices,
		Text: func(width int) []string { return views.QuestionBody(counts, details, width) },
	}
}

// Then is a message that the root calls within Update: how a component goes on after its
// command. InUpdate returns a command that brings one.
type Then func() tea.Cmd

func InUpdate(then Then) tea.Cmd { return Send(then) }

// Send returns a command that brings a message, After one that brings it after a wait.
func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }
func After(wait time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(wait, func(time.Time) tea.Msg { return msg })
}

// Click is a click on the part of the screen with an id, at a cell counted from its top left
// corner. The root passes it to the component that was clicked.
type Click struct {
	ID   string
	X, Y int
}

// wheelLines is how many lines one notch of the mouse wheel scrolls.
const wheelLines = 3

// WheelLines returns by how many lines the mouse wheel scrolls down, up if negative.
func WheelLines(msg tea.MouseWheelMsg) int {
	switch msg.Button {
	case tea.MouseWheelUp:
		return -wheelLines
	case tea.MouseWheelDown:
		return wheelLines
	}
	return 0
}
