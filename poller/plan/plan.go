package plan

import (
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Never is a time that does not come.
const Never = time.Duration(math.MaxInt64)

// State is what an answer says of a task.
type State uint8

const (
	NotPolled State = iota // no answer has come
	Queued                 // it waits at the service
	Running                // it is being worked on
	Ended                  // it has come to its end, in success or not
)

// Observation is what an answer reports of a task.
type Observation struct {
	State     State
	Inference time.Duration // how long it ran by the service's own account; negative if that was not reported
	Position  int           // how many tasks the service will start before it, 0 or less if it did not say
	Hint      time.Duration // how long the service asks to wait before the next poll, 0 for nothing
}

// Planner orders the tasks of one host by which is worth a request now. Times are since a start of the caller's choice.
type Planner struct {
	// Admits reports whether the tasks of an endpoint may be asked now; nil where all may.
	Admits func(endpoint string) bool

	interval  time.Duration
	tasks     map[int32]*task // by seq
	endpoints []*endpoint
	byName    map[string]*endpoint
	open      []*endpoint // those whose tasks may be asked

	urgent     []int32 // seqs that the user asked for, the first one first
	opened     int32   // the seq that the user has open, -1 for none
	visible    []int32 // seqs on the screen
	queued     bool    // a task of any endpoint was seen to wait
	openedLast bool    // the last request was for the opened task
	newTasks   float64 // requests that may be made for new tasks
	chosen     *task   // what Next returned last, for Dispatch
	chosenBy   reason  // why it did

	round, slot time.Duration // how long a round of all tasks lasts, and one request
	all         time.Duration // how long requests for all tasks take
	ample       bool          // all tasks can be asked within the interval
	backlog     time.Duration // how long after its key the last task was asked for its worth
	price       price
	looks       *rate.Limiter // at tasks, for requests
	inTurn      *rate.Limiter // at all tasks in turn
	turn        int           // the place in an endpoint's due.tasks that was looked at last
	turnOf      int           // and the place of that endpoint in open
}

// New returns a planner without tasks. The interval is the least time between two polls of one task, 0 for none: the shorter it
// is, the less a poll must be worth.
func New(interval time.Duration) *Planner {
	p := &Planner{
		interval: interval, tasks: map[int32]*task{}, byName: map[string]*endpoint{},
		opened: -1, newTasks: newTaskAllowance, round: leastRound,
		looks: rate.NewLimiter(looksPerSecond, looksPerSecond), inTurn: rate.NewLimiter(looksPerSecond, looksPerSecond),
	}
	// A longer interval, such as that of a planner which asks each task once, must not make the tasks without an answer wait.
	floor := floorPerSecond * min(max(interval, wakeEvery), mostRounds*leastRound).Seconds()
	p.price = price{now: floor, floor: floor, unmade: -1}
	return p
}

// Live returns how many tasks have not left.
func (p *Planner) Live() int { return len(p.tasks) }

// LiveAt returns how many tasks of an endpoint have not left.
func (p *Planner) LiveAt(endpoint string) int {
	if e := p.byName[endpoint]; e != nil {
		return e.live
	}
	return 0
}

// Track adds a task: its last known state, and how long ago that was reported and the task began to run, if it does. That is for
// tasks known from an earlier run of the program, or that were not to be asked for a while; of others the state is NotPolled. Seqs
// give the order of submission and are to be added in it: one that is lower than an earlier one of its endpoint costs time in
// proportion to their number. A task that is live already stays as it is.
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
	t := &task{seq: seq, endpoint: e, state: s, flags: fresh, seen: now, waiting: now}
	p.tasks[seq] = t
	e.enroll(t)
	switch s {
	case Queued:
		t.seen = now - seenAgo
		e.queued, p.queued = true, true
	case Running:
		t.seen = now - seenAgo
		t.from = min(now-startedAgo, t.seen)
		t.to = t.from
		e.frontier = max(e.frontier, e.placeOf(t)+1)
	}
	p.ready(t, now) // its key is computed when it comes first: of many that are added at once, most will have to wait
}

// Remove forgets a task, which may be in flight.
func (p *Planner) Remove(seq int32) {
	if t := p.tasks[seq]; t != nil {
		p.lift(t)
		t.set(gone)
		t.endpoint.withdraw()
		delete(p.tasks, seq)
	}
}

// ready puts a task into the queues of those that may be asked.
func (p *Planner) ready(t *task, at time.Duration) {
	t.endpoint.due.add(t, at)
	t.times[deadline] = 0
	t.endpoint.deadlines.add(t, p.deadlineOf(t))
}

// lift takes a task out of the queues that it is in, and ends what kept it from being asked.
func (p *Planner) lift(t *task) {
	if p.chosen == t {
		p.chosen = nil
	}
	switch e := t.endpoint; {
	case t.is(inFlight):
	case t.is(failed):
		e.retries.remove(t)
	default:
		e.due.remove(t)
		e.deadlines.remove(t)
		e.pressing.remove(t)
	}
	t.clear(failed)
}

// DueAt returns from when on a task that waits to be asked is expected to be worth a request; 0 for any other.
func (p *Planner) DueAt(seq int32) time.Duration {
	if t := p.tasks[seq]; t != nil && !t.is(inFlight) {
		return t.times[key]
	}
	return 0
}

// Prioritize puts a task before all others, because the user asked for it. One that is in flight is asked once more when it is back.
func (p *Planner) Prioritize(seq int32) {
	if t := p.tasks[seq]; t != nil && !t.is(urgent) {
		t.set(urgent)
		p.urgent = append(p.urgent, seq)
	}
}

// SetViewed says which task the user has open, -1 for none, and which are on the screen. The opened one is asked as often as the interval
// allows, those on the screen a little more often than others.
func (p *Planner) SetViewed(opened int32, visible []int32) {
	p.opened, p.visible = opened, slices.Clone(visible)
}
