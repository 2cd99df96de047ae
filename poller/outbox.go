package poller

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"polltop/poller/signal"
)

// tick is the least time between two updates, in the order of a screen's frame rate.
const tick = 33 * time.Millisecond

// Update holds the changes since the last one.
type Update struct {
	// Tasks are the tasks that changed, each once, in the order of addition.
	Tasks []*Task
	// Payloads are the payloads that changed, each once, in the order of addition.
	Payloads []*Payload
	// Cancels are the answers to requests to cancel.
	Cancels []CancelReport
	// Hosts is the state of each host, in the order of first use.
	Hosts []HostStatus
	// Paused says that polling is paused.
	Paused bool
	// Stats counts what was asked since the start.
	Stats Stats
	// Dropped are tasks that another process stopped tracking.
	Dropped []int32
	// Persistence is how the tasks are kept.
	Persistence Persistence
	// StoreErr is why the changes could not be put on disk; nil for success or no store.
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

// Plus returns the sums of both; InFlight is that of other.
func (s Stats) Plus(other Stats) Stats {
	return Stats{
		Requests: s.Requests + other.Requests, Polls: s.Polls + other.Polls, Answers: s.Answers + other.Answers,
		RateLimited: s.RateLimited + other.RateLimited, Faults: s.Faults + other.Faults, InFlight: other.InFlight,
	}
}

// outbox collects what changed until it is fetched. The poller's goroutine puts in, the
// reader takes out; neither waits for the other.
type outbox struct {
	changed signal.Signal // set while there is something to take
	last    time.Time     // when the last update was handed out; the reader's

	mu       sync.Mutex
	tasks    map[int32]*Task    // the latest of each that changed
	payloads map[int64]*Payload // the same
	update   Update             // without these
}

func newOutbox() *outbox {
	return &outbox{changed: signal.New(), tasks: map[int32]*Task{}, payloads: map[int64]*Payload{}}
}

// put adds changed and dropped tasks and answers to cancelations, and replaces the state of the
// hosts, the pause and the counts.
func (o *outbox) put(u Update) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, seq := range u.Dropped {
		delete(o.tasks, seq)
	}
	for _, t := range u.Tasks {
		o.tasks[t.Seq] = t
	}
	for _, payload := range u.Payloads {
		o.payloads[payload.Number] = payload
	}
	u.Tasks, u.Payloads, u.Cancels, u.Dropped = nil, nil, append(o.update.Cancels, u.Cancels...), append(o.update.Dropped, u.Dropped...)
	o.update = u
	o.changed.Set()
}

// next waits until something has changed and, while requests are under way, a tick has
// passed since the last update, and returns all that changed by then. It returns false
// when ctx ends.
func (o *outbox) next(ctx context.Context) (Update, bool) {
	select {
	case <-o.changed:
	case <-ctx.Done():
		return Update{}, false
	}
	for paused := time.After(time.Until(o.last.Add(tick))); o.busy(); {
		select {
		case <-o.changed:
			continue
		case <-paused:
		case <-ctx.Done():
			return Update{}, false
		}
		break
	}
	o.last = time.Now()
	return o.take(), true
}

// busy reports whether requests are under way, so that more is to come.
func (o *outbox) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.update.Stats.InFlight > 0
}

// take empties the outbox. The tasks are in the order of addition.
func (o *outbox) take() Update {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.update
	u.Tasks = slices.SortedFunc(maps.Values(o.tasks), func(a, b *Task) int { return cmp.Compare(a.Seq, b.Seq) })
	u.Payloads = slices.SortedFunc(maps.Values(o.payloads), func(a, b *Payload) int { return cmp.Compare(a.Number, b.Number) })
	o.tasks, o.payloads, o.update.Cancels, o.update.Dropped = map[int32]*Task{}, map[int64]*Payload{}, nil, nil
	o.changed.Clear() // set before the lock was acquired: that change is taken
	return u
}
