package insight

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"polltop/poller"
)

const (
	enough    = 5   // how many finished tasks of an endpoint it takes to say what is usual there
	paceMost  = 200 // how many of the latest are looked at: drift is followed, and memory is bounded
	slowTimes = 2   // how many times the usual a slow time must at least be
	// stuckAfter is how long a task waits at the head of a queue of which nothing runs
	// before it counts as slow: the longest cold start that is common takes two minutes.
	stuckAfter = 3 * time.Minute
)

// Timings knows how long the tasks of each endpoint usually wait and run, from the
// latest that ended, and so which of the live ones are slow.
//
// The rule: a time is slow when it is more than the median times max(2, e^(k·s)), where s is
// the spread of the logarithms (1.4826 times their median absolute deviation) and k is 3 + 15/n
// for n samples. Median and deviation are not moved by outliers, logarithms because times are
// skewed, and k because a spread estimated from few samples is too small as often as not. It is never
// said before five tasks of the endpoint have finished. A task that waits must besides have
// been overtaken, which is that one that was added later has begun; or else nothing of its
// endpoint may have run for some minutes.
type Timings struct {
	endpoints map[string]*pace
}

type pace struct {
	queue, run samples
	begun      int32        // the highest Seq that has begun to run
	running    int          // how many run, as of the last CountRunning
	placed     bool         // the service has reported a place behind the first
	idle       poller.Stamp // since when none does
}

// samples are the latest times, in seconds, and what is usual among them.
type samples struct {
	latest        []float64
	middle, limit time.Duration // the median, and from which time on one is slow; 0 when they must be computed
}

// NewTimings returns what knows nothing yet.
func NewTimings() *Timings { return &Timings{endpoints: map[string]*pace{}} }

// Add takes in a task's next snapshot; old is the one before, nil for none.
func (p *Timings) Add(old, next *poller.Task) {
	if next.Started == 0 && !next.State.Terminal() || old != nil && old.State == next.State {
		return
	}
	e := p.of(next.Request.Endpoint)
	p.endpoints[next.Request.Endpoint] = e
	e.begun = max(e.begun, next.Seq)
	// Failures often end early, so only a success reports how long one takes.
	if next.State != poller.Succeeded || old != nil && old.State.Terminal() {
		return
	}
	if d, ok := next.RunTime(next.Ended); ok {
		e.run.add(d)
	}
	if d, ok := next.QueueTime(next.Ended); ok {
		e.queue.add(d)
	}
}

func (p *Timings) of(endpoint string) *pace {
	if e := p.endpoints[endpoint]; e != nil {
		return e
	}
	return &pace{begun: -1}
}

func (s *samples) add(d time.Duration) {
	s.limit = 0
	s.latest = append(s.latest, max(d.Seconds(), 0.1)) // polls see no finer
	s.latest = s.latest[max(len(s.latest)-paceMost, 0):]
}

// usual returns the median of the times, and from when on one is slow; 0 before enough have come.
func (s *samples) usual() (middle, limit time.Duration) {
	if s.limit == 0 && len(s.latest) >= enough {
		center := median(slices.Clone(s.latest))
		deviations := make([]float64, len(s.latest))
		for i, v := range s.latest {
			deviations[i] = math.Abs(math.Log(v / center))
		}
		spread := 1.4826 * median(deviations)
		k := 3 + 15/float64(len(s.latest))
		s.middle, s.limit = seconds(center), seconds(center*max(slowTimes, math.Exp(k*spread)))
	}
	return s.middle, s.limit
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// median returns the median of values, and sorts them.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// Expect returns how long tasks of the endpoint of a live task usually run, and in how long
// one that waits will begin to; 0 where too little is known. A worker becomes free each time
// that is usual divided by how many run, the first one after half of that. The answer with the
// position is some time old; once it is older than such a task takes to begin and to run, it
// reports nothing. A service that knows no places reports to all tasks that they are the first.
func (p *Timings) Expect(t *poller.Task, now poller.Stamp) (usual, starts time.Duration) {
	e := p.of(t.Request.Endpoint)
	usual, _ = e.run.usual()
	if usual == 0 || t.State != poller.Queued || t.QueuePosition < 0 || t.Trouble != nil || !e.placed || e.running == 0 {
		return usual, 0
	}
	starts = (2*time.Duration(t.QueuePosition) + 1) * usual / time.Duration(2*e.running)
	age := now.Sub(t.Seen)
	if age > starts+usual {
		return usual, 0
	}
	return usual, max(starts-age, time.Millisecond)
}

// Usual returns how long tasks of an endpoint usually run, and how long 95 % of them at most;
// 0 where too little is known.
func (p *Timings) Usual(endpoint string) (middle, most time.Duration) {
	run := &p.of(endpoint).run
	if middle, _ = run.usual(); middle == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(run.latest))
	return middle, seconds(sorted[(len(sorted)*95+99)/100-1])
}

// CountRunning counts what runs of each endpoint, and notes which report places.
func (p *Timings) CountRunning(live iter.Seq[*poller.Task], now poller.Stamp) {
	running := map[string]int{}
	for t := range live {
		if t.State == poller.Running {
			running[t.Request.Endpoint]++
		} else if e := p.endpoints[t.Request.Endpoint]; e != nil && t.QueuePosition > 0 {
			e.placed = true
		}
	}
	for name, e := range p.endpoints {
		if e.running > 0 && running[name] == 0 {
			e.idle = now
		}
		e.running = running[name]
	}
}

// Slow reports whether a live task is slow as of now, and why. The duration
// after counts where the endpoint's pace is not known yet; 0 for never.
func (p *Timings) Slow(t *poller.Task, now poller.Stamp, after time.Duration) (slow bool, why string) {
	since, limit, than := p.limitOf(t, after)
	if since == 0 || limit == 0 || now.Sub(since) < limit {
		return false, ""
	}
	doing := "running"
	if t.State != poller.Running {
		doing = "waiting"
	}
	return true, fmt.Sprintf("it has been %s for more than %s%s", doing, limit.Round(time.Second), than)
}

// SlowAt returns when a live task will be slow if nothing happens until then; 0 for never.
func (p *Timings) SlowAt(t *poller.Task, after time.Duration) poller.Stamp {
	since, limit, _ := p.limitOf(t, after)
	if since == 0 || limit == 0 {
		return 0
	}
	return since + poller.Stamp(limit.Milliseconds()) + 1
}

// limitOf returns since when a task does what it does, how long it may before it is slow,
// and what is shown of that limit; zeros where that can't be known.
func (p *Timings) limitOf(t *poller.Task, after time.Duration) (since poller.Stamp, limit time.Duration, than string) {
	const thanOthers = ", which is far longer than the endpoint's finished tasks did"
	e := p.of(t.Request.Endpoint)
	switch t.State {
	case poller.Running:
		if _, limit := e.run.usual(); limit > 0 {
			return t.Started, limit, thanOthers
		}
		return t.Started, after, ""
	case poller.New, poller.Queued:
		_, limit := e.queue.usual()
		switch {
		case limit > 0 && e.begun >= t.Seq:
			return t.Queued, limit, thanOthers
		case t.Queued != 0 && e.running == 0 && t.QueuePosition <= 0 && (limit > 0 || after == 0 || after > stuckAfter):
			return max(t.Queued, e.idle), max(limit, stuckAfter), ", and nothing of its endpoint runs"
		case limit == 0:
			return t.Queued, after, ""
		}
	}
	return 0, 0, "" // its turn has not come
}
