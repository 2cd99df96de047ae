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
	// Stats counts the requests since the start.
	Stats Stats
	// Dropped are the Seqs of tasks that another process stopped tracking.
	Dropped []int32
	// Persistence is how the tasks are stored.
	Persistence Persistence
	// StoreErr is why the changes are not on disk; nil for success or no store.
	StoreErr error
}

// Stats counts requests since the start.
type Stats struct {
	Requests    uint64 // all that were sent
	Polls       uint64 // those for a task's status
	Answers     uint64 // polls with an answer
	RateLimited uint64 // 429s to any request
	Faults      uint64 // polls without an answer, 429s included
	InFlight    int
}

// Plus returns the sums of both; InFlight is that of other.
func (s Stats) Plus(other Stats) Stats {
	return Stats{
		Requests: s.Requests + other.Requests, Polls: s.Polls + other.Polls, Answers: s.Answers + other.Answers,
		RateLimited: s.RateLimited + other.RateLimited, Faults: s.Faults + other.Faults, InFlight: other.InFlight,
	}
}

// outbox collects changes until Next returns them, so that the poller's goroutine and the reader
// do not wait for each other.
type outbox struct {
	signal     signal.Signal // set while there are changes
	lastUpdate time.Time     // when next last returned; the reader owns it

	mu       sync.Mutex
	tasks    map[int32]*Task    // the changed ones by Seq
	payloads map[int64]*Payload // the changed ones by Number
	update   Update             // all else
}

func newOutbox() *outbox {
	return &outbox{signal: signal.New(), tasks: map[int32]*Task{}, payloads: map[int64]*Payload{}}
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
	o.signal.Set()
}

// next waits until something has changed and, while requests are in flight, a tick has passed
// since the last update, and returns all changes. It returns false when ctx ends.
func (o *outbox) next(ctx context.Context) (Update, bool) {
	select {
	case <-o.signal:
	case <-ctx.Done():
		return Update{}, false
	}
	for tickOver := time.After(time.Until(o.lastUpdate.Add(tick))); o.busy(); {
		select {
		case <-o.signal:
			continue
		case <-tickOver:
		case <-ctx.Done():
			return Update{}, false
		}
		break
	}
	o.lastUpdate = time.Now()
	return o.drain(), true
}

// busy reports whether requests are in flight, so that more changes will follow soon.
func (o *outbox) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.update.Stats.InFlight > 0
}

// drain empties the outbox. The tasks are in the order of addition.
func (o *outbox) drain() Update {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.update
	u.Tasks = slices.SortedFunc(maps.Values(o.tasks), func(a, b *Task) int { return cmp.Compare(a.Seq, b.Seq) })
	u.Payloads = slices.SortedFunc(maps.Values(o.payloads), func(a, b *Payload) int { return cmp.Compare(a.Number, b.Number) })
	o.tasks, o.payloads, o.update.Cancels, o.update.Dropped = map[int32]*Task{}, map[int64]*Payload{}, nil, nil
	o.signal.Clear() // put may have set it after next received it
	return u
}

// HostStatus is the state of one host.
type HostStatus struct {
	Base *queue.Base
	// Live counts the host's tasks that have not ended.
	Live int
	// Rate bounds the requests/s now, MaxRate is the configured bound. Rate is lower for a while
	// after a 429.
	Rate, MaxRate float64
	// HoldUntil is the end of the time in which the host may not be polled, because of a
	// Retry-After or a 429; 0 for none.
	HoldUntil Stamp
	// Ends estimates when the live tasks will have ended; zero where too little is known.
	Ends EndEstimate
	// Outage is why the host is in trouble, nil while it is not. NextProbe is the time of the
	// next probe.
	Outage    *queue.Fault
	NextProbe Stamp
	// Troubles are the endpoints in trouble, in the order of first use; none while the host
	// itself is.
	Troubles []EndpointTrouble
	// Stopped is the refusal of the key that ended all requests to the host.
	Stopped *queue.Fault
	// Forbidden are the endpoints that the key may not use, by name.
	Forbidden []Forbidden
	// SilentSince is when the first request since the last answer was sent, set a few seconds
	// later; 0 for none.
	SilentSince Stamp
	// NotFoundQueues are the addresses of the queues where every answer so far was 404.
	NotFoundQueues []string
}

// EndpointTrouble is an endpoint of which several tasks fail and none is answered, or that
// asked for a pause. Its tasks wait until a request to it is answered.
type EndpointTrouble struct {
	Endpoint string
	// Fault is the last failure.
	Fault *queue.Fault
	// NextProbe is the time of the next probe.
	NextProbe Stamp
	// Held is set if NextProbe is the end of a Retry-After.
	Held bool
}

// EndEstimate estimates when all of a host's live tasks will have ended: Low, Median and High are the
// times at which they have with a chance of 10, 50 and 90 %.
type EndEstimate struct{ Low, Median, High Stamp }

// estimateEvery is the least time between two estimates: each takes as much CPU as hundreds of
// polls.
const estimateEvery = 2 * time.Second

// Forbidden is an endpoint that the key may not use, with the service's 403.
type Forbidden struct {
	Endpoint string
	Fault    *queue.Fault
}

// status returns the host's state for the screen.
func (h *host) status(now time.Duration) HostStatus {
	wall := h.poller.stamp
	s := HostStatus{Base: h.base, Live: h.live, Rate: h.pace.perSecond(), MaxRate: h.pace.configured, Stopped: h.stopped}
	if h.estimatedAt == 0 || now >= h.estimatedAt+estimateEvery {
		h.estimatedAt = max(now, 1)
		h.estimate, h.estimateKnown = h.plan.Estimate(now)
	}
	if h.estimateKnown && h.live > 0 {
		s.Ends = EndEstimate{wall(h.estimate.Low), wall(h.estimate.Median), wall(h.estimate.High)}
	}
	if h.holdUntil > now {
		s.HoldUntil = wall(h.holdUntil)
	}
	if h.trouble != nil && h.cause != keyRefused {
		s.Outage, s.NextProbe = h.trouble, wall(h.nextProbe)
	}
	if h.silenceReported {
		s.SilentSince = wall(h.unansweredSince)
	}
	for _, e := range h.endpoints {
		h.addEndpoint(&s, e, now)
	}
	slices.SortFunc(s.Forbidden, func(a, b Forbidden) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	return s
}

// addEndpoint adds to the host's state why tasks of an endpoint are not polled.
func (h *host) addEndpoint(s *HostStatus, e *endpoint, now time.Duration) {
	wall := h.poller.stamp
	if h.trouble == nil && e.trouble != nil && e.keyRefusals == 0 {
		s.Troubles = append(s.Troubles, EndpointTrouble{e.name, e.trouble, wall(e.nextProbe), e.held(now)})
	}
	if !e.confirmed && e.notFoundURL != "" {
		s.NotFoundQueues = append(s.NotFoundQueues, e.notFoundURL)
	}
	if e.forbidden != nil {
		s.Forbidden = append(s.Forbidden, Forbidden{e.name, e.forbidden})
	}
}

// Tracker is implemented by Poller, and by session.Session, whose tasks another process may poll.
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
	Result(seq int32) (FetchedResult, bool)
	Logs(seq int32) []queue.LogLine
	// AddPayloads submits the payloads that next returns with their parameters, until io.EOF.
	AddPayloads(next func() (*Payload, []byte, error)) (n int, err error)
	Input(number int64) ([]byte, bool)
	Resubmit(numbers ...int64) int
	GiveUp(numbers ...int64)
}

// Runner is a Tracker with the method that polls. Run returns when ctx has ended and all
// changes are stored.
type Runner interface {
	Tracker
	Run(ctx context.Context)
}
