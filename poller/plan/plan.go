package plan

import (
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Never is after all other times.
const Never = time.Duration(math.MaxInt64)

// State is the last known state of a task.
type State uint8

const (
	NotPolled State = iota // there was no answer yet
	Queued                 // it waits at the service
	Running                // it is being worked on
	Ended                  // with success or without
)

// Observation is what an answer reports of a task.
type Observation struct {
	State      State
	Inference  time.Duration // the run time that the service reports; negative for none
	Position   int           // how many tasks the service will start before it; 0 or less if it is not reported
	RetryAfter time.Duration // how long the service asks to wait before the next poll; 0 for none
}

// Planner chooses which task of one host to poll next. Times are since a start of the caller's choice.
type Planner struct {
	// Admits reports whether the tasks of an endpoint may be polled now; nil admits all.
	Admits func(endpoint string) bool

	interval  time.Duration
	tasks     map[int32]*task // by seq
	endpoints []*endpoint
	byName    map[string]*endpoint
	admitted  []*endpoint // those that Admits admitted last

	urgent        []int32 // seqs that the user asked for, in that order
	opened        int32   // the seq of the task that the user has open, -1 for none
	visible       []int32 // the seqs on the screen
	sawQueued     bool    // a task was seen to wait
	lastWasOpened bool    // the last poll was of the opened task
	newTaskTokens float64 // polls that may be made of tasks because they are new
	offered       *task   // the task that Next returned last
	offeredFor    reason  // why it did

	requestTime  time.Duration // the time for one request at the rate
	pollAllTime  time.Duration // the time for polling all tasks once at the rate
	roundTime    time.Duration // how long a round lasts: pollAllTime with a lower bound
	rateIsAmple  bool          // all tasks can be polled once an interval
	backlog      time.Duration // how long after its key the last task was polled that was due
	price        price
	refreshLimit *rate.Limiter // of keys computed anew for polls
	turnLimit    *rate.Limiter // of keys computed anew in turn
	nextEndpoint int           // index in admitted of the endpoint whose keys are refreshed next
	nextTask     int           // index in its queue due
}

// New returns a planner without tasks. The interval is the least time between two polls of one task; 0 for none. The shorter it
// is, the less a poll must be worth.
func New(interval time.Duration) *Planner {
	p := &Planner{
		interval: interval, tasks: map[int32]*task{}, byName: map[string]*endpoint{},
		opened: -1, newTaskTokens: newTaskAllowance, roundTime: minRound,
		refreshLimit: rate.NewLimiter(refreshesPerSecond, refreshesPerSecond), turnLimit: rate.NewLimiter(refreshesPerSecond, refreshesPerSecond),
	}
	// Bounded, or a long interval, as for polling each task once, would delay the tasks without an answer.
	floor := floorPerSecond * min(max(interval, wakeEvery), maxRounds*minRound).Seconds()
	p.price = price{now: floor, floor: floor, idleSince: -1}
	return p
}

// Live returns the number of tasks.
func (p *Planner) Live() int { return len(p.tasks) }

// LiveAt returns the number of tasks of an endpoint.
func (p *Planner) LiveAt(endpoint string) int {
	if e := p.byName[endpoint]; e != nil {
		return e.live
	}
	return 0
}

// Track adds a task with its last known state, how long ago that was reported, and how long ago the task started if it runs. The
// state is NotPolled unless the task is of an earlier run of the program, or was removed for a while. Seqs give the order of
// submission. They should be added in it: one that is lower than others of its endpoint takes time in proportion to their number.
// Track does nothing if the task is there.
func (p *Planner) Track(seq int32, endpoint string, s State, seenAgo, startedAgo time.Duration, now time.Duration) {
	if p.tasks[seq] != nil || seq < 0 {
		return
	}
	e := p.byName[endpoint]
	if e == nil {
		e = newEndpoint(endpoint)
		p.byName[endpoint] = e
		p.endpoints = append(p.endpoints, e)
	}
	t := &task{seq: seq, endpoint: e, state: s, fresh: true, lastSeen: now, waitingSince: now}
	p.tasks[seq] = t
	e.add(t)
	switch s {
	case Queued:
		t.lastSeen = now - seenAgo
		e.sawQueued, p.sawQueued = true, true
	case Running:
		t.lastSeen = now - seenAgo
		t.earliestStart = min(now-startedAgo, t.lastSeen)
		t.latestStart = t.earliestStart
		e.frontier = max(e.frontier, e.indexOf(t)+1)
	}
	p.enqueue(t, now) // its key is computed when it comes first, because many tasks may be added at once
}

// Remove removes a task, which may be in flight.
func (p *Planner) Remove(seq int32) {
	if t := p.tasks[seq]; t != nil {
		p.dequeue(t)
		t.removed = true
		t.endpoint.remove()
		delete(p.tasks, seq)
	}
}

// enqueue adds a task to the queues of those that wait to be polled, with a key.
func (p *Planner) enqueue(t *task, at time.Duration) {
	t.endpoint.due.add(t, at)
	t.times[deadline] = 0
	t.endpoint.farDeadlines.add(t, p.deadlineOf(t))
}

// dequeue removes a task from the queues that it is in.
func (p *Planner) dequeue(t *task) {
	if p.offered == t {
		p.offered = nil
	}
	switch e := t.endpoint; {
	case t.inFlight:
	case t.failed:
		e.retries.remove(t)
	default:
		e.due.remove(t)
		e.farDeadlines.remove(t)
		e.nearDeadlines.remove(t)
	}
	t.failed = false
}

// DueAt returns when a task that waits is expected to be polled; 0 for any other task.
func (p *Planner) DueAt(seq int32) time.Duration {
	if t := p.tasks[seq]; t != nil && !t.inFlight {
		return t.times[key]
	}
	return 0
}

// Prioritize has a task polled before all others, because the user asked for it. One that is in flight is polled once more after
// the answer.
func (p *Planner) Prioritize(seq int32) {
	if t := p.tasks[seq]; t != nil && !t.urgent {
		t.urgent = true
		p.urgent = append(p.urgent, seq)
	}
}

// SetViewed sets which task the user has open, -1 for none, and which are on the screen. The opened one is polled as often as the
// interval allows, those on the screen a little more often than others.
func (p *Planner) SetViewed(opened int32, visible []int32) {
	p.opened, p.visible = opened, slices.Clone(visible)
}
