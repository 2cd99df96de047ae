package plan

import (
	"math"
	"sort"
	"time"
)

// policy is a way to decide which task to ask.
type policy interface {
	add(seq int32, endpoint string, now time.Duration)
	next(now time.Duration, rate float64) (seq int32, ok bool, at time.Duration)
	take(seq int32, now time.Duration)
	observe(seq int32, o Observation, now time.Duration)
}

// latency is how long an answer takes. What it says is true of its half.
const latency = 0.08

// figures are what a policy reached. Delays are in seconds.
type figures struct {
	mean, p95, max float64
	requests       int
	starvation     float64 // longest time unasked, in periods of the round-robin
	lost           int     // tasks whose end was never told
}

// flight is a request under way.
type flight struct {
	seq   int32
	asked float64
}

// longest is the longest period of the round-robin since a time.
type longest struct{ from, period float64 }

// simulation is one run of a policy on a scenario.
type simulation struct {
	scenario
	jobs    []job
	policy  policy
	flights []flight
	rounds  []longest
	added   int
	live    int
	left    int
	told    figures
	watch   func(now float64) // called before each request
}

// simulate runs a policy until the end of every task has been told.
func simulate(s scenario, seed uint64, p policy) figures {
	sim := &simulation{scenario: s, jobs: s.jobs(seed), policy: p}
	return sim.run()
}

func (m *simulation) run() figures {
	m.left = len(m.jobs)
	now, free, wake := 0.0, 0.0, 0.0
	for m.left > 0 {
		next := math.Max(free, wake)
		if m.added < len(m.jobs) {
			next = math.Min(next, m.jobs[m.added].added)
		}
		if len(m.flights) > 0 {
			next = math.Min(next, m.flights[0].asked+latency)
		}
		if now = math.Max(now, next); math.IsInf(now, 1) {
			break // nothing will ever be asked
		}
		if m.arrive(now) {
			wake = 0
		}
		if now < free || now < wake {
			continue
		}
		if m.watch != nil {
			m.watch(now)
		}
		seq, ok, at := m.policy.next(span(now), m.rate)
		switch {
		case ok:
			m.ask(seq, now)
			free = now + 1/m.rate
		case at == Never:
			wake = math.Inf(1)
		default:
			wake = math.Max(at.Seconds(), now+0.001)
		}
	}
	return m.sum()
}

// arrive takes in the tasks that are added and the answers that come by now.
func (m *simulation) arrive(now float64) bool {
	some, from := false, m.added
	for m.added < len(m.jobs) && m.jobs[m.added].added <= now {
		j := &m.jobs[m.added]
		m.live++
		j.lastAsked = now
		m.policy.add(int32(m.added), names[j.endpoint], span(now))
		m.added++
		some = true
	}
	if m.added > from {
		m.note(now)
	}
	for len(m.flights) > 0 && m.flights[0].asked+latency <= now {
		m.answer(m.flights[0], now)
		m.flights = m.flights[1:]
		some = true
	}
	return some
}

// period is how long the round-robin takes for all tasks at the moment.
func (m *simulation) period() float64 {
	return math.Max(float64(m.live)/m.rate, minRound.Seconds())
}

func (m *simulation) ask(seq int32, now float64) {
	j := &m.jobs[seq]
	if j.taken || j.revealed {
		panic("a task was asked that is in flight or has left")
	}
	m.policy.take(seq, span(now))
	m.told.requests++
	m.note(now)
	m.starve(j, now)
	j.lastAsked, j.taken = now, true
	m.flights = append(m.flights, flight{seq, now})
}

// starve notes how long a task went unasked, in periods of the round-robin: the
// longest that there was meanwhile.
func (m *simulation) starve(j *job, now float64) {
	i := sort.Search(len(m.rounds), func(n int) bool { return m.rounds[n].from > j.lastAsked })
	gap := (now - j.lastAsked) / m.rounds[max(i-1, 0)].period
	m.told.starvation = math.Max(m.told.starvation, gap)
}

// note keeps the periods, each entry being shorter and later than the one before.
func (m *simulation) note(now float64) {
	n, from, period := len(m.rounds), now, m.period()
	for n > 0 && m.rounds[n-1].period <= period {
		n--
		from = m.rounds[n].from
	}
	m.rounds = append(m.rounds[:n], longest{from, period})
}

// answer tells the policy what came of a request.
func (m *simulation) answer(f flight, now float64) {
	j := &m.jobs[f.seq]
	j.taken = false
	then := f.asked + latency/2
	o := Observation{State: Queued, Inference: -1}
	switch {
	case then >= j.end:
		o.State = Ended
		if !m.silent {
			o.Inference = span(j.inference)
		}
		j.revealed, j.revealedAt = true, now
		m.live--
		m.left--
	case then >= j.start:
		o.State = Running
	case m.position:
		o.Position = m.queued(f.seq, then)
	}
	m.policy.observe(f.seq, o, span(now))
}

// queued counts the tasks before one in its queue.
func (m *simulation) queued(seq int32, at float64) (n int) {
	for i := range m.jobs[:m.added] {
		o := &m.jobs[i]
		if o.endpoint == m.jobs[seq].endpoint && o.submitted <= at && o.start > at && o.start < m.jobs[seq].start {
			n++
		}
	}
	return n
}

// sum returns the figures over all tasks.
func (m *simulation) sum() figures {
	delays := make([]float64, 0, len(m.jobs))
	for i := range m.jobs {
		j := &m.jobs[i]
		if !j.revealed {
			m.told.lost++
			continue
		}
		delays = append(delays, j.revealedAt-math.Max(j.end, j.added))
		m.told.mean += delays[len(delays)-1]
	}
	sort.Float64s(delays)
	n := len(delays)
	if n > 0 {
		m.told.mean /= float64(n)
		m.told.p95, m.told.max = delays[n*95/100], delays[n-1]
	}
	return m.told
}

// span returns a time given in seconds.
func span(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
