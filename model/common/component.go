package common

import (
	"iter"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"polltop/model/insight"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
)

// Component is a part of the dashboard. It holds its own state and knows no other
// component: it posts messages with its Env's Post.
type Component interface {
	Update(msg tea.Msg) tea.Cmd // does no I/O and nothing slow
	View() string               // changes nothing; "" when there is nothing to see
	SetSize(width, height int)  // in cells and lines
	Bindings() []key.Binding    // the keys that apply now, the most useful first: the footer shows those that fit
}

// ViewCache caches a component's last view.
type ViewCache struct {
	view  string
	valid bool
}

// Invalidate makes the next Draw draw the view anew.
func (c *ViewCache) Invalidate() { c.valid = false }

// Draw returns the cached view. After Invalidate it draws the view first.
func (c *ViewCache) Draw(draw func() string) string {
	if !c.valid {
		c.view, c.valid = draw(), true
	}
	return c.view
}

// RefreshInterval is the least time between two refreshes of a view that summarizes all
// tasks: for 100,000 tasks a refresh takes some milliseconds.
const RefreshInterval = time.Second

// NoTask is a Seq that no task has.
const NoTask int32 = -1

// Tasks is what components can read of all tracked tasks.
type Tasks interface {
	Get(seq int32) *poller.Task   // the latest snapshot; nil if the task is not tracked
	All() []*poller.Task          // in the order of addition
	Live() iter.Seq[*poller.Task] // those that have not ended
	Slow(seq int32) bool          // the task was slow, as Env.Slow says, when it was last checked
	Total() int
	Counts() [poller.StateCount]int
}

// Env is the state that all components share. Only the root changes it, before it
// passes a message on.
type Env struct {
	views.Frame           // what the screen is drawn with: theme, time, layout, focus
	Time        time.Time // when the present message arrived
	Started     time.Time
	UserActed   bool // the user has pressed a key or used the mouse
	Profile     colorprofile.Profile
	Area        views.Focus  // what the table's area shows: OnTable, OnGroups or OnStats
	Source      paste.Source // how pasted text is read
	Tasks       Tasks
	Help        []HelpGroup // the keys of all components
	Submissions Submissions
	Polling     poller.Update // the poller's last report, without its Tasks and Payloads
	Getenv      func(string) string
	Shared      *Shared // nil if nobody else can have a dashboard on the same poller
	Timings     *insight.Timings
	// SlowAfter is from which age on a task counts as slow if too few tasks of its
	// endpoint have finished to compare it with; 0 for never.
	SlowAfter time.Duration

	posted []tea.Msg
}

// Apply stores a report of the poller.
func (e *Env) Apply(u poller.Update) {
	e.Polling = u
	e.Polling.Tasks, e.Polling.Payloads = nil, nil // to free their memory
	for _, p := range u.Payloads {
		e.Submissions[p.Number] = p
	}
}

// Post sends messages to all components. They receive them in this order, before the
// screen is drawn. Drain returns and removes what was posted.
func (e *Env) Post(msgs ...tea.Msg) { e.posted = append(e.posted, msgs...) }
func (e *Env) Drain() []tea.Msg {
	posted := e.posted
	e.posted = nil
	return posted
}

// Say shows a notice at once, in answer to what the user did. Report shows a notice about
// something else: while a bad notice is too new to have been read, it waits.
func (e *Env) Say(level views.Level, text string) { e.Post(Say{Level: level, Text: text}) }
func (e *Env) Report(level views.Level, text string) {
	e.Post(Say{Level: level, Text: text, Background: true})
}

// ToggleArea shows a view in the table's area, or the table if the view is shown already.
func (e *Env) ToggleArea(f views.Focus) {
	if e.Area == f {
		e.Post(ReleaseFocus{Focus: f})
		return
	}
	e.Post(RequestFocus{Focus: f})
}

// LiveCount returns how many tasks have not ended, FailedCount how many have failed, and
// UnknownCount how many ended with an outcome that can't be known.
func (e *Env) LiveCount() int {
	return views.TabQueued.Count(e.Tasks.Counts()) + views.TabRunning.Count(e.Tasks.Counts())
}
func (e *Env) FailedCount() int  { return views.TabFailed.Count(e.Tasks.Counts()) }
func (e *Env) UnknownCount() int { return views.TabUnknown.Count(e.Tasks.Counts()) }

// Slow reports whether a live task runs or waits far longer than others did, and why. While
// polls bring no answers it judges by the time of the last one.
func (e *Env) Slow(t *poller.Task) (slow bool, why string) {
	if slow, why = e.Timings.Slow(t, e.Now, e.SlowAfter); slow && !e.taskResponsive(t) {
		return e.Timings.Slow(t, t.Seen, e.SlowAfter)
	}
	return slow, why
}

// Expect returns how long tasks like a live one usually run, and after how long a waiting
// one is expected to start; 0 if that is not known.
func (e *Env) Expect(t *poller.Task) (usual, starts time.Duration) {
	if usual, starts = e.Timings.Expect(t, e.Now); starts > 0 && !e.taskResponsive(t) {
		starts = 0
	}
	return usual, starts
}

func (e *Env) taskResponsive(t *poller.Task) bool { return e.Responsive(e.host(t), t.Request.Endpoint) }

// host returns the state of a task's host, the zero value before the first report about it.
func (e *Env) host(t *poller.Task) poller.HostStatus {
	for _, h := range e.Polling.Hosts {
		if h.Base.Origin() == t.Request.Base.Origin() {
			return h
		}
	}
	return poller.HostStatus{}
}

// Responsive reports whether polls bring answers from an endpoint of a host, or from all its
// endpoints for "". If not, estimates from earlier answers are out of date.
func (e *Env) Responsive(h poller.HostStatus, endpoint string) bool {
	concerns := func(name string) bool { return endpoint == "" || name == endpoint }
	return !e.Polling.Paused && !e.Polling.Persistence.OwnerSilent && h.Stopped == nil && h.Outage == nil && h.SilentSince == 0 &&
		!slices.ContainsFunc(h.Troubles, func(t poller.EndpointTrouble) bool { return concerns(t.Endpoint) && !t.Held }) &&
		!slices.ContainsFunc(h.Forbidden, func(f poller.Forbidden) bool { return concerns(f.Endpoint) })
}

// WaitReasons returns why a live task is not polled now: the trouble of its host or endpoint,
// as texts of which each is shorter than the one before; nil for no trouble.
func (e *Env) WaitReasons(task *poller.Task) []string {
	h := e.host(task)
	switch {
	case h.Stopped != nil:
		return []string{"waits for a key"}
	case h.Outage != nil && h.Outage.Kind == queue.Missing:
		return nil // the task's own answer explains more
	case h.Outage != nil:
		return []string{"waits for the host", "waits for host"}
	}
	for _, trouble := range h.Troubles {
		if trouble.Endpoint == task.Request.Endpoint {
			return append([]string{views.EndpointTrouble(trouble, e.Now)}, views.BriefTrouble(trouble, e.Now)...)
		}
	}
	return nil
}

func SeqsWhere(tasks []*poller.Task, match func(*poller.Task) bool) []int32 {
	var seqs []int32
	for _, t := range tasks {
		if match(t) {
			seqs = append(seqs, t.Seq)
		}
	}
	return seqs
}

// Shared connects dashboards of several users on the same poller.
type Shared struct {
	// Refuse returns why this user may not use a key, "" if they may. It is given the key's
	// name and description in the help, which leaves refused keys out.
	Refuse func(key, does string) string
	Peers  func() []Peer // who is connected, in the order of connection
}

// Peer is a user with a dashboard on the same poller.
type Peer struct {
	Name, Role, From string
	Since            time.Time
	Self             bool // the user of this dashboard
}

// Allows reports whether the user may use a key, by its name in the help.
func (e *Env) Allows(key string) bool { return e.Shared == nil || e.Shared.Refuse(key, "") == "" }

// Submissions holds the session's payloads by number, as the poller last reported them.
type Submissions map[int64]*poller.Payload

func (s Submissions) InState(state poller.PayloadState) (numbers []int64) {
	for number, p := range s {
		if p.State == state {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func (s Submissions) Counts() (counts [poller.PayloadStateCount]int) {
	for _, p := range s {
		counts[p.State]++
	}
	return counts
}

func (s Submissions) Pending() int {
	counts := s.Counts()
	return counts[poller.PayloadWaiting] + counts[poller.PayloadSending]
}
