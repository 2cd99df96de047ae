package plan

import "time"

// ours is the planner itself.
type ours struct{ *Planner }

func (o ours) add(seq int32, endpoint string, now time.Duration) { o.Add(seq, endpoint, now) }
func (o ours) take(seq int32, now time.Duration)                 { o.Dispatch(seq, now) }
func (o ours) observe(seq int32, s Observation, now time.Duration) {
	o.Observe(seq, s, now)
}
func (o ours) next(now time.Duration, rate float64) (int32, bool, time.Duration) {
	return o.Next(now, rate, false)
}

// Add tracks a task that was never asked.
func (p *Planner) Add(seq int32, endpoint string, now time.Duration) {
	p.Track(seq, endpoint, NotPolled, 0, 0, now)
}

// paced asks each task again after a wait: the round-robin, a fixed interval, and
// a wait that doubles with each poll of the task. Those that were never asked
// come first, then the ones that are longest due.
type paced struct {
	tasks       map[int32]*task
	due         queue
	first, most time.Duration
	growth      float64
	waits       map[int32]time.Duration
}

// newPaced returns a policy that waits first after the first poll of a task, then
// growth times as long, up to most.
func newPaced(first, most time.Duration, growth float64) *paced {
	return &paced{first: first, most: most, growth: growth, tasks: map[int32]*task{}, waits: map[int32]time.Duration{}}
}

func (p *paced) add(seq int32, _ string, now time.Duration) {
	p.tasks[seq] = &task{seq: seq}
	p.due.add(p.tasks[seq], 0)
}

func (p *paced) next(now time.Duration, _ float64) (int32, bool, time.Duration) {
	t := p.due.top()
	if t == nil {
		return 0, false, Never
	}
	if at := t.times[key]; at > now {
		return 0, false, (at + wakeEvery - 1) / wakeEvery * wakeEvery
	}
	return t.seq, true, 0
}

func (p *paced) take(seq int32, now time.Duration) {
	t := p.tasks[seq]
	p.due.remove(t)
	t.lastSeen = now
}

func (p *paced) observe(seq int32, o Observation, now time.Duration) {
	t := p.tasks[seq]
	if o.State == Ended {
		delete(p.tasks, seq)
		delete(p.waits, seq)
		return
	}
	wait := p.first
	if w, ok := p.waits[seq]; ok {
		wait = min(p.most, time.Duration(float64(w)*p.growth))
	}
	p.waits[seq] = wait
	p.due.add(t, t.lastSeen+wait)
}

// roundRobin asks all tasks in turn.
func roundRobin(interval time.Duration) policy { return newPaced(interval, interval, 1) }

// fixed is a poll of each task every half second, as the budget allows.
func fixed() policy { return newPaced(500*time.Millisecond, 500*time.Millisecond, 1) }
