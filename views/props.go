package views

import (
	"time"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
)

// Link is how the polling as a whole is going, as the header shows it.
type Link uint8

// The states of the link to the service.
const (
	LinkLive         Link = iota // requests go out and answers come
	LinkIdle                     // all tasks are terminal or none is tracked
	LinkViewing                  // another process polls, and this one shows what it learns
	LinkPaused                   // the user paused polling
	LinkDegraded                 // some endpoints are in trouble, others answer
	LinkWaiting                  // the service asked for a pause (429)
	LinkSilent                   // requests are under way, and for seconds none was answered
	LinkFailing                  // the host answers everything with its own pages, or knows no task
	LinkOffline                  // no answer comes at all
	LinkUnauthorized             // the service refuses the key
)

// Level is how urgent a notice is.
type Level uint8

// The levels of a notice.
const (
	LevelInfo Level = iota
	LevelGood
	LevelWarn
	LevelBad
)

// Column names a column of the table, for drawing and for sorting.
type Column uint8

// The columns of the table, in the order in which they are drawn. ColumnAdded and
// ColumnActivity are orders only: that of addition, and what is slow, what runs, what waits,
// what has ended.
const (
	ColumnAdded Column = iota
	ColumnStatus
	ColumnID
	ColumnEndpoint
	ColumnLabel
	ColumnQueued
	ColumnRun
	ColumnSeen
	ColumnDetail
	ColumnActivity
	ColumnCount // how many columns there are
)

// Table is the visible window of the table.
type Table struct {
	Tab          Tab
	Rows         []*poller.Task // the tasks in the window, top to bottom: at most Layout.Rows
	Info         []RowInfo      // say more of the rows, one for each
	First, Total int            // the place of Rows[0] among all that match, from 0, and how many match
	Cursor       int            // the index in Rows of the selected task, -1 for none
	Sort         Column         // what is sorted by
	Descending   bool
	Labeled      bool // some task has a label, shown or not
	// Find returns where the first match of the filter is in a cell of a column; the
	// cell's length twice for nowhere. It is nil for no filter.
	Find  func(c Column, cell string) (from, to int)
	Empty []string // what to say where there are no rows, a line each
}

// RowInfo is what the dashboard knows of a row beside its task.
type RowInfo struct {
	Marked   bool          // by the user, for an action in bulk
	Slow     bool          // it runs or waits far longer than the others did
	Fresh    bool          // its state changed a moment ago: drawn brighter
	Usual    time.Duration // how long tasks of its endpoint usually run; 0 for not known
	StartsIn time.Duration // in how long it is expected to run; 0 for not known
	Trouble  []string      // what trouble its endpoint is in, in fewer and fewer words; nil for none
}

// Detail is what the pane shows of a task.
type Detail struct {
	Task       *poller.Task
	Raw        []byte          // the last answer's body as it came, nil when none is kept
	Slow       string          // why the task counts as slow; empty when it does not
	WaitReason string          // why it is not asked now; empty when it is
	Usual      time.Duration   // how long tasks of its endpoint usually run; 0 for not known
	P95        time.Duration   // how long 95 % of them run at most; 0 for not known
	StartsIn   time.Duration   // in how long it is expected to run; 0 for not known
	Logs       []queue.LogLine // of the task's run, in their order
	Result     *Result         // nil when it is not asked for
}

// Result is a task's result as the detail pane shows it.
type Result struct {
	poller.FetchedResult
	Preview        []string // a picture of an output, as lines that are drawn as they are above the outputs
	PreviewWidth   int      // of each of them, in cells
	PreviewRefused string   // why the picture is not fetched; empty when it is
	Files          []string // what came of downloading each output: a path, a progress, an error; empty for none
}

// Group is some tasks that have something in common: a row of the groups view.
type Group struct {
	Label string // what they have in common, for people
	State poller.State
	Count int
	// Share is the share of the group's tasks that have failed, when grouped by
	// endpoint or label; else the group's share of all tasks that were grouped.
	Share       float64
	NextStep    string                    // what can be done about them: StepsDiffer where that differs, "" for not known
	Example     *poller.Task              // the latest of them; nil for none
	First, Last poller.Stamp              // when the first and the last of them ended, or were added where they have not
	Contains    func(t *poller.Task) bool // whether a task belongs to the group, by its snapshot alone
}

// StepsDiffer is the next step of a group whose tasks have different ones.
const StepsDiffer = "it depends"

// What tasks can be grouped by.
const (
	ByError    = "error"     // type and pattern of the message, of those that failed or ended nobody knows how
	ByEndpoint = "endpoint"  // of all tasks
	ByLabel    = "label"     // of all tasks
	ByState    = "state"     // of all tasks
	ByNextStep = "next step" // of those that failed or ended nobody knows how
)

// Groupings are what can be grouped by, in the order in which that is switched.
var Groupings = []string{ByError, ByEndpoint, ByLabel, ByState, ByNextStep}

// Groups is the groups view, which takes the table's place.
type Groups struct {
	By     string // what is grouped by
	Rows   []Group
	First  int // the place of the first visible row
	Cursor int
}

// EndpointStats is what was observed of an endpoint's tasks. Times are of those that have
// ended; 0 for not observed.
type EndpointStats struct {
	Name                                       string // "all" for the sum
	Live, Succeeded, Failed, Canceled, Unknown int
	Polls                                      uint64
	Queue, Run, Inference                      Quantiles
	Histogram                                  []Bin // of run times
}

// Quantiles are the quantiles of observed times.
type Quantiles struct{ P50, P95, Max time.Duration }

// Bin is how many times lie between two.
type Bin struct {
	From, To time.Duration
	Count    int
}

// TaskStats is what was observed of all tasks.
type TaskStats struct {
	Endpoints []EndpointStats // the first is the sum over all
	// Ended and Failed are how many tasks ended and failed in each past minute,
	// the oldest first.
	Ended, Failed []float64
}

// Stats is the stats view, which takes the table's place.
type Stats struct {
	TaskStats
	Cursor  int // which endpoint's histogram is shown
	Polling poller.Stats
	Rate    float64 // requests/s in force
	Cost    string  // the sum of what tasks cost; empty where no service reported it
}

// Dialog is a box over the screen. Its body may hold styled text of polltop's
// own (a text field); it is cut to the box, never wrapped.
type Dialog struct {
	Title  string
	Body   []string
	Foot   []string // stays below what is shown of Body
	Hint   string   // the last line: the keys that apply
	Scroll int      // the first visible line of Body
}

// ETA is how long it takes until all tasks have ended: half of the times at most
// Median, at one time in ten less than Low, and at one in ten more than High. Where
// only one figure is known, the three are the same; without any, they are 0.
type ETA struct{ Low, Median, High time.Duration }

// End is what came of all tasks, once none is live any more.
type End struct {
	Elapsed           time.Duration // in which any task was live
	ModelTime         time.Duration // the sum of the models' own times
	WorthResubmitting int           // how many failures are worth submitting again
}

// Bars is what stands above and below the table: the header, the progress, the tabs,
// the notice and the keys.
type Bars struct {
	Host           string
	Link           Link
	LinkTexts      []string // the state of the link, in fewer and fewer words
	PollsPerSecond float64
	RateLimit      float64 // the most requests/s made now; 0 where nothing is polled
	Session        string  // the session's name, where it is to be shown
	StoreErr       string  // what is wrong with keeping the tasks; "" for nothing
	Viewers        string  // how many have a dashboard on the same poller; "" where only one can

	// Counts are those of the tracked tasks, Cleared those of the batch that are tracked no
	// more.
	Counts, Cleared   [poller.StateCount]int
	ToSubmit          int       // tasks among them whose payload is yet to be submitted
	SubmissionUnknown int       // payloads that may or may not have been submitted
	PerMinute         float64   // tasks ended a minute, of late
	Spark             []float64 // tasks ended in each past interval, oldest first
	ETA               ETA
	End               *End // nil while a task is live
	Concurrency       int  // how many tasks the service runs at once; 0 for not known

	Tab         Tab    // the one that is shown
	FilterField string // the filter's line as its text field draws it, in place of the tabs while it is edited
	FilterText  string // the filter in force, shown beside the tabs when not edited
	Marked      int    // how many tasks are marked, shown or not
	Position    string // of the cursor, such as 3/500

	Transfers   *download.Progress // nil when nothing was downloaded yet
	Notice      string
	NoticeLevel Level
	Footer      func(room int) string // the keys, in at most so many cells
}
