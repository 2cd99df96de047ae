package poller

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"polltop/poller/queue"
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

// HostStatus is the state of one host.
type HostStatus struct {
	Base *queue.Base
	// Live counts the host's tasks that have not ended.
	Live int
	// Rate is the most requests/s that are made now; after a 429 it is below
	// Most, the configured one, for a while.
	Rate, Most float64
	// Hold is the end of the pause that the host asked for; 0 for none.
	Hold Stamp
	// Ends estimates when the live tasks will have ended; zero where too little is known.
	Ends Ends
	// Outage is why the host counts as unreachable, Since the time of the first failure
	// and Probe that of the next probe. Outage is nil while it is reachable.
	Outage       *queue.Fault
	Since, Probe Stamp
	// Troubles are the endpoints in trouble while the host itself is not, in the order of
	// first use.
	Troubles []EndpointTrouble
	// Stopped is the refusal of the key that stopped all requests to the host.
	Stopped *queue.Fault
	// Forbidden are the endpoints that the key may not use, in order.
	Forbidden []Forbidden
	// Silent is since when requests have brought no answer at all; 0 before that has
	// lasted for some seconds.
	Silent Stamp
	// Unknown are the addresses of the queues where every answer so far was 404.
	Unknown []string
}

// EndpointTrouble is an endpoint of which several tasks fail and none is answered, or that
// asked for a pause. Its tasks wait until a request to it is answered.
type EndpointTrouble struct {
	Endpoint string
	// Fault is the last failure.
	Fault *queue.Fault
	// Since is when the trouble began, Probe the time of the next probe.
	Since, Probe Stamp
	// Held is set where the service asked to wait until Probe.
	Held bool
}

// Ends is when all of a host's live tasks are expected to have ended: at one time
// in ten before Low, as likely before Median as after it, and at one time in ten
// after High.
type Ends struct{ Low, Median, High Stamp }

// estimating is the least time between two estimates, because each takes as long as
// hundreds of polls.
const estimating = 2 * time.Second

// Forbidden is an endpoint that the key may not use, and what the service said.
type Forbidden struct {
	Endpoint string
	Fault    *queue.Fault
}

// status returns the host's state for the screen.
func (h *host) status(now time.Duration) HostStatus {
	wall := h.poller.stamp
	s := HostStatus{Base: h.base, Live: h.live, Rate: h.pace.now(), Most: h.pace.most, Stopped: h.stopped}
	if h.estimated == 0 || now >= h.estimated+estimating {
		h.estimated = max(now, 1)
		h.ends, h.foreseen = h.plan.Estimate(now)
	}
	if h.foreseen && h.live > 0 {
		s.Ends = Ends{wall(h.ends.Low), wall(h.ends.Median), wall(h.ends.High)}
	}
	if h.until > now {
		s.Hold = wall(h.until)
	}
	if h.trouble != nil && h.cause != keyRefused {
		s.Outage, s.Since, s.Probe = h.trouble, wall(h.since), wall(h.probeAt)
	}
	if h.silent {
		s.Silent = wall(h.asked)
	}
	for _, e := range h.endpoints {
		h.addEndpoint(&s, e, now)
	}
	slices.SortFunc(s.Forbidden, func(a, b Forbidden) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	return s
}

// addEndpoint adds to the host's state what keeps the tasks of an endpoint from being polled.
func (h *host) addEndpoint(s *HostStatus, e *endpoint, now time.Duration) {
	wall := h.poller.stamp
	if h.trouble == nil && e.trouble != nil && e.refusals == 0 {
		s.Troubles = append(s.Troubles, EndpointTrouble{e.name, e.trouble, wall(e.since), wall(e.probeAt), e.held(now)})
	}
	if !e.known && e.deniedAt != "" {
		s.Unknown = append(s.Unknown, e.deniedAt)
	}
	if e.forbidden != nil {
		s.Forbidden = append(s.Forbidden, Forbidden{e.name, e.forbidden})
	}
}

// Tracker has the methods by which tasks are tracked and shown: those of a Poller, and of a
// session.Session, which follows what another process polls.
type Tracker interface {
	Next(ctx context.Context) (Update, bool)
	Track(requests []queue.Request) Tracked
	Untrack(seqs ...int32) []*Task
	Restore(tasks []*Task) []*Task
	PollNow(seqs ...int32)
	Fetch(seq int32)
	FetchLogs(seq int32)
	Cancel(seqs ...int32)
	DropCancels(seqs ...int32)
	ClaimHook(seq int32) bool
	TogglePause()
	Unblock()
	SetViewed(opened int32, visible []int32)
	Body(seq int32) ([]byte, bool)
	Result(seq int32) (Fetched, bool)
	Logs(seq int32) []queue.LogLine
	// AddPayloads has the payloads submitted that next returns with their parameters, until
	// io.EOF, and Input returns the parameters in one.
	AddPayloads(next func() (*Payload, []byte, error)) (n int, err error)
	Input(number int64) ([]byte, bool)
	Resubmit(numbers ...int64) int
	GiveUp(numbers ...int64)
}

// Runner is a Tracker that is yet to run: Run returns when ctx ends, once all that is known
// is where it is kept.
type Runner interface {
	Tracker
	Run(ctx context.Context)
}
