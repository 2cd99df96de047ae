package plan

import "time"

// tick is a moment in hundredths of a second since the start. Four bytes reach
// eight months; below 0 lies what began before the program did.
type tick int32

// tickLength is what one tick lasts.
const tickLength = 10 * time.Millisecond

// ticks returns the last tick at or before a moment.
func ticks(m time.Duration) tick { return tick(m / tickLength) }

// ticksAfter returns the first tick at or after a moment.
func ticksAfter(m time.Duration) tick { return tick((m + tickLength - 1) / tickLength) }

// moment returns the moment of a tick.
func (t tick) moment() time.Duration { return time.Duration(t) * tickLength }

// seconds returns the tick in seconds.
func (t tick) seconds() float64 { return float64(t) * tickLength.Seconds() }

// mark is a set of things that are true of a record.
type mark uint16

const (
	inFlight mark = 1 << iota // asked, not answered
	held                      // not asked before its due, whatever is known of it
	urgent                    // in the queue of what the user asked for
	again                     // asked for by the user while in flight
	fresh                     // never asked, in this run of the program
	onScreen                  // on the screen
	credited                  // the frontier has passed it, so its run is presumed
	placed                    // hi is its place in the queue, as the service told it
	unlooked                  // not looked at since it was added, and not in a heap yet
	released                  // was held since it was last asked
	failed                    // its last poll brought no answer: it waits among the retries
	aside                     // out of the schedule until its caller gives it back
)

// stateAt is where among the marks the state begins.
const stateAt = 14

// record is what is kept of a live task. There can be a million, so it is small:
// what can be looked up or computed is not here.
type record struct {
	seq int32
	// at is the place in the heap; -1 while in flight or not looked at.
	at int32
	// due is when the task becomes worth a request; in flight, when it was asked.
	due tick
	// seen is when the task was last asked and answered not to have ended; of a
	// fresh one, when it was added.
	seen tick
	// lo and hi bound when its run began, or, with credited, when the run of a
	// task not seen running is presumed to have begun. With placed, hi is another
	// thing.
	lo, hi     tick
	prev, next int32 // neighbours in the line
	endpoint   uint16
	marks      mark
}

func (r *record) is(m mark) bool { return r.marks&m != 0 }
func (r *record) set(m mark)     { r.marks |= m }
func (r *record) clear(m mark)   { r.marks &^= m }

// state returns the last known state, which is kept in the highest marks.
func (r *record) state() State { return State(r.marks >> stateAt) }

// become sets the state.
func (r *record) become(s State) { r.marks = r.marks&(1<<stateAt-1) | mark(s)<<stateAt }

// pageSize is how many records are allocated at once: pages never move, and
// waste less than a slice that doubles.
const pageSize = 512

// records holds the records of live tasks. An id is a place in it, and is given
// to another task once the first has left.
type records struct {
	pages []*[pageSize]record
	used  int32   // ids below were given out
	free  []int32 // ids that were given back
	of    []int32 // by seq, id+1; 0 for a task that is not live
	live  int
}

// get returns the record of an id.
func (s *records) get(id int32) *record { return &s.pages[id/pageSize][id%pageSize] }

// id returns the id of a live task, and whether it is one.
func (s *records) id(seq int32) (int32, bool) {
	if seq < 0 || int(seq) >= len(s.of) || s.of[seq] == 0 {
		return 0, false
	}
	return s.of[seq] - 1, true
}

// add returns the id of a new record for a task.
func (s *records) add(seq int32) int32 {
	for int(seq) >= len(s.of) {
		s.of = append(s.of, 0)
	}
	var id int32
	if n := len(s.free); n > 0 {
		id, s.free = s.free[n-1], s.free[:n-1]
	} else {
		id = s.used
		if s.used++; int(id) == len(s.pages)*pageSize {
			s.pages = append(s.pages, new([pageSize]record))
		}
	}
	*s.get(id) = record{seq: seq, at: -1, prev: none, next: none}
	s.of[seq] = id + 1
	s.live++
	return id
}

// drop gives back the record of a task that has left. When the last one has,
// so are the pages.
func (s *records) drop(id int32) {
	s.of[s.get(id).seq] = 0
	s.live--
	if s.live == 0 {
		s.pages, s.free, s.used = nil, nil, 0
		return
	}
	s.free = append(s.free, id)
}
