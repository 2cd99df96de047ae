package plan

import (
	"slices"
	"testing"
	"time"
)

// drain takes the tasks that the planner wants asked at a moment, until it wants
// none, at most so many.
func drain(p *Planner, now time.Duration, rate float64, most int) (seqs []int32) {
	for len(seqs) < most {
		seq, ok, _ := p.Next(now, rate, false)
		if !ok {
			break
		}
		p.Dispatch(seq, now)
		seqs = append(seqs, seq)
	}
	return seqs
}

// answer is what a poll of a task that waits or runs tells.
func answer(s State) Observation { return Observation{State: s, Inference: -1} }

// added returns a planner with so many tasks that were never asked.
func added(n int32) *Planner {
	p := New(time.Second)
	for seq := range n {
		p.Add(seq, "a", 0)
	}
	return p
}

// settled returns a planner with so many tasks that were asked once, at 0, and wait.
func settled(n int32) *Planner {
	p := added(n)
	for seq := range n {
		p.Dispatch(seq, 0)
		p.Observe(seq, answer(Queued), 0)
	}
	return p
}

func TestNewTasksComeFirstInTheirOrder(t *testing.T) {
	p := settled(100)
	for seq := int32(100); seq < 103; seq++ {
		p.Add(seq, "b", time.Second)
	}
	if got, want := drain(p, time.Second, 5, 3), []int32{100, 101, 102}; !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

func TestUrgentComesBeforeAllAndWhilePaused(t *testing.T) {
	p := added(10)
	p.Prioritize(7)
	p.Prioritize(3)
	for _, want := range []int32{7, 3} {
		seq, ok, _ := p.Next(0, 5, true)
		if !ok || seq != want {
			t.Fatalf("got %d, %v, want %d", seq, ok, want)
		}
		p.Dispatch(seq, 0)
	}
	if seq, ok, at := p.Next(0, 5, true); ok || at != Never {
		t.Errorf("with nothing urgent left got %d, %v, %v", seq, ok, at)
	}
}

func TestUrgentInFlightIsAskedOnceMore(t *testing.T) {
	p := settled(3)
	p.Dispatch(1, time.Second)
	p.Prioritize(1)
	if _, ok, _ := p.Next(time.Second, 5, true); ok {
		t.Fatal("a task in flight was asked")
	}
	p.Observe(1, answer(Queued), 2*time.Second)
	if seq, ok, _ := p.Next(2*time.Second, 5, true); !ok || seq != 1 {
		t.Errorf("got %d, %v, want 1", seq, ok)
	}
}

func TestNoTaskIsAskedTwiceWithinTheInterval(t *testing.T) {
	p := settled(1)
	seq, ok, at := p.Next(900*time.Millisecond, 1000, false)
	if ok {
		t.Fatalf("asked %d after 0.9 s", seq)
	}
	if at < time.Second || at%wakeEvery != 0 {
		t.Errorf("to look again at %v, want a moment on the grid from 1 s on", at)
	}
}

// Where polls cost nothing, every running task is asked as soon as the interval
// allows, also where what a poll is worth has fallen since the price was found.
func TestNoPollIsLateWhereTheBudgetIsAmple(t *testing.T) {
	const tasks, interval, rate = 20_000, 20 * time.Second, 1e6
	p := New(interval)
	last, polls := map[int32]time.Duration{}, 0
	for now, end := time.Duration(0), 5*interval; now < end; {
		if n := int32(len(last)); n < tasks {
			p.Add(n, "a", now)
			last[n] = now
		}
		seq, ok, wake := p.Next(now, rate, false)
		for ; ok; seq, ok, wake = p.Next(now, rate, false) {
			if late := now - last[seq] - interval; late > wakeEvery {
				t.Fatalf("asked %v late, at %v", late, now)
			}
			last[seq] = now
			polls++
			p.Dispatch(seq, now)
			p.Observe(seq, answer(Running), now)
		}
		if now += interval / tasks; len(last) == tasks {
			now = wake
		}
	}
	if polls < 4*tasks {
		t.Errorf("%d polls of %d tasks in five intervals", polls, tasks)
	}
}

func TestDeferredTaskIsNotAskedBefore(t *testing.T) {
	p := settled(1)
	p.Dispatch(0, time.Second)
	p.Defer(0, 20*time.Second, time.Second, false)
	if _, ok, at := p.NextRetry(19 * time.Second); ok || at != 20*time.Second {
		t.Errorf("retried %v, to look again at %v, want 20 s", ok, at)
	}
	if seq, ok, _ := p.Next(time.Hour, 100, false); ok {
		t.Errorf("task %d is offered with those whose polls bring answers", seq)
	}
	if seq, ok, _ := p.NextRetry(20 * time.Second); !ok || seq != 0 {
		t.Errorf("retried task %d, %v; want task 0", seq, ok)
	}
}

func TestDeferredForTheHostKeepsItsTurn(t *testing.T) {
	p := settled(5)
	now := time.Minute
	seq := drain(p, now, 1, 1)[0]
	p.Defer(seq, now, now, false)
	if got := drain(p, now, 1, 1); !slices.Equal(got, []int32{seq}) {
		t.Errorf("asked %v next, want %d again", got, seq)
	}
}

func TestHintIsKept(t *testing.T) {
	p := settled(1)
	p.Dispatch(0, time.Second)
	p.Observe(0, Observation{State: Running, Inference: -1, RetryAfter: time.Minute}, time.Second)
	if got := drain(p, 60*time.Second, 100, 1); len(got) > 0 {
		t.Error("asked before the hint")
	}
	if got := drain(p, 61*time.Second, 100, 1); len(got) == 0 {
		// The hint is the earliest moment, not a due: it is asked when worth it.
		if _, _, at := p.Next(61*time.Second, 100, false); at < 0 {
			t.Error("never asked again after the hint")
		}
	}
}

// Looking for a task to probe an unreachable host with is no request, and leaves what
// one must be worth as it is.
func TestLookingForAProbeCostsNothing(t *testing.T) {
	p := added(30)
	for seq := range int32(30) {
		p.Dispatch(seq, 0)
		p.Observe(seq, answer(Running), 0)
	}
	before := p.price
	for now := time.Second; now < time.Minute; now += time.Second {
		if _, _, ok, _ := p.Due("a", false, int(now/time.Second), now); !ok {
			t.Fatal("nothing to probe with")
		}
	}
	if p.price != before {
		t.Errorf("the price went from %v to %v", before, p.price)
	}
}

func TestOpenedTaskIsAskedEachInterval(t *testing.T) {
	p := settled(1000)
	p.SetViewed(321, nil)
	polls := 0
	for now := time.Second; now < 21*time.Second; now += 200 * time.Millisecond {
		seq, ok, _ := p.Next(now, 5, false)
		if !ok {
			continue
		}
		p.Dispatch(seq, now)
		p.Observe(seq, answer(Queued), now)
		if seq == 321 {
			polls++
		}
	}
	if polls < 19 || polls > 21 {
		t.Errorf("asked %d times in 20 s, want once each second", polls)
	}
}

func TestRemovedTaskIsNotAsked(t *testing.T) {
	p := added(3)
	p.Prioritize(1)
	p.Remove(1)
	p.Dispatch(2, 0)
	p.Remove(2)
	p.Observe(2, answer(Queued), time.Second)
	if got := drain(p, time.Minute, 100, 9); !slices.Equal(got, []int32{0}) || p.Live() != 1 {
		t.Errorf("asked %v of %d live, want only 0", got, p.Live())
	}
}

func TestResumedTaskIsDueAtOnceAndKnown(t *testing.T) {
	p := New(time.Second)
	p.Track(4, "a", Running, 20*time.Second, 30*time.Second, 0)
	p.Track(5, "a", Queued, time.Minute, 0, 0)
	if got := drain(p, 0, 100, 9); len(got) != 2 {
		t.Errorf("asked %v, want both", got)
	}
	if at := p.tasks[4].start(); at != -30*time.Second {
		t.Errorf("it began at %v, want 30 s before the start", at)
	}
}

// A hastened task comes before all others, once the tasks of its endpoint may be asked.
func TestHastenedTaskComesFirst(t *testing.T) {
	p := settled(100)
	blocked := true
	p.Admits = func(string) bool { return !blocked }
	p.Hasten(42)
	if got := drain(p, time.Minute, 5, 1); len(got) > 0 {
		t.Errorf("asked %v of an endpoint whose tasks may not be asked", got)
	}
	blocked = false
	if got := drain(p, time.Minute, 5, 1); !slices.Equal(got, []int32{42}) {
		t.Errorf("asked %v first, want 42", got)
	}
}
