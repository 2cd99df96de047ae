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
	minSamples = 5   // the number of finished tasks of an endpoint from which on its times are known
	maxSamples = 200 // the number of latest times that count: drift is followed, and memory is bounded
	minSlow    = 2   // the least multiple of the median that is slow
	// stuckAfter is how long a task waits at the head of a queue of which nothing runs
	// before it counts as slow: a long cold start takes two minutes.
	stuckAfter = 3 * time.Minute
)

// Timings learns how long the tasks of each endpoint wait and run, and finds the slow ones.
//
// A time is slow if it is more than the median times max(2, e^(k·s)). The spread s is 1.4826
// times the median absolute deviation of the logarithms, and k is 3 + 15/n for n samples. Outliers
// move neither median nor deviation, times are skewed, so that their logarithms are compared, and
// few samples often give too small a spread. Nothing is slow before five tasks of the endpoint have
// finished. A waiting task is slow only if one that was added later has started, or if nothing of
// its endpoint has run for some minutes.
type Timings struct {
	endpoints map[string]*endpoint
}

// endpoint is what is known of the tasks of an endpoint.
type endpoint struct {
	queue, run   samples
	lastStarted  int32        // the highest Seq of a task that has started; -1 for none
	running      int          // the running tasks, as of the last CountRunning
	hasPositions bool         // the service reports queue positions other than 0
	idleSince    poller.Stamp // when CountRunning first found no running task any more
}

// samples are the latest times of an endpoint.
type samples struct {
	latest        []time.Duration
	median, limit time.Duration // limit is the least slow time; 0 if both must be computed
}

// NewTimings returns timings without samples.
func NewTimings() *Timings { return &Timings{endpoints: map[string]*endpoint{}} }

// Add adds the times of a changed task; old is the snapshot before, nil for a new task.
func (t *Timings) Add(old, next *poller.Task) {
	if next.Started == 0 && !next.State.Terminal() || old != nil && old.State == next.State {
		return
	}
	e := t.endpoint(next.Request.Endpoint)
	t.endpoints[next.Request.Endpoint] = e
	e.lastStarted = max(e.lastStarted, next.Seq)
	// Failures often end early, so that only the times of successes count.
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

// endpoint returns what is known of an endpoint, which may be nothing.
func (t *Timings) endpoint(name string) *endpoint {
	if e := t.endpoints[name]; e != nil {
		return e
	}
	return &endpoint{lastStarted: -1}
}

func (s *samples) add(d time.Duration) {
	s.limit = 0
	s.latest = append(s.latest, max(d, 100*time.Millisecond)) // polls resolve no shorter time
	s.latest = s.latest[max(len(s.latest)-maxSamples, 0):]
}

// usual returns the median of the times and the least slow time; 0 for too few samples.
func (s *samples) usual() (center, limit time.Duration) {
	if s.limit == 0 && len(s.latest) >= minSamples {
		center := median(slices.Clone(s.latest))
		deviations := make([]float64, len(s.latest))
		for i, v := range s.latest {
			deviations[i] = math.Abs(math.Log(float64(v) / float64(center)))
		}
		spread := 1.4826 * median(deviations)
		k := 3 + 15/float64(len(s.latest))
		s.median, s.limit = center, time.Duration(float64(center)*max(minSlow, math.Exp(k*spread)))
	}
	return s.median, s.limit
}

// median sorts values and returns their median.
func median[T float64 | time.Duration](values []T) T {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// Expect returns the usual run time of a live task's endpoint, and in how long a queued task will
// start; 0 if unknown. A worker becomes free each time the usual time divided by the number of
// running tasks has passed, the first one after half of that. A queue position is not used where it
// is older than the task would take to start and run, or the endpoint reports only positions of 0.
func (t *Timings) Expect(task *poller.Task, now poller.Stamp) (usual, startsIn time.Duration) {
	e := t.endpoint(task.Request.Endpoint)
	usual, _ = e.run.usual()
	if usual == 0 || task.State != poller.Queued || task.QueuePosition < 0 || task.Trouble != nil || !e.hasPositions || e.running == 0 {
		return usual, 0
	}
	startsIn = (2*time.Duration(task.QueuePosition) + 1) * usual / time.Duration(2*e.running)
	age := now.Sub(task.Seen)
	if age > startsIn+usual {
		return usual, 0
	}
	return usual, max(startsIn-age, time.Millisecond)
}

// Usual returns the median and the 95th percentile of an endpoint's run times; 0 if unknown.
func (t *Timings) Usual(endpoint string) (center, p95 time.Duration) {
	run := &t.endpoint(endpoint).run
	if center, _ = run.usual(); center == 0 {
		return 0, 0
	}
	return center, quantiles(slices.Clone(run.latest)).P95
}

// CountRunning counts the running tasks of each endpoint, and notes which endpoints report queue
// positions.
func (t *Timings) CountRunning(live iter.Seq[*poller.Task], now poller.Stamp) {
	running := map[string]int{}
	for task := range live {
		if task.State == poller.Running {
			running[task.Request.Endpoint]++
		} else if e := t.endpoints[task.Request.Endpoint]; e != nil && task.QueuePosition > 0 {
			e.hasPositions = true
		}
	}
	for name, e := range t.endpoints {
		if e.running > 0 && running[name] == 0 {
			e.idleSince = now
		}
		e.running = running[name]
	}
}

// Slow reports whether a live task is slow, and why. The limit after counts where the usual time of
// its endpoint is unknown; 0 for no limit.
func (t *Timings) Slow(task *poller.Task, now poller.Stamp, after time.Duration) (slow bool, why string) {
	since, limit, reason := t.limitOf(task, after)
	if since == 0 || limit == 0 || now.Sub(since) < limit {
		return false, ""
	}
	doing := "running"
	if task.State != poller.Running {
		doing = "waiting"
	}
	return true, fmt.Sprintf("it has been %s for more than %s%s", doing, limit.Round(time.Second), reason)
}

// limitOf returns when a task began to wait or run, after how long that is slow, and the reason to
// show for that limit. The times are 0 if unknown.
func (t *Timings) limitOf(task *poller.Task, after time.Duration) (since poller.Stamp, limit time.Duration, reason string) {
	const thanOthers = ", which is far longer than the endpoint's finished tasks did"
	e := t.endpoint(task.Request.Endpoint)
	switch task.State {
	case poller.Running:
		if _, limit := e.run.usual(); limit > 0 {
			return task.Started, limit, thanOthers
		}
		return task.Started, after, ""
	case poller.New, poller.Queued:
		_, limit := e.queue.usual()
		switch {
		case limit > 0 && e.lastStarted >= task.Seq:
			return task.Queued, limit, thanOthers
		case task.Queued != 0 && e.running == 0 && task.QueuePosition <= 0 && (limit > 0 || after == 0 || after > stuckAfter):
			return max(task.Queued, e.idleSince), max(limit, stuckAfter), ", and nothing of its endpoint runs"
		case limit == 0:
			return task.Queued, after, ""
		}
	}
	return 0, 0, "" // tasks before it have not started yet
}
