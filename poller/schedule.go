package poller

import "time"

// grid is what wake-ups for due tasks are rounded up to, so that a hundred
// thousand tasks wake the loop ten times a second and not each on its own.
const grid = 100 * time.Millisecond

// moment is a time on the poller's own monotonic clock: since its start. The
// wall clock may jump; the schedule must not.
type moment = time.Duration

// schedule orders the tasks of one host by when they are to be asked. Three
// kinds of task wait in it: urgent ones, which the user asked for; fresh ones,
// never asked yet, the newest batch first; and the others, by the moment at
// which they are due, so that under a budget too small for all the one that
// waited longest comes first: round-robin, and nobody starves.
type schedule struct {
	urgent []int32 // a queue
	fresh  []int32 // a stack
	heap   []int32 // a binary heap by slots[seq].due
	slots  *[]slot
	turn   uint8 // counts fresh tasks taken while others were due
}

// place says where a task waits.
type place uint8

const (
	nowhere place = iota // terminal, untracked, or parked: never asked
	inUrgent
	inFresh
	inHeap
	inFlight
)

// slot is what the schedule keeps of a task.
type slot struct {
	due      moment
	asked    moment // when it was last asked
	heapAt   int32
	misses   uint8 // answers in a row that the service does not know it
	place    place
	again    bool // asked for by the user while in flight
	attempts uint8
}

// freshShare is how many fresh tasks may be asked for each due one, while both
// wait: pasting ten thousand ids must not stop the watching of the others.
const freshShare = 3

// pushUrgent puts a task before all others.
func (s *schedule) pushUrgent(seq int32) {
	s.remove(seq)
	s.slot(seq).place = inUrgent
	s.urgent = append(s.urgent, seq)
}

// pushFresh puts a task that was never asked before the ones that were.
func (s *schedule) pushFresh(seq int32) {
	s.slot(seq).place = inFresh
	s.fresh = append(s.fresh, seq)
}

// push schedules a task for the given moment.
func (s *schedule) push(seq int32, due moment) {
	slot := s.slot(seq)
	slot.due, slot.place = due, inHeap
	slot.heapAt = int32(len(s.heap))
	s.heap = append(s.heap, seq)
	s.up(len(s.heap) - 1)
}

// remove takes a task out, wherever it waits. Those in the queue and in the
// stack are only marked, and passed over later.
func (s *schedule) remove(seq int32) {
	slot := s.slot(seq)
	if slot.place == inHeap {
		s.removeAt(int(slot.heapAt))
	}
	slot.place = nowhere
}

// next returns the task to ask now. Where there is none it returns false and
// the moment at which there will be one, or -1 for never. With urgentOnly it
// looks at nothing but what the user asked for.
func (s *schedule) next(now moment, urgentOnly bool) (seq int32, ok bool, at moment) {
	s.urgent = skip(s.urgent, s.slots, inUrgent)
	if len(s.urgent) > 0 {
		return s.urgent[0], true, 0
	}
	if urgentOnly {
		return 0, false, -1
	}
	for len(s.fresh) > 0 && (*s.slots)[s.fresh[len(s.fresh)-1]].place != inFresh {
		s.fresh = s.fresh[:len(s.fresh)-1]
	}
	due := len(s.heap) > 0 && s.slot(s.heap[0]).due <= now
	switch {
	case len(s.fresh) > 0 && (!due || s.turn < freshShare):
		return s.fresh[len(s.fresh)-1], true, 0
	case due:
		return s.heap[0], true, 0
	case len(s.heap) > 0:
		return 0, false, roundUp(s.slot(s.heap[0]).due)
	}
	return 0, false, -1
}

// earliest returns the task that is or will be due first, whenever that is: the
// one to probe an unreachable host with.
func (s *schedule) earliest(now moment) (int32, bool) {
	if seq, ok, _ := s.next(now, false); ok {
		return seq, true
	}
	if len(s.heap) > 0 {
		return s.heap[0], true
	}
	return 0, false
}

// take removes a task that next or earliest returned, because it is now asked.
func (s *schedule) take(seq int32, now moment) {
	slot := s.slot(seq)
	switch slot.place {
	case inFresh:
		s.turn = min(s.turn+1, freshShare)
	case inHeap:
		s.turn = 0
	}
	s.remove(seq)
	slot.place, slot.asked = inFlight, now
}

// advance makes every task due by now at the latest, keeping their order: after
// an outage the waits that it caused have lost their reason.
func (s *schedule) advance(now moment) {
	for _, seq := range s.heap {
		s.slot(seq).due = min(s.slot(seq).due, now)
	}
	for i := len(s.heap)/2 - 1; i >= 0; i-- {
		s.down(i)
	}
}

func (s *schedule) slot(seq int32) *slot { return &(*s.slots)[seq] }

// skip drops the entries at the head of a queue that wait elsewhere by now.
func skip(queue []int32, slots *[]slot, want place) []int32 {
	for len(queue) > 0 && (*slots)[queue[0]].place != want {
		queue = queue[1:]
	}
	return queue
}

// roundUp returns the first moment on the grid at or after m.
func roundUp(m moment) moment {
	return (m + grid - 1) / grid * grid
}

// removeAt takes the entry at index i out of the heap.
func (s *schedule) removeAt(i int) {
	last := len(s.heap) - 1
	s.swap(i, last)
	s.heap = s.heap[:last]
	if i < last {
		s.down(i)
		s.up(i)
	}
}

func (s *schedule) less(i, j int) bool {
	a, b := s.slot(s.heap[i]), s.slot(s.heap[j])
	if a.due != b.due {
		return a.due < b.due
	}
	// Equal dues in the order in which they were last asked keep the turn.
	return a.asked < b.asked
}

func (s *schedule) swap(i, j int) {
	s.heap[i], s.heap[j] = s.heap[j], s.heap[i]
	s.slot(s.heap[i]).heapAt, s.slot(s.heap[j]).heapAt = int32(i), int32(j)
}

func (s *schedule) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !s.less(i, parent) {
			return
		}
		s.swap(i, parent)
		i = parent
	}
}

func (s *schedule) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(s.heap) {
			return
		}
		if right := child + 1; right < len(s.heap) && s.less(right, child) {
			child = right
		}
		if !s.less(child, i) {
			return
		}
		s.swap(i, child)
		i = child
	}
}
