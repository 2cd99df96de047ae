package poller

import (
	"context"
	"slices"
	"sync"
	"time"
)

// tick is how often changes are handed out at most: about thirty times a
// second, which is as often as a screen is drawn.
const tick = 33 * time.Millisecond

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
	// Keeping tells how the tasks are kept.
	Keeping Keeping
	// Unkept is why what changed could not be put on disk; nil where it was, or
	// where nothing is.
	Unkept error
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
	mu       sync.Mutex
	tasks    map[int32]*Task
	canceled []CancelReport
	hosts    []HostStatus
	paused   bool
	stats    Stats
	changed  chan struct{} // holds a token while there is something to take
	last     time.Time     // when the last update was handed out; the reader's
}

func newOutbox() *outbox {
	return &outbox{tasks: map[int32]*Task{}, changed: make(chan struct{}, 1)}
}

// put adds changed tasks, what came of cancelations, and the present state of
// the hosts.
func (o *outbox) put(tasks []*Task, canceled []CancelReport, hosts []HostStatus, paused bool, stats Stats) {
	o.mu.Lock()
	for _, t := range tasks {
		o.tasks[t.Seq] = t
	}
	o.canceled = append(o.canceled, canceled...)
	o.hosts, o.paused, o.stats = hosts, paused, stats
	o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

// next waits until something has changed and a tick has passed since the last
// update, and returns all that changed by then. It returns false when ctx ends.
func (o *outbox) next(ctx context.Context) (Update, bool) {
	select {
	case <-o.changed:
	case <-ctx.Done():
		return Update{}, false
	}
	if wait := time.Until(o.last.Add(tick)); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return Update{}, false
		}
	}
	o.last = time.Now()
	return o.take(), true
}

// take empties the outbox.
func (o *outbox) take() Update {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := Update{Cancels: o.canceled, Hosts: o.hosts, Paused: o.paused, Stats: o.stats, Tasks: make([]*Task, 0, len(o.tasks))}
	for _, t := range o.tasks {
		u.Tasks = append(u.Tasks, t)
	}
	clear(o.tasks)
	o.canceled = nil
	select {
	case <-o.changed: // put before the lock was ours; what it brought is taken
	default:
	}
	slices.SortFunc(u.Tasks, func(a, b *Task) int { return int(a.Seq - b.Seq) })
	return u
}
