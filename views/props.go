package views

import (
	"time"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
)

// Link is the state of the polling as a whole, as the header shows it.
type Link uint8

// The states of the link to the services.
const (
	LinkLive         Link = iota // requests go out and answers come
	LinkIdle                     // all tasks are terminal or none is tracked
	LinkViewing                  // another process polls, and this one shows its tasks
	LinkPaused                   // the user paused polling
	LinkDegraded                 // some endpoints are in trouble, others answer
	LinkWaiting                  // the service asked for a pause (429)
	LinkSilent                   // for seconds no answer came to the requests under way
	LinkFailing                  // the host answers all requests with its own pages, or knows no task
	LinkOffline                  // no request is answered
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

// The columns of the table from left to right. ColumnAdded and ColumnActivity are orders only: the
// order of addition, and slow tasks before running, queued and ended ones.
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
	ColumnCount // the number of columns
)

// Table is the visible window of the table.
type Table struct {
	Tab          Tab
	Rows         []*poller.Task // the tasks in the window, top to bottom: at most Layout.Rows
	Info         []RowInfo      // one for each of Rows
	First, Total int            // the index of Rows[0] among all matching tasks, and the number of those
	Cursor       int            // the index in Rows of the selected task, -1 for none
	Sort         Column         // the column that is sorted by
	Descending   bool
	Labeled      bool // a task has a label, also one outside of the window
	// Find returns the range of the first match of the filter in a cell of a column, and the
	// cell's length twice for no match. It is nil without a filter.
	Find  func(c Column, cell string) (from, to int)
	Empty []string // the lines to show in place of no rows
}

// RowInfo is what a row shows that is not in its task.
type RowInfo struct {
	Marked   bool          // by the user, for a bulk action
	Slow     bool          // it runs or waits far longer than is usual
	Fresh    bool          // its state has just changed, and is drawn brighter
	Usual    time.Duration // the median run time of its endpoint; 0 if unknown
	StartsIn time.Duration // the time until it is expected to run; 0 if unknown
	Trouble  []string      // the trouble of its endpoint, as texts from long to short; nil for none
}

// Detail is what the detail pane shows.
type Detail struct {
	Task       *poller.Task
	Raw        []byte          // the body of the last answer; nil if it is not stored
	Slow       string          // why the task counts as slow; "" if it does not
	WaitReason string          // why it is not polled now; "" if it is
	Usual      time.Duration   // the median run time of its endpoint; 0 if unknown
	P95        time.Duration   // the 95th percentile of the run times; 0 if unknown
	StartsIn   time.Duration   // the time until it is expected to run; 0 if unknown
	Logs       []queue.LogLine // of the task's run, oldest first
	Result     *Result         // nil if it was not requested
}

// Result is a task's result as the detail pane shows it.
type Result struct {
	poller.FetchedResult
	Preview        []string // a picture of an output, as lines with style sequences
	PreviewWidth   int      // of each line, in cells
	PreviewRefused string   // why the picture is not fetched; "" if it is
	Files          []string // the download of each output: a path, a progress or an error; "" for none
}

// Group is a number of tasks that have something in common: a row of the groups view.
type Group struct {
	Label string // what they have in common, as text
	State poller.State
	Count int
	// Share is the share of failures in the group by endpoint or label; in others, the group's
	// share of all grouped tasks.
	Share       float64
	NextStep    string                    // what the user can do: StepsDiffer if that differs, "" if unknown
	Example     *poller.Task              // the latest task; nil for none
	First, Last poller.Stamp              // when the first and the last task ended or, while it is live, was added
	Contains    func(t *poller.Task) bool // reports whether a task belongs to the group
}

// StepsDiffer is the next step of a group whose tasks have different ones.
const StepsDiffer = "it depends"

// The groupings.
const (
	ByError    = "error"     // type and message pattern, of tasks that failed or ended with unknown outcome
	ByEndpoint = "endpoint"  // of all tasks
	ByLabel    = "label"     // of all tasks
	ByState    = "state"     // of all tasks
	ByNextStep = "next step" // of tasks that failed or ended with unknown outcome
)

// Groupings has all groupings in the order of the tabs.
var Groupings = []string{ByError, ByEndpoint, ByLabel, ByState, ByNextStep}

// Groups is the groups view, which takes the table's place.
type Groups struct {
	By     string // one of Groupings
	Rows   []Group
	First  int // the index of the first visible row
	Cursor int
}

// EndpointStats are statistics of an endpoint's tasks. Times are those of ended tasks, 0 for none.
type EndpointStats struct {
	Name                                       string // "all" for the sum
	Live, Succeeded, Failed, Canceled, Unknown int
	Polls                                      uint64
	Queue, Run, Inference                      Quantiles
	Histogram                                  []Bin // of run times
}

// Quantiles are the median, the 95th percentile and the maximum of times.
type Quantiles struct{ P50, P95, Max time.Duration }

// Bin is the number of times from From up to To.
type Bin struct {
	From, To time.Duration
	Count    int
}

// TaskStats are the statistics of all tasks.
type TaskStats struct {
	Endpoints []EndpointStats // the first one is the sum over all
	// Ended and Failed are the numbers of tasks that ended and failed in each past minute, the
	// oldest first.
	Ended, Failed []float64
}

// Stats is the stats view, which takes the table's place.
type Stats struct {
	TaskStats
	Cursor  int // the index of the endpoint whose histogram is shown
	Polling poller.Stats
	Rate    float64 // requests/s in force
	Cost    string  // the sum of the tasks' costs; "" if no service reported any
}

// Dialog is a box over the screen. Its body may hold style sequences of polltop's own, such as
// those of a text field. It is cut to the box, not wrapped.
type Dialog struct {
	Title  string
	Body   []string
	Foot   []string // lines below Body that do not scroll
	Hint   string   // the keys, in the border
	Scroll int      // the first visible line of Body
}

// ETA is the estimated time until all tasks have ended, as a median and the 10th and 90th
// percentiles. The three are equal where only one is known, and 0 where none is.
type ETA struct{ Low, Median, High time.Duration }

// End are the totals once no task is live.
type End struct {
	Elapsed           time.Duration // during which a task was live
	ModelTime         time.Duration // the sum of the inference times
	WorthResubmitting int           // the number of such failures
}

// TableStatus is what the bars show of the table.
type TableStatus struct {
	Tab         Tab    // the tab that is shown
	FilterField string // the text field of the filter, in place of the tabs while it is edited
	FilterText  string // the filter, shown after the tabs while it is not edited
	Marked      int    // the number of marked tasks, also outside of the window
	Position    string // of the cursor, such as "3/500"
}

// Bars are the lines above and below the table: the header, the progress, the tabs, the notice and
// the keys.
type Bars struct {
	Host           string
	Link           Link
	LinkTexts      []string // the state of the link, as texts from long to short
	PollsPerSecond float64
	RateLimit      float64 // the most requests/s made now; 0 if nothing is polled
	Session        string  // the session's name; "" to hide it
	StoreErr       string  // why tasks can't be stored; "" if they can
	Viewers        string  // how many dashboards use the poller; "" where only one can

	// Counts are those of the tracked tasks, Cleared those of the batch's tasks that are not
	// tracked any more.
	Counts, Cleared   [poller.StateCount]int
	ToSubmit          int       // tasks of Counts whose payload is not submitted yet
	SubmissionUnknown int       // payloads that may or may not have been submitted
	PerMinute         float64   // the recent rate of ended tasks
	Spark             []float64 // ended tasks in each past interval, the oldest first
	ETA               ETA
	End               *End // nil while a task is live
	Concurrency       int  // how many tasks the service runs at once; 0 if unknown

	TableStatus
	Transfers   *download.Progress // nil before the first download
	Notice      string
	NoticeLevel Level
	Footer      func(width int) string // the keys in at most width cells
}
