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
	// maxMembers bounds how many dashboards are open at once.
	maxMembers = 128
	// minUpdateInterval is the shortest time between two updates of a dashboard. It is longer if many
	// are open, so that all of them together have at most maxUpdateRate updates a second: with some 3 ms
	// for an update and its frame they use at most 18 % of a core. Keys don't wait for it.
	minUpdateInterval = 100 * time.Millisecond
	maxUpdateRate     = 60
)

// member is the poller.Tracker of one dashboard. It does not embed the poller's, so that every method
// checks that a viewer changes nothing.
type member struct {
	poller poller.Tracker
	hub    *hub
	person person
	from   string    // the address of the client
	since  time.Time // when it joined

	changed          signal.Signal // set while there is an update
	downloadsChanged signal.Signal
	lastUpdateAt     time.Time // when Next returned last; owned by its goroutine
	hasFirst         bool      // Next has returned the first update; owned by its goroutine

	// The hub's mutex guards these.
	seenVersion uint64                // the version that Next returned last
	cancels     []poller.CancelReport // the reports for the next update
	opened      int32                 // the Seq of the task that the user has open, common.NoTask for none
	openedAt    time.Time             // when opened or visible changed last
	visible     []int32               // the Seqs of the tasks on the screen
}

// Next waits until something has changed, and returns all changes. The first update has no tasks, because
// the dashboard takes tasks of the first update for those of an earlier run.
func (m *member) Next(ctx context.Context) (poller.Update, bool) {
	if !m.hasFirst {
		m.hasFirst = true
		m.changed.Set()
		m.hub.mu.Lock()
		defer m.hub.mu.Unlock()
		return m.hub.lastUpdate, ctx.Err() == nil
	}
	select {
	case <-m.changed:
	case <-ctx.Done():
		return poller.Update{}, false
	}
	every := max(minUpdateInterval, time.Duration(m.hub.memberCount())*time.Second/maxUpdateRate)
	select {
	case <-time.After(time.Until(m.lastUpdateAt.Add(every))):
	case <-ctx.Done():
		return poller.Update{}, false
	}
	m.lastUpdateAt = time.Now()
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	m.changed.Clear()
	u := m.hub.since(m.seenVersion)
	u.Cancels, m.cancels, m.seenVersion = m.cancels, nil, m.hub.version
	return u, true
}

// authorize reports whether the member may change something, and logs the change if so.
func (m *member) authorize(format string, args ...any) bool {
	if m.person.role != operator {
		return false
	}
	m.hub.log(m.person.name + " " + fmt.Sprintf(format, args...))
	return true
}

// Viewers may use these too.

func (m *member) Body(seq int32) ([]byte, bool)                 { return m.poller.Body(seq) }
func (m *member) Result(seq int32) (poller.FetchedResult, bool) { return m.poller.Result(seq) }
func (m *member) Logs(seq int32) []queue.LogLine                { return m.poller.Logs(seq) }
func (m *member) Fetch(seq int32)                               { m.poller.Fetch(seq) }
func (m *member) FetchLogs(seq int32)                           { m.poller.FetchLogs(seq) }

// SetViewed sets which task the user has open, common.NoTask for none, and which are on the screen.
func (m *member) SetViewed(opened int32, visible []int32) {
	m.hub.mu.Lock()
	m.opened, m.openedAt, m.visible = opened, time.Now(), visible
	m.hub.mu.Unlock()
	m.hub.reportViewed()
}

// Only operators may use these.

func (m *member) Track(requests []queue.Request) poller.Tracked {
	if !m.authorize("adds %s", views.Plural(len(requests), "request")) {
		return poller.Tracked{First: -1}
	}
	return m.poller.Track(requests)
}

func (m *member) PollNow(seqs ...int32) {
	if m.authorize("asks for %s", views.Plural(len(seqs), "task")) {
		m.poller.PollNow(seqs...)
	}
}

func (m *member) TogglePause() {
	if m.authorize("pauses polling or resumes it") {
		m.poller.TogglePause()
	}
}

func (m *member) Unblock() {
	if m.authorize("has the key read again") {
		m.poller.Unblock()
	}
}

// Cancel cancels tasks. The reports go to this member alone.
func (m *member) Cancel(seqs ...int32) {
	if !m.authorize("cancels %s", views.Plural(len(seqs), "task")) {
		return
	}
	m.hub.mu.Lock()
	for _, seq := range seqs {
		m.hub.cancelers[seq] = m
	}
	m.hub.mu.Unlock()
	m.poller.Cancel(seqs...)
}

func (m *member) DropCancels(seqs ...int32) {
	if m.authorize("takes %s back", views.Plural(len(seqs), "cancel")) {
		m.poller.DropCancels(seqs...)
	}
}

func (m *member) AddPayloads(next func() (*poller.Payload, []byte, error)) (int, error) {
	if !m.authorize("submits payloads") {
		return 0, errors.New("submitting is for operators")
	}
	return m.poller.AddPayloads(next)
}

// Input returns the parameters of a payload to operators, because they are needed to submit it again.
func (m *member) Input(number int64) ([]byte, bool) {
	if m.person.role != operator {
		return nil, false
	}
	return m.poller.Input(number)
}

func (m *member) Resubmit(numbers ...int64) int {
	if !m.authorize("submits %s again", views.Plural(len(numbers), "payload")) {
		return 0
	}
	return m.poller.Resubmit(numbers...)
}

func (m *member) GiveUp(numbers ...int64) {
	if m.authorize("gives up %s", views.Plural(len(numbers), "payload")) {
		m.poller.GiveUp(numbers...)
	}
}

// ClaimHook returns false because no dashboard runs a hook.
func (m *member) ClaimHook(int32) bool { return false }

// Untrack stops tracking tasks, for all members.
func (m *member) Untrack(seqs ...int32) []*poller.Task {
	if !m.authorize("removes %s", views.Plural(len(seqs), "task")) {
		return nil
	}
	removed := m.poller.Untrack(seqs...)
	m.hub.publishRemoval(removed)
	return removed
}

// Restore tracks tasks again that Untrack returned, for all members.
func (m *member) Restore(tasks []*poller.Task) []*poller.Task {
	if !m.authorize("brings %s back", views.Plural(len(tasks), "task")) {
		return nil
	}
	m.hub.mu.Lock()
	for _, t := range tasks {
		delete(m.hub.removedTasks, t.Seq) // so that the next snapshots are not ignored
	}
	m.hub.mu.Unlock()
	return m.poller.Restore(tasks)
}

// downloads is the Downloader of one member. It downloads to the server's directory.
type downloads struct {
	actions.Downloader
	*member
}

func (d downloads) Changed() <-chan struct{} { return d.member.downloadsChanged }
func (d downloads) Add(jobs ...download.Job) int {
	if !d.authorize("downloads %s", views.Plural(len(jobs), "output")) {
		return 0
	}
	return d.Downloader.Add(jobs...)
}
