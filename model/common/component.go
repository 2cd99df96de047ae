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

// Component is a part of the dashboard. It holds its own state, knows no other
// component, and talks to them in messages: those of its Env's Post.
type Component interface {
	Update(msg tea.Msg) tea.Cmd // does no I/O and nothing slow
	View() string               // changes nothing; "" is nothing to see
	SetSize(width, height int)  // in cells and lines
	Bindings() []key.Binding    // the keys that apply now, the most useful first: the footer shows those that fit
}

type TableShows struct {
	Tab      views.Tab
	Filter   string // in force
	Field    string // the filter's text field while it is edited, as it is drawn
	Marked   int
	Position string // of the cursor
}

// Cached is a component's last view.
type Cached struct {
	view  string
	drawn bool
}

// Changed says that the view is not what would be drawn now.
func (c *Cached) Changed() { c.drawn = false }

// Draw returns the view, drawn anew where something has changed.
func (c *Cached) Draw(draw func() string) string {
	if !c.drawn {
		c.view, c.drawn = draw(), true
	}
	return c.view
}

// SurveyEvery is how often a view of all tasks is made anew at most: that looks at each of them,
// which at a hundred thousand takes some milliseconds.
const SurveyEvery = time.Second

// None is the Seq of no task.
const None int32 = -1

// Tasks is what components may know of all tracked tasks.
type Tasks interface {
	Get(seq int32) *poller.Task   // the latest snapshot; nil for a task that is not tracked
	All() []*poller.Task          // in the order of addition
	Live() iter.Seq[*poller.Task] // those that have not ended
	Slow(seq int32) bool          // it runs or waits far longer than others did, as of when it was looked at last
	Total() int
	Counts() [poller.StateCount]int
}

// Env is what components see of the dashboard. The root alone changes it, before it
// hands a message on.
type Env struct {
	views.Frame              // what the screen is drawn with: the theme, the time, the layout
	Clock, Started time.Time // of the message, and of the start
	Touched        bool      // the user has pressed a key or used the mouse
	Profile        colorprofile.Profile
	Area           views.Focus  // what is shown in the table's place: OnTable, OnGroups or OnStats
	Source         paste.Source // how pasted text is read
	Tasks          Tasks
	Help           []HelpGroup // the keys of all components
	Submissions    Submissions
	Polling        poller.Update // the state of the poller, as it last reported it, without tasks and payloads
	Getenv         func(string) string
	Shared         *Shared // nil where nobody else has a dashboard on the same poller
	// Pace knows which tasks are slow; SlowAfter is from when on a task counts as slow
	// whose endpoint has too few finished ones to judge by, 0 for never.
	Pace      *insight.Pace
	SlowAfter time.Duration

	posted []tea.Msg
}

func (e *Env) Observe(u poller.Update) {
	e.Polling = u
	e.Polling.Tasks, e.Polling.Payloads = nil, nil // of memory
	for _, p := range u.Payloads {
		e.Submissions[p.Number] = p
	}
}

// Post sends messages to the other components. They get them in this order, before the
// screen is drawn.
func (e *Env) Post(msgs ...tea.Msg) { e.posted = append(e.posted, msgs...) }

func (e *Env) Take() []tea.Msg {
	posted := e.posted
	e.posted = nil
	return posted
}

// Say shows a notice in place of the one that stands, as what the user did is answered at once.
// Mention shows what came by itself: it waits behind a bad notice that nobody can have read yet.
func (e *Env) Say(level views.Level, text string) { e.Post(Say{Level: level, Text: text}) }
func (e *Env) Mention(level views.Level, text string) {
	e.Post(Say{Level: level, Text: text, Late: true})
}

// Toggle shows something in the table's place, or the table again.
func (e *Env) Toggle(f views.Focus) {
	if e.Area == f {
		e.Post(Release{Focus: f})
		return
	}
	e.Post(Take{Focus: f})
}

// Live returns how many tasks have not ended, Failed how many have failed, and Unknown of
// how many it can't be known how they ended.
func (e *Env) Live() int {
	return views.TabQueued.Count(e.Tasks.Counts()) + views.TabRunning.Count(e.Tasks.Counts())
}
func (e *Env) Failed() int  { return views.TabFailed.Count(e.Tasks.Counts()) }
func (e *Env) Unknown() int { return views.TabUnknown.Count(e.Tasks.Counts()) }

// Slow reports whether a live task runs or waits far longer than others did, and why. While
// polls bring no answer that is as of the last one.
func (e *Env) Slow(t *poller.Task) (is bool, why string) {
	if is, why = e.Pace.Slow(t, e.Now, e.SlowAfter); is && !e.answered(t) {
		return e.Pace.Slow(t, t.Seen, e.SlowAfter)
	}
	return is, why
}

// Expect returns how long tasks such as a live one usually run, and in how long one that waits
// will begin to; 0 for not known.
func (e *Env) Expect(t *poller.Task) (usual, starts time.Duration) {
	if usual, starts = e.Pace.Expect(t, e.Now); starts > 0 && !e.answered(t) {
		starts = 0
	}
	return usual, starts
}

func (e *Env) answered(t *poller.Task) bool { return e.Answers(e.host(t), t.Request.Endpoint) }

// host returns the state of a task's host, the zero value where none is known.
func (e *Env) host(t *poller.Task) poller.HostStatus {
	for _, h := range e.Polling.Hosts {
		if h.Base.Origin() == t.Request.Base.Origin() {
			return h
		}
	}
	return poller.HostStatus{}
}

// Answers reports whether polls of a host bring answers of an endpoint, or of all for "". While
// they do not, what was expected by the last answers says nothing.
func (e *Env) Answers(h poller.HostStatus, endpoint string) bool {
	concerns := func(name string) bool { return endpoint == "" || name == endpoint }
	return !e.Polling.Paused && !e.Polling.Persistence.Silent && h.Stopped == nil && h.Outage == nil && h.Silent == 0 &&
		!slices.ContainsFunc(h.Troubles, func(t poller.EndpointTrouble) bool { return concerns(t.Endpoint) && !t.Held }) &&
		!slices.ContainsFunc(h.Forbidden, func(f poller.Forbidden) bool { return concerns(f.Endpoint) })
}

// Waits says why a live task is not asked now: what its host or its endpoint is in trouble
// with, in fewer and fewer words; nil if they are not.
func (e *Env) Waits(task *poller.Task) []string {
	h := e.host(task)
	switch {
	case h.Stopped != nil:
		return []string{"waits for a key"}
	case h.Outage != nil && h.Outage.Kind == queue.Missing:
		return nil // the task's own answer says more
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

// Seqs returns the Seqs of those tasks for which keep holds.
func Seqs(tasks []*poller.Task, keep func(*poller.Task) bool) []int32 {
	var seqs []int32
	for _, t := range tasks {
		if keep(t) {
			seqs = append(seqs, t.Seq)
		}
	}
	return seqs
}

// Shared is what a dashboard has to do with others on the same poller.
type Shared struct {
	// Refuse returns why a key does nothing here, "" where it does something. The key, and
	// what it does, are as the help describes them, which then leaves the key out.
	Refuse func(key, does string) string
	Peers  func() []Peer // who is connected, the first to come first
}

// Peer is somebody who has a dashboard on the same poller.
type Peer struct {
	Name, Role, From string
	Since            time.Time
	Self             bool // the dashboard is the peer's own
}

// May reports whether a key, as the help names it, does something here.
func (e *Env) May(key string) bool { return e.Shared == nil || e.Shared.Refuse(key, "") == "" }

// Submissions has the payloads of the session, by number, as the poller last reported them.
type Submissions map[int64]*poller.Payload

// In returns the numbers of the payloads in a state.
func (s Submissions) In(state poller.PayloadState) (numbers []int64) {
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

// Pending returns how many payloads are yet to be submitted.
func (s Submissions) Pending() int {
	counts := s.Counts()
	return counts[poller.PayloadWaiting] + counts[poller.PayloadSending]
}
