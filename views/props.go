// Package views draws the dashboard: props in, string out. It keeps no state,
// does no I/O and never asks what time it is.
package views

import (
	"time"

	"polltop/poller"
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
	// LinkPaused: the user paused polling.
	LinkPaused
	// LinkWaiting: the service asked for a pause (429); LinkNote says how long.
	LinkWaiting
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

// Detail is the detail pane's content.
type Detail struct {
	Task *poller.Task
	// Raw is the last answer's body as it came, nil when none is kept.
	Raw []byte
	// Scroll is the first visible line of DetailLines.
	Scroll int
	// Focused says that keys go to the pane.
	Focused bool
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

// Props is everything that is on the screen.
type Props struct {
	Width, Height int
	Theme         *theme.Theme
	Now           poller.Stamp

	Host           string
	Link           Link
	LinkNote       string
	PollsPerSecond float64
	InFlight       int

	Counts    [poller.StateCount]int
	PerMinute float64   // tasks ended a minute, of late
	Spark     []float64 // tasks ended in each past interval, oldest first
	ETA       time.Duration
	HasETA    bool

	Tabs []Tab
	// FilterField is the filter's line as its text field draws it, shown in
	// place of the tabs' line while it is edited; FilterText is the filter in
	// force, shown beside the tabs when not edited.
	FilterField string
	FilterText  string

	Table  Table
	Detail *Detail // nil when closed
	Dialog *Dialog // nil when none is open

	Notice      string
	NoticeLevel Level
	Keys        []KeyHelp
}
