package plan

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is what must be true of a planner, whatever happens.
type model struct {
	*Planner
	now    time.Duration
	rate   float64
	live   map[int32]bool
	flying map[int32]bool
	aside  map[int32]bool
	held   map[int32]time.Duration // not before
	next   int32
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
	at := time.Duration(-1)
	if !ok {
		seq, ok, at = m.Next(m.now, m.rate, false)
	}
	if !ok {
		if at >= 0 && at%grid != 0 {
			t.Fatalf("to look again at %v, off the grid", at)
		}
		at = sooner(at, retryAt)
		if waiting := len(m.live) - len(m.flying) - len(m.aside); at < 0 && waiting > 0 {
			t.Fatalf("never to look again with %d tasks waiting", waiting)
		}
		m.now = max(m.now, min(at, m.now+time.Second))
		return
	}
	switch {
	case !m.live[seq]:
		t.Fatalf("%d is asked and not live", seq)
	case m.flying[seq]:
		t.Fatalf("%d is asked while in flight", seq)
	case m.aside[seq] && !m.tasks.get(m.tasks.of[seq]-1).is(urgent):
		t.Fatalf("%d is asked while it is set aside", seq)
	case m.held[seq] > m.now:
		t.Fatalf("%d is asked at %v, held until %v", seq, m.now, m.held[seq])
	}
	m.Take(seq, m.now)
	m.flying[seq] = true
	delete(m.aside, seq)
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
		m.Defer(seq, until, m.now)
	default:
		state := []State{Queued, Running}[what%2]
		m.Observe(seq, Observation{State: state, Position: int32(what) - 3, Inference: -1}, m.now)
	}
}

func TestNoTaskIsLostOrDoubled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{Planner: New(Options{Interval: time.Second}), rate: rapid.SampledFrom([]float64{0.5, 5, 500}).Draw(t, "rate"),
			live: map[int32]bool{}, flying: map[int32]bool{}, aside: map[int32]bool{}, held: map[int32]time.Duration{}}
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
				m.Resume(m.next, names[m.next%2], rapid.SampledFrom([]State{Unseen, Queued, Running}).Draw(t, "was"), age, age/2, m.now)
				m.live[m.next] = true
				m.next++
			},
			"ask":  m.step,
			"come": m.come,
			"wait": func(t *rapid.T) { m.now += time.Duration(rapid.IntRange(1, 60).Draw(t, "s")) * time.Second },
			"advance": func(t *rapid.T) {
				m.Advance(m.now)
				clear(m.held)
			},
			"set aside": func(t *rapid.T) {
				if seq, ok := m.pick(t, m.live); ok {
					m.SetAside(seq, seq%2 == 0)
					m.aside[seq] = true
					delete(m.flying, seq)
					delete(m.held, seq)
				}
			},
			"give back": func(t *rapid.T) {
				if seq, ok := m.pick(t, m.aside); ok {
					m.Defer(seq, m.now, m.now)
					delete(m.aside, seq)
				}
			},
			"urgent": func(t *rapid.T) {
				if seq, ok := m.pick(t, m.live); ok && !m.flying[seq] && m.held[seq] == 0 {
					m.Urgent(seq)
				}
			},
			"remove": func(t *rapid.T) {
				if seq, ok := m.pick(t, m.live); ok {
					m.Remove(seq)
					delete(m.live, seq)
					delete(m.flying, seq)
					delete(m.aside, seq)
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

// whole checks that each live task waits in exactly the places that it should.
func whole(t *rapid.T, p *Planner) {
	inLine, unseen := map[int32]bool{}, 0
	for id := p.line.head; id != none; id = p.tasks.get(id).next {
		if inLine[id] {
			t.Fatal("the line runs in a circle")
		}
		inLine[id] = true
		if p.tasks.get(id).is(unlooked) {
			unseen++
		}
	}
	if len(inLine) != len(p.due.waiting)+unseen {
		t.Fatalf("%d in the line, %d in the heap", len(inLine), len(p.due.waiting))
	}
	stands := map[*stand]int32{}
	for id := range inLine {
		stands[p.line.stand(p.tasks.get(id).seen)]++
	}
	for i := range p.line.waited {
		if s := &p.line.waited[i]; s.count != stands[s] {
			t.Fatalf("%d wait since %v, counted %d", stands[s], s.from.moment(), s.count)
		}
	}
	if p.line.cursor != none && !inLine[p.line.cursor] {
		t.Fatal("the next that would wait too long is not in the line")
	}
	for _, h := range []*heap{&p.due, &p.held, &p.retries} {
		for i, w := range h.waiting {
			id := w.id
			r := p.tasks.get(id)
			if r.at != int32(i) || r.is(inFlight) || r.is(unlooked) || r.is(held) != (h == &p.held) || r.is(failed) != (h == &p.retries) || r.is(aside) || inLine[id] != (h == &p.due) {
				t.Fatalf("%d waits where it should not: %+v", r.seq, *r)
			}
			if w.due != r.due || i > 0 && w.before(h.waiting[(i-1)/arity]) {
				t.Fatalf("%d stands before its parent in the heap", r.seq)
			}
		}
	}
}

// Whatever answers come, and however tasks come and go, none goes unasked for
// longer than four rounds of the round-robin took at their longest.
func TestNoTaskStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const rate = 4.0
		p := New(Options{Interval: time.Second})
		asked := map[int32]time.Duration{}
		next, most, now := int32(0), 0, time.Duration(0)
		// The most that were ever live bound every period.
		for range rapid.IntRange(100, 600).Draw(t, "requests") {
			for range rapid.SampledFrom([]int{0, 0, 0, 0, 1, 30}).Draw(t, "new") {
				p.Add(next, names[rapid.IntRange(0, 1).Draw(t, "kind")], now)
				asked[next] = now
				next++
			}
			most = max(most, p.Live())
			period := max(time.Duration(float64(most)/rate*float64(time.Second)), patience)
			for seq, at := range asked {
				if now-at > mostStarved*period {
					t.Fatalf("%d went unasked for %v; a round takes %v", seq, now-at, period)
				}
			}
			if seq, ok, _ := p.Next(now, rate, false); ok {
				p.Take(seq, now)
				asked[seq] = now
				o := Observation{State: rapid.SampledFrom([]State{Queued, Queued, Running, Running, Ended}).Draw(t, "state"), Position: -1, Inference: -1}
				if o.State == Ended {
					o.Inference = time.Duration(rapid.IntRange(0, 60).Draw(t, "run")) * time.Second
					delete(asked, seq)
				}
				p.Observe(seq, o, now)
			}
			now += time.Duration(float64(time.Second) / rate)
		}
	})
}
