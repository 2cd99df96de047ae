package poller

import (
	"context"
	"slices"
	"sync"
	"time"

	"polltop/poller/signal"
)

// tick is how often changes are handed out at most: about thirty times a
// second, which is as often as a screen is drawn.
const tick = 33 * time.Millisecond

// sortLeast is how many changes may wait in any order.
const sortLeast = 1024

// Update is what changed since the last one.
type Update struct {
	// Tasks are the tasks that changed, each once, in the order of addition.
	Tasks []*Task
	// Cancels are what services said to requests to cancel.
	Cancels []CancelReport
	// Hosts is how each host fares, in the order in which they came up.
	Hosts []HostStatus
	// Paused says that polling is paused.
	Paused bool
	// Stats counts what was asked since the start.
	Stats Stats
	// Dropped are tasks that another process stopped tracking.
	Dropped []int32
	// Persistence tells how the tasks are kept.
	Persistence Persistence
	// StoreErr is why what changed could not be put on disk; nil where it was, or
	// where nothing is.
	StoreErr error
}

// Stats counts requests since the start.
type Stats struct {
	Requests    uint64 // all that were made
	Polls       uint64 // those for a task's status
	Answers     uint64 // answers about a task that came
	RateLimited uint64 // 429s
	Faults      uint64 // all polls without an answer, 429s included
	InFlight    int    // requests under way
}

// Plus returns what was asked in both; what is under way is that of other.
func (s Stats) Plus(other Stats) Stats {
	return Stats{
		Requests: s.Requests + other.Requests, Polls: s.Polls + other.Polls, Answers: s.Answers + other.Answers,
		RateLimited: s.RateLimited + other.RateLimited, Faults: s.Faults + other.Faults, InFlight: other.InFlight,
	}
}

// outbox collects what changed until it is fetched. The poller's goroutine puts
// in, the reader takes out; neither waits for the other.
type outbox struct {
	mu sync.Mutex
	// tasks are those that changed, in the order in which they did. The first
	// sorted of them are in that of addition, each once.
	tasks    []*Task
	sorted   int
	canceled []CancelReport
	hosts    []HostStatus
	paused   bool
	stats    Stats
	quiet    bool          // nothing more is to come within a tick
	changed  signal.Signal // set while there is something to take
	last     time.Time     // when the last update was handed out; the reader's
}

func newOutbox() *outbox {
	return &outbox{changed: signal.New()}
}

// put adds changed tasks, what came of cancelations, and the present state of
// the hosts. Where it is quiet the reader need not wait for more.
func (o *outbox) put(tasks []*Task, canceled []CancelReport, hosts []HostStatus, paused bool, stats Stats, quiet bool) {
	o.mu.Lock()
	o.quiet = quiet
	o.tasks = append(o.tasks, tasks...)
	if len(o.tasks) > 2*o.sorted+sortLeast {
		o.sort() // so that what nobody fetches does not grow with each change
	}
	o.canceled = append(o.canceled, canceled...)
	o.hosts, o.paused, o.stats = hosts, paused, stats
	o.mu.Unlock()
	o.changed.Set()
}

// next waits until something has changed and, while more is to come, a tick has passed
// since the last update, and returns all that changed by then. It returns false when
// ctx ends.
func (o *outbox) next(ctx context.Context) (Update, bool) {
	select {
	case <-o.changed:
	case <-ctx.Done():
		return Update{}, false
	}
	for {
		wait := time.Until(o.last.Add(tick))
		if wait <= 0 || o.isQuiet() {
			break
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-o.changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return Update{}, false
		}
	}
	o.last = time.Now()
	return o.take(), true
}

// isQuiet reports whether nothing more is to come soon.
func (o *outbox) isQuiet() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.quiet
}

// take empties the outbox.
func (o *outbox) take() Update {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sort()
	u := Update{Cancels: o.canceled, Hosts: o.hosts, Paused: o.paused, Stats: o.stats, Tasks: o.tasks}
	o.tasks, o.sorted, o.canceled = nil, 0, nil
	o.changed.Clear() // set before the lock was acquired: that change is taken
	return u
}

// sort puts the tasks in the order of addition, and leaves the latest of each.
func (o *outbox) sort() {
	// A task's number with its place behind it: plain numbers are sorted fastest,
	// and the last of equal ones is the latest.
	keys := make([]uint64, len(o.tasks))
	for i, t := range o.tasks {
		keys[i] = uint64(t.Seq)<<32 | uint64(i)
	}
	slices.Sort(keys)
	sorted := make([]*Task, 0, len(keys))
	for i, key := range keys {
		if i+1 == len(keys) || keys[i+1]>>32 != key>>32 {
			sorted = append(sorted, o.tasks[uint32(key)])
		}
	}
	o.tasks, o.sorted = sorted, len(sorted)
}
