package views

import (
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/theme"
)

// Link is how the polling as a whole is going, as the header tells it.
type Link uint8

// The states of the link to the service.
const (
	// LinkLive: requests go out and answers come.
	LinkLive Link = iota
	// LinkIdle: nothing is left to ask; all tasks are terminal or none is tracked.
	LinkIdle
	// LinkViewing: another process polls, and this one shows what it learns.
	LinkViewing
	// LinkPaused: the user paused polling.
	LinkPaused
	// LinkDegraded: some endpoints are in trouble, others answer; LinkNote names them.
	LinkDegraded
	// LinkWaiting: the service asked for a pause (429); LinkNote says how long.
	LinkWaiting
	// LinkFailing: the host answers everything with its own pages; LinkNote says which.
	LinkFailing
	// LinkOffline: no answer comes at all; LinkNote says why and since when.
	LinkOffline
	// LinkUnauthorized: the service refuses the key; LinkNote says so.
	LinkUnauthorized
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

// Tab is one of the state tabs above the table.
type Tab struct {
	Key    string // the key that opens it, such as "1"
	Title  string
	Count  int
	Active bool
	// State picks the tab's colour; AllStates is the tab of all tasks.
	State poller.State
	All   bool
}

// Column names a column of the table, for drawing and for sorting.
type Column uint8

// The columns of the table, in the order in which they are drawn. ColumnAdded
// is an order only: that of addition.
const (
	ColumnAdded Column = iota
	ColumnStatus
	ColumnID
	ColumnEndpoint
	ColumnQueued
	ColumnRun
	ColumnSeen
	ColumnDetail
	// ColumnCount is how many columns there are.
	ColumnCount
)

// Table is the visible window of the table.
type Table struct {
	// Rows are the tasks in the window, top to bottom: at most Layout.Rows.
	Rows []*poller.Task
	// Notes say more of the rows, one for each.
	Notes []Note
	// First is the place of Rows[0] among all that match, from 0; Total is how
	// many match.
	First, Total int
	// Cursor is the index in Rows of the selected task, -1 for none.
	Cursor int
	// Sort is the column sorted by, and its direction.
	Sort       Column
	Descending bool
	// Focused says that keys go to the table, not to the detail pane.
	Focused bool
	// Empty is what to say where there are no rows, a line each.
	Empty []string
}

// Note is what the dashboard knows of a row beside its task.
type Note struct {
	Marked bool // by the user, for an action in bulk
	Slow   bool // it runs or waits far longer than the others did
	Fresh  bool // its state changed a moment ago: drawn brighter
	// Trouble says that the task's endpoint is in trouble; empty when it is not.
	Trouble string
	// Brief is Trouble in fewer and fewer words, for a narrow column.
	Brief []string
}

// Detail is the detail pane's content.
type Detail struct {
	Task *poller.Task
	// Raw is the last answer's body as it came, nil when none is kept.
	Raw []byte
	// Slow says why the task counts as slow; empty when it does not.
	Slow string
	// Logs are the lines that the service gave of the task's run, in their order.
	Logs []queue.LogLine
	// Result is what is known of the task's result; nil when it is not asked for.
	Result *Result
	// Scroll is the first visible line of DetailLines.
	Scroll int
	// Focused says that keys go to the pane.
	Focused bool
}

// Result is a task's result as the detail pane shows it.
type Result struct {
	// Pending says that it is being fetched; Fault is why it could not be.
	Pending bool
	Fault   *queue.Fault
	Made    queue.Result
	// Preview is a picture of an output, as lines that are drawn as they are:
	// each PreviewWidth cells wide. It is drawn above the list of outputs.
	Preview      []string
	PreviewWidth int
	// PreviewRefused is why the picture is not fetched; empty when it is.
	PreviewRefused string
	// Files say what came of downloading each output, in the order of
	// Made.Outputs: a path, a progress, an error; empty for none.
	Files []string
}

// Group is a row of the groups view: tasks that have something in common.
type Group struct {
	Label   string // what they have in common
	Count   int
	State   poller.State // for the colour and symbol
	Share   float64      // of all tasks, or for an endpoint of those that failed
	Example string       // the id of one of them
	Message string       // the message of that one
	// First and Last are when the first and the last of them ended, or were
	// added where they have not ended.
	First, Last poller.Stamp
}

// Groups is the groups view, which takes the table's place.
type Groups struct {
	By     string // what is grouped by: error, endpoint or state
	Rows   []Group
	First  int // the place of the first visible row
	Cursor int
}

// Endpoint is what was observed of an endpoint's tasks, for the stats view. A
// time of 0 was not observed; all are of ended tasks.
type Endpoint struct {
	Name                                       string // "all" for the sum
	Live, Succeeded, Failed, Canceled, Unknown int
	QueueP50, QueueP95, QueueMax               time.Duration
	RunP50, RunP95, RunMax                     time.Duration
	InferenceP50, InferenceP95                 time.Duration
	Polls                                      uint64
	Histogram                                  []Bin
}

// Bin is a bar of a histogram of run times.
type Bin struct {
	From, To time.Duration
	Count    int
}

// Stats is the stats view, which takes the table's place.
type Stats struct {
	Endpoints []Endpoint // the first is the sum over all
	Cursor    int        // which endpoint's histogram is shown
	// Ended and Failed are how many tasks ended and failed in each past minute,
	// the oldest first.
	Ended, Failed                                 []float64
	Polls, Answers, RateLimited, Faults, Requests uint64
	Rate                                          float64 // requests/s in force
	Cost                                          string  // the sum of what tasks cost; empty where no service told it
	Scroll                                        int
}

// Transfers is the progress of the downloads, drawn in the notice's line while
// there is no notice.
type Transfers struct {
	Files, Done, Failed int
	Bytes, Total        int64   // Total is -1 while it is not known
	PerSecond           float64 // bytes/s
}

// Dialog is a box over the screen. Its body may hold styled text of polltop's
// own (a text field); it is cut to the box, never wrapped.
type Dialog struct {
	Title string
	Body  []string
	Hint  string // the last line: the keys that apply
	// Scroll is the first visible line of Body.
	Scroll int
}

// KeyHelp is a key and what it does, for the footer.
type KeyHelp struct {
	Key, Help string
}

// ETA is how long it takes until all tasks have ended: half of the times at most
// Median, at one time in ten less than Low, and at one in ten more than High. Where
// only one figure is known, the three are the same; without any, they are 0.
type ETA struct{ Low, Median, High time.Duration }

// Props is everything that is on the screen.
type Props struct {
	Width, Height int
	Theme         *theme.Theme
	Now           poller.Stamp

	Host     string
	Link     Link
	LinkNote string
	// LinkBrief is what is in trouble in fewer and fewer words, in place of the link's
	// word and LinkNote where both have no room; none where nothing is.
	LinkBrief      []string
	PollsPerSecond float64
	// RateLimit is the most requests/s made now, where the service bears less
	// than is configured; 0 where it is not known to.
	RateLimit float64
	InFlight  int
	Session   string // the session's name, where it is to be shown
	StoreErr  string // what is wrong with keeping the tasks; "" for nothing

	Counts    [poller.StateCount]int
	PerMinute float64   // tasks ended a minute, of late
	Spark     []float64 // tasks ended in each past interval, oldest first
	ETA       ETA

	Tabs []Tab
	// FilterField is the filter's line as its text field draws it, shown in
	// place of the tabs' line while it is edited; FilterText is the filter in
	// force, shown beside the tabs when not edited.
	FilterField string
	FilterText  string

	Table  Table
	Groups *Groups // nil but in the groups view
	Stats  *Stats  // nil but in the stats view
	Marked int     // how many tasks are marked, shown or not
	// Transfers is nil when nothing was downloaded yet.
	Transfers *Transfers
	Detail    *Detail // nil when closed
	Dialog    *Dialog // nil when none is open

	Notice      string
	NoticeLevel Level
	Keys        []KeyHelp
}
