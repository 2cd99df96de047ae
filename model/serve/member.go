package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"polltop/model/actions"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/poller/signal"
	"polltop/views"
)

const (
	// membersMost bounds how many dashboards are open at once.
	membersMost = 128
	// updateLeast is the least time between two updates of a dashboard, each of which is a
	// frame. Where many are open it is longer, so that all of them have at most updatesMost
	// a second: with some 3 ms for an update and its frame that bounds them to 18 % of a core.
	// Keys do not wait for it.
	updateLeast = 100 * time.Millisecond
	updatesMost = 60
)

// member is the poller of one dashboard. It names every method, so that none changes
// anything for a viewer.
type member struct {
	poller poller.Tracker
	hub    *hub
	person person
	from   string
	since  time.Time

	changed   signal.Signal // set while there is something to fetch
	transfers signal.Signal // set when something has changed with the downloads
	last      time.Time     // when the last update was fetched; the reader's
	greeted   bool          // the first update was fetched; the reader's

	// Guarded by the hub's mutex.
	seen     uint64 // the number of the latest change that was fetched
	cancels  []poller.CancelReport
	opened   int32
	openedAt time.Time
	visible  []int32
}

// Next waits until something has changed, and returns all that changed by then. The first
// update has no tasks: those of the first are taken for tasks of an earlier run.
func (m *member) Next(ctx context.Context) (poller.Update, bool) {
	if !m.greeted {
		m.greeted = true
		m.changed.Set()
		m.hub.mu.Lock()
		defer m.hub.mu.Unlock()
		return m.hub.latest, ctx.Err() == nil
	}
	select {
	case <-m.changed:
	case <-ctx.Done():
		return poller.Update{}, false
	}
	every := max(updateLeast, time.Duration(m.hub.open())*time.Second/updatesMost)
	select {
	case <-time.After(time.Until(m.last.Add(every))):
	case <-ctx.Done():
		return poller.Update{}, false
	}
	m.last = time.Now()
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	m.changed.Clear()
	u := m.hub.since(m.seen)
	u.Cancels, m.cancels, m.seen = m.cancels, nil, m.hub.number
	return u, true
}

// may reports whether the member may change something, and logs that it does.
func (m *member) may(format string, args ...any) bool {
	if m.person.role != operator {
		return false
	}
	m.hub.log(m.person.name + " " + fmt.Sprintf(format, args...))
	return true
}

// Body, Result and Logs return what is known of a task, Fetch and FetchLogs have it fetched.
func (m *member) Body(seq int32) ([]byte, bool)                 { return m.poller.Body(seq) }
func (m *member) Result(seq int32) (poller.FetchedResult, bool) { return m.poller.Result(seq) }
func (m *member) Logs(seq int32) []queue.LogLine                { return m.poller.Logs(seq) }
func (m *member) Fetch(seq int32)                               { m.poller.Fetch(seq) }
func (m *member) FetchLogs(seq int32)                           { m.poller.FetchLogs(seq) }

// SetViewed says which task the user has open, -1 for none, and which are on the screen.
func (m *member) SetViewed(opened int32, visible []int32) {
	m.hub.mu.Lock()
	m.opened, m.openedAt, m.visible = opened, time.Now(), visible
	m.hub.mu.Unlock()
	m.hub.look()
}

// Track adds requests, PollNow asks for tasks at once, TogglePause pauses all polling or
// resumes it, and Unblock tries again what was refused.
func (m *member) Track(requests []queue.Request) poller.Tracked {
	if !m.may("adds %s", views.Plural(len(requests), "request")) {
		return poller.Tracked{First: -1}
	}
	return m.poller.Track(requests)
}

func (m *member) PollNow(seqs ...int32) {
	if m.may("asks for %s", views.Plural(len(seqs), "task")) {
		m.poller.PollNow(seqs...)
	}
}

func (m *member) TogglePause() {
	if m.may("pauses polling or resumes it") {
		m.poller.TogglePause()
	}
}

func (m *member) Unblock() {
	if m.may("has the key read again") {
		m.poller.Unblock()
	}
}

// Cancel asks the service to cancel tasks. What it answers is reported to this member.
func (m *member) Cancel(seqs ...int32) {
	if !m.may("cancels %s", views.Plural(len(seqs), "task")) {
		return
	}
	m.hub.mu.Lock()
	for _, seq := range seqs {
		m.hub.cancels[seq] = m
	}
	m.hub.mu.Unlock()
	m.poller.Cancel(seqs...)
}

// DropCancels takes back cancels that have no answer.
func (m *member) DropCancels(seqs ...int32) {
	if m.may("takes %s back", views.Plural(len(seqs), "cancel")) {
		m.poller.DropCancels(seqs...)
	}
}

// AddPayloads submits payloads. Input returns the parameters in one to who may submit it.
func (m *member) AddPayloads(next func() (*poller.Payload, []byte, error)) (int, error) {
	if !m.may("submits payloads") {
		return 0, errors.New("submitting is for operators")
	}
	return m.poller.AddPayloads(next)
}

func (m *member) Input(number int64) ([]byte, bool) {
	if m.person.role != operator {
		return nil, false
	}
	return m.poller.Input(number)
}

// Resubmit submits payloads again, and GiveUp has payloads not sent any more.
func (m *member) Resubmit(numbers ...int64) int {
	if !m.may("submits %s again", views.Plural(len(numbers), "payload")) {
		return 0
	}
	return m.poller.Resubmit(numbers...)
}

func (m *member) GiveUp(numbers ...int64) {
	if m.may("gives up %s", views.Plural(len(numbers), "payload")) {
		m.poller.GiveUp(numbers...)
	}
}

// ClaimHook returns false: no dashboard runs a hook.
func (m *member) ClaimHook(int32) bool { return false }

// Untrack stops tracking tasks, for all members.
func (m *member) Untrack(seqs ...int32) []*poller.Task {
	if !m.may("removes %s", views.Plural(len(seqs), "task")) {
		return nil
	}
	gone := m.poller.Untrack(seqs...)
	m.hub.removed(gone)
	return gone
}

// Restore tracks tasks again that Untrack returned: the next update brings them to all members.
func (m *member) Restore(tasks []*poller.Task) []*poller.Task {
	if !m.may("brings %s back", views.Plural(len(tasks), "task")) {
		return nil
	}
	m.hub.mu.Lock()
	for _, t := range tasks {
		delete(m.hub.gone, t.Seq) // else snapshots that come would be passed over
	}
	m.hub.mu.Unlock()
	return m.poller.Restore(tasks)
}

// transfers are the downloads as one member sees them: to the server's directory.
type transfers struct {
	actions.Downloader
	*member
}

func (t transfers) Changed() <-chan struct{} { return t.member.transfers }
func (t transfers) Add(jobs ...download.Job) int {
	if !t.may("downloads %s", views.Plural(len(jobs), "output")) {
		return 0
	}
	return t.Downloader.Add(jobs...)
}
