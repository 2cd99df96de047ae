package plan

import "time"

// flag is a set of things that are true of a task.
type flag uint16

const (
	inFlight flag = 1 << iota // asked, not answered
	urgent                    // in the queue of what the user asked for
	again                     // asked for by the user while in flight
	fresh                     // never asked in this run of the program
	onScreen                  // on the screen
	presumed                  // not seen to run, but the frontier has passed it
	failed                    // its last poll brought no answer: it waits for a retry
	aside                     // out of the schedule until the caller gives it back
	gone                      // it has left, and is still in its endpoint's order
)

// task is what the planner keeps of a live task. Times are since the start.
type task struct {
	seq      int32
	position int32 // as in the last Observation
	endpoint *endpoint
	state    State
	flags    flag
	seen     time.Duration // when it was last seen not to have ended, at first when it was added
	waiting  time.Duration // from when on it counts as not asked: asked, added, given back, or when the service allows it
	asked    time.Duration // while in flight: when it was asked
	// from and to bound when it started, if it runs or is presumed to.
	from, to time.Duration
	due      time.Duration // when a request for it is worth the price
	latest   time.Duration // when it is asked whatever it is worth
	times    [2]time.Duration
	places   [2]int32 // in the queues, see key
}

func (t *task) is(f flag) bool { return t.flags&f != 0 }
func (t *task) set(f flag)     { t.flags |= f }
func (t *task) clear(f flag)   { t.flags &^= f }

// start returns when a task began to run: the middle of its bounds.
func (t *task) start() time.Duration { return (t.from + t.to) / 2 }

// waits reports whether a task was seen to wait, and others are known to start before it.
func (t *task) waits() bool {
	return t.state == Queued && (t.position > 0 || t.endpoint.ordered() && !t.is(presumed))
}
