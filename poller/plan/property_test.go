package plan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is what must be true of a planner, whatever happens.
type model struct {
	*Planner
	now     time.Duration
	rate    float64
	live    map[int32]bool
	flying  map[int32]bool
	blocked map[string]bool         // endpoints
	held    map[int32]time.Duration // not before
	next    int32
}

func (m *model) pick(t *rapid.T, from map[int32]bool) (int32, bool) {
	for seq := range m.next { // in a fixed order, so that a failure shrinks
		if from[seq] && rapid.IntRange(0, 2).Draw(t, "this") == 0 {
			return seq, true
		}
	}
	return 0, false
}

// step asks for the next task and checks that it may be asked.
func (m *model) step(t *rapid.T) {
	seq, ok, retryAt := m.NextRetry(m.now)
	at := Never
	if !ok {
		seq, ok, at = m.Next(m.now, m.rate, false)
	}
	if !ok {
		if at < Never && at%wakeEvery != 0 {
			t.Fatalf("to look again at %v, off the grid", at)
		}
		at = min(at, retryAt)
		for seq := range m.live {
			if at == Never && !m.flying[seq] && !m.blocked[m.tasks[seq].endpoint.name] {
				t.Fatalf("never to look again with task %d waiting", seq)
			}
		}
		m.now = max(m.now, min(at, m.now+time.Second))
		return
	}
	switch {
	case !m.live[seq]:
		t.Fatalf("%d is asked and not live", seq)
	case m.flying[seq]:
		t.Fatalf("%d is asked while in flight", seq)
	case m.blocked[m.tasks[seq].endpoint.name] && !m.tasks[seq].urgent:
		t.Fatalf("%d is asked while its endpoint's tasks may not be", seq)
	case m.held[seq] > m.now:
		t.Fatalf("%d is asked at %v, held until %v", seq, m.now, m.held[seq])
	}
	m.Dispatch(seq, m.now)
	m.flying[seq] = true
	m.now += time.Duration(float64(time.Second) / m.rate)
}

// come brings an answer to a task in flight.
func (m *model) come(t *rapid.T) {
	seq, ok := m.pick(t, m.flying)
	if !ok {
		return
	}
	delete(m.flying, seq)
	delete(m.held, seq)
	switch what := rapid.IntRange(0, 5).Draw(t, "what"); what {
	case 0:
		delete(m.live, seq)
		m.Observe(seq, Observation{State: Ended, Inference: time.Duration(rapid.IntRange(-1, 90).Draw(t, "s")) * time.Second}, m.now)
	case 1:
		until := m.now + time.Duration(rapid.IntRange(-1, 20).Draw(t, "wait"))*time.Second
		m.held[seq] = until
		m.Defer(seq, until, m.now, false)
	default:
		state := []State{Queued, Running}[what%2]
		m.Observe(seq, Observation{State: state, Inference: -1}, m.now)
	}
}

func TestNoTaskIsLostOrDoubled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{Planner: New(time.Second), rate: rapid.SampledFrom([]float64{0.5, 5, 500}).Draw(t, "rate"),
			live: map[int32]bool{}, flying: map[int32]bool{}, blocked: map[string]bool{}, held: map[int32]time.Duration{}}
		m.Admits = func(endpoint string) bool { return !m.blocked[endpoint] }
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					m.Add(m.next, names[m.next%2], m.now)
					m.live[m.next] = true
					m.next++
				}
			},
			"resume": func(t *rapid.T) {
				age := time.Duration(rapid.IntRange(0, 300).Draw(t, "age")) * time.Second
				m.Track(m.next, names[m.next%2], rapid.SampledFrom([]State{NotPolled, Queued, Running}).Draw(t, "was"), age, age/2, m.now)
				m.live[m.next] = true
				m.next++
			},
			"ask":  m.step,
			"come": m.come,
			"wait": func(t *rapid.T) { m.now += time.Duration(rapid.IntRange(1, 60).Draw(t, "s")) * time.Second },
			"block or open": func(t *rapid.T) {
				name := rapid.SampledFrom(names[:2]).Draw(t, "endpoint")
				m.blocked[name] = !m.blocked[name]
			},
			"hasten": func(t *rapid.T) {
				if seq, ok := m.pick(t, m.live); ok && !m.flying[seq] {
					m.Hasten(seq)
					delete(m.held, seq)
				}
			},
			"urgent": func(t *rapid.T) {
				if seq, ok := m.pick(t, m.live); ok && !m.flying[seq] && m.held[seq] == 0 {
					m.Prioritize(seq)
				}
			},
			"remove": func(t *rapid.T) {
				if seq, ok := m.pick(t, m.live); ok {
					m.Remove(seq)
					delete(m.live, seq)
					delete(m.flying, seq)
				}
			},
			"": func(t *rapid.T) {
				if m.Live() != len(m.live) {
					t.Fatalf("%d live, want %d", m.Live(), len(m.live))
				}
				whole(t, m.Planner)
			},
		})
	})
}

// whole checks that each live task waits in exactly the queues that it should.
func whole(t *rapid.T, p *Planner) {
	count := map[int32]int{}
	for _, e := range p.endpoints {
		for _, q := range []*queue{&e.due, &e.retries, &e.farDeadlines, &e.nearDeadlines} {
			for i, k := range q.tasks {
				count[k.seq] += 1 + q.by
				wrong := k.inFlight || k.removed || k.failed != (q == &e.retries) || k.endpoint != e
				if wrong || p.tasks[k.seq] != k || k.heapIndex[q.by] != int32(i) {
					t.Fatalf("%d waits where it should not: %+v", k.seq, *k)
				}
				if i > 0 && q.Less(i, (i-1)/2) {
					t.Fatalf("%d stands behind a later one", k.seq)
				}
			}
		}
	}
	for seq, k := range p.tasks {
		want := 1 + 2 // by its key, and by its deadline
		switch {
		case k.inFlight:
			want = 0
		case k.failed:
			want = 1
		}
		if count[seq] != want {
			t.Fatalf("%d is in the queues that sum up to %d, want %d", seq, count[seq], want)
		}
	}
}

// Whatever answers come, and however tasks come and go, none goes unasked for longer
// than four rounds of the round-robin, of the longest that there was meanwhile.
func TestNoTaskStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]float64{2, 4, 20}).Draw(t, "rate")
		slot := time.Duration(float64(time.Second) / rate)
		p := New(time.Second)
		asked := map[int32]int{} // by seq, the number of the slot
		var rounds []time.Duration
		next := int32(0)
		// judge fails if the task has gone unasked for too long by the last slot.
		judge := func(seq int32) {
			gap, round := time.Duration(len(rounds)-1-asked[seq])*slot, slices.Max(rounds[asked[seq]:])
			if gap > mostStarved*round {
				t.Fatalf("%d went unasked for %v; a round takes %v", seq, gap, round)
			}
		}
		for n := range rapid.IntRange(100, 400).Draw(t, "slots") {
			now := time.Duration(n) * slot
			for range rapid.SampledFrom([]int{0, 0, 0, 0, 1, 30}).Draw(t, "new") {
				p.Add(next, names[rapid.IntRange(0, 1).Draw(t, "kind")], now)
				asked[next] = n
				next++
			}
			rounds = append(rounds, max(time.Duration(p.Live())*slot, minRound))
			seq, ok, _ := p.Next(now, rate, false)
			if !ok {
				continue
			}
			judge(seq)
			p.Dispatch(seq, now)
			asked[seq] = n
			o := Observation{State: rapid.SampledFrom([]State{Queued, Queued, Running, Running, Ended}).Draw(t, "state"), Inference: -1}
			if o.State == Ended {
				o.Inference = time.Duration(rapid.IntRange(0, 60).Draw(t, "run")) * time.Second
				delete(asked, seq)
			}
			p.Observe(seq, o, now)
		}
		for seq := range asked {
			judge(seq)
		}
	})
}

// The worst that can happen: all requests are spent on tasks that are worth more, and
// the others, which were all asked at one time, must be asked at one time again.
func TestTasksAskedAtOneTimeDoNotStarve(t *testing.T) {
	const n, rate = 400, 4.0
	p := settled(n)
	p.SetViewed(0, nil)
	asked := make([]time.Duration, n)
	for now := time.Duration(0); now < 10*time.Minute; now += time.Second / rate {
		if now%(10*time.Second) == 0 {
			p.Prioritize(1) // the user refreshes a task all the time
		}
		seq, ok, _ := p.Next(now, rate, false)
		if !ok {
			continue
		}
		if gap := now - asked[seq]; gap > mostStarved*n/rate*time.Second*21/20 {
			t.Fatalf("%d went unasked for %v", seq, gap)
		}
		p.Dispatch(seq, now)
		p.Observe(seq, answer(Running), now)
		asked[seq] = now
	}
}
