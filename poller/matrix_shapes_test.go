package poller_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// shape is whom trouble hits, for how long and when.
type shape struct {
	whom   string // one task, several of an endpoint, one endpoint, everything
	length string // once, a while, for ever
	when   string // start, middle, end
}

func (s shape) String() string { return s.whom + ", " + s.length + ", at the " + s.when }

// The batch of each cell: tasks of two endpoints, of which the first is the sick one.
const (
	shapeTasks     = 6 // of each endpoint
	shapeShortest  = 60 * time.Second
	shapeApart     = 2 * time.Second
	shapeTrouble   = 30 * time.Second // how long a while is
	shapeMiddle    = 20 * time.Second // when the middle begins
	shapeRetryLate = 45 * time.Second // the longest time-out and wait behind trouble
)

// shapeRun returns how long a task of the batch runs. Those of the second endpoint end
// when trouble of the first is over, unless that is for ever.
func shapeRun(endpoint, i int) time.Duration {
	return shapeShortest + time.Duration(i)*shapeApart + time.Duration(endpoint)*(shapeTrouble+shapeTasks*shapeApart)
}

// isSick reports whether a task of the batch is among those that trouble hits.
func (s shape) isSick(endpoint, i int) bool {
	switch s.whom {
	case "one task":
		return endpoint == 0 && i == 3
	case "several tasks":
		return endpoint == 0 && i%3 != 2
	case "one endpoint":
		return endpoint == 0
	}
	return true
}

// window bounds a fault to the shape's time for a task that runs so long. Its end is 0
// for none.
func (s shape) window(f simulator.Fault, run time.Duration) simulator.Fault {
	switch {
	case s.length == "once" && s.when == "start":
		f.FromPoll, f.UntilPoll = 1, 2
	case s.length == "once" && s.when == "middle":
		f.FromPoll, f.UntilPoll = 4, 5
	case s.length == "once":
		f.From, f.Until = run-500*time.Millisecond, run+time.Second
	case s.when == "start":
		f.Until = shapeTrouble
	case s.when == "middle":
		f.From, f.Until = shapeMiddle, shapeMiddle+shapeTrouble
	default:
		f.From, f.Until = run-5*time.Second, run+shapeTrouble
	}
	if s.length == "for ever" {
		f.Until = 0
	}
	return f
}

// shapeKind is a kind of trouble, and for which shapes it means what the matrix checks:
// a refusal of the key is one where it hits many.
type shapeKind struct {
	name      string
	fault     simulator.Fault
	whom      int  // how many kinds of those that it hits are checked; 0 for all
	endsTasks bool // it ends a task that it hits for ever, as not found
}

func shapeKinds() []shapeKind {
	page := func(code int) simulator.Fault {
		return simulator.Fault{Kind: faulty.CustomAnswer(code, http.Header{"Content-Type": {"text/html"}}, "<html><h1>nginx</h1></html>")}
	}
	kind := func(k *simulator.FaultKind) simulator.Fault { return simulator.Fault{Kind: k} }
	return []shapeKind{
		{name: "hangs", fault: kind(faulty.SlowHeaders)},
		{name: "reset", fault: kind(faulty.ResetBefore)},
		{name: "500", fault: kind(faulty.Status500)},
		{name: "503 with Retry-After", fault: simulator.Fault{Kind: faulty.Unavailable503, RetryAfter: 5 * time.Second}},
		{name: "404 as HTML", fault: page(404)},
		{name: "404", fault: kind(simulator.NotFound404), endsTasks: true},
		{name: "429", fault: kind(simulator.RateLimit429)},
		{name: "401", fault: kind(faulty.Unauthorized401), whom: 3},
		{name: "403", fault: kind(faulty.Forbidden403), whom: 1},
		{name: "403 as HTML", fault: page(403)},
	}
}

// TestTroubleOfEveryShape has each kind of trouble hit one task, several, one endpoint
// or everything, once, for a while or for ever, at the start, in the middle or at the end.
// Every end is seen, the healthy are not held back, and what is told names what is in
// trouble and only that.
func TestTroubleOfEveryShape(t *testing.T) {
	options := poller.Options{Rate: 5, Concurrency: 16, Interval: time.Second}
	for k, kind := range shapeKinds() {
		for w, whom := range []string{"one task", "several tasks", "one endpoint", "everything"} {
			if kind.whom > 0 && w >= kind.whom {
				continue
			}
			for l, length := range []string{"once", "a while", "for ever"} {
				for n, when := range []string{"start", "middle", "end"} {
					if !isLong() && (k+w+l+n)%3 != 0 {
						continue // a Latin square has every pair of properties
					}
					s := shape{whom, length, when}
					t.Run(fmt.Sprintf("%s: %s", kind.name, s), func(t *testing.T) {
						t.Parallel()
						withBench(t, faulty.Config{Latency: 20 * time.Millisecond}, options, func(b *bench) { s.run(b, kind) })
					})
				}
			}
		}
	}
}

// toldOf is what was ever told of a host.
type toldOf struct {
	endpoints map[string]bool
	alone     bool // the first endpoint was when all of its healthy tasks had ended
	host      bool
	stopped   *queue.Fault
	forbidden int
}

// note takes in what is told now. When the healthy tasks of the first endpoint have ended,
// all that is left of it may be in trouble.
func (o *toldOf) note(h poller.HostStatus, onlySick bool) {
	for _, trouble := range h.Troubles {
		if onlySick && trouble.Endpoint == "wan26_i2v" {
			o.alone = true
		} else {
			o.endpoints[trouble.Endpoint] = true
		}
	}
	o.host = o.host || h.Outage != nil || h.HoldUntil != 0
	if h.Stopped != nil {
		o.stopped = h.Stopped
	}
	o.forbidden = max(o.forbidden, len(h.Forbidden))
}

// run runs a cell of the matrix.
func (s shape) run(b *bench, kind shapeKind) {
	names := []string{"wan26_i2v", "nano_banana_2"}
	var requests []queue.Request
	for i := range shapeTasks {
		for e, name := range names {
			plan := simulator.Plan{Run: shapeRun(e, i)}
			if s.isSick(e, i) {
				plan.Faults = []simulator.Fault{s.window(kind.fault, shapeRun(e, i))}
			}
			requests = append(requests, b.requestsTo(name, 1, always(plan))...)
		}
	}
	b.poller.Track(requests)
	told := toldOf{endpoints: map[string]bool{}}
	ctx, cancel := context.WithTimeout(context.Background(), shapeRun(1, shapeTasks)+shapeTrouble+shapeRetryLate)
	defer cancel()
	for !b.ended(len(requests))() && b.next(ctx) {
		if len(b.hosts) > 0 {
			told.note(b.hosts[0], s.onlySick(b))
		}
	}
	s.wantEnds(b, kind)
	s.wantTold(b.t, kind, told)
}

// onlySick reports whether the healthy ones of several tasks have ended.
func (s shape) onlySick(b *bench) bool {
	for i := range shapeTasks {
		task := b.tasks[int32(2*i)]
		if !s.isSick(0, i) && (task == nil || !task.State.Terminal()) {
			return false
		}
	}
	return s.whom == "several tasks"
}

// wantEnds checks how the tasks of a cell ended, and how late that was seen.
func (s shape) wantEnds(b *bench, kind shapeKind) {
	healthy, late := 0, time.Duration(0)
	for seq, task := range b.tasks {
		endpoint, i := int(seq)%2, int(seq)/2
		sick, run := s.isSick(endpoint, i), shapeRun(endpoint, i)
		if sick && s.length == "for ever" {
			if !s.mayBe(kind, task.State) {
				b.t.Errorf("a task that is never answered is %s", task.State)
			}
			continue
		}
		if task.State != poller.Succeeded {
			b.t.Errorf("task %d is %s, %v", seq, task.State, task.Trouble)
			continue
		}
		seen := task.Ended.Time().Sub(b.start)
		if !sick {
			healthy, late = healthy+1, late+seen-run
			continue
		}
		due := run
		if f := s.window(kind.fault, run); f.Until > due {
			due = f.Until
		}
		if seen > due+shapeRetryLate {
			b.t.Errorf("the end of task %d, due at %s, was seen at %s", seq, due, seen)
		}
	}
	if healthy > 0 && late/time.Duration(healthy) > 2*time.Second {
		b.t.Errorf("the ends of healthy tasks are seen %s late on average", late/time.Duration(healthy))
	}
}

// mayBe reports whether a task that trouble hits for ever may be in a state. One that the
// service goes on not to know is given up, unless it does not know any of those that it
// knew before, or any at all.
func (s shape) mayBe(kind shapeKind, state poller.State) bool {
	if state == poller.NotFound {
		return kind.endsTasks && (s.whom == "one task" || s.whom == "several tasks" || s.unseen())
	}
	return !state.Terminal() || s.when == "end" && state == poller.Succeeded
}

// unseen reports whether trouble hits one endpoint before any task of it was seen.
func (s shape) unseen() bool { return s.whom == "one endpoint" && s.when == "start" }

// wantTold checks what was told while a cell ran.
func (s shape) wantTold(t *testing.T, kind shapeKind, told toldOf) {
	if told.stopped != nil || told.forbidden > 0 {
		t.Errorf("refused: %v, %d endpoints; want neither", told.stopped, told.forbidden)
	}
	if told.endpoints["nano_banana_2"] && s.whom != "everything" {
		t.Error("the healthy endpoint is told to be in trouble")
	}
	asksForPause := kind.fault.RetryAfter > 0
	lasts := s.length != "once"
	switch s.whom {
	case "one task":
		if told.host || told.endpoints["wan26_i2v"] && !asksForPause {
			t.Errorf("trouble of one task is told of the host (%v) or of %v", told.host, told.endpoints)
		}
	case "several tasks":
		if told.host || told.endpoints["wan26_i2v"] && !asksForPause {
			t.Errorf("trouble of several tasks is told of the host (%v) or of %v", told.host, told.endpoints)
		}
		if s.length == "for ever" && s.when != "end" && !told.alone && !kind.endsTasks {
			t.Error("the endpoint of which only sick tasks are left is not told to be in trouble")
		}
	case "one endpoint":
		if told.host {
			t.Error("trouble of one endpoint is told of the host")
		}
		if lasts && !told.endpoints["wan26_i2v"] && !(kind.endsTasks && s.unseen()) {
			t.Error("trouble of an endpoint is not told")
		}
	default:
		if lasts && !told.host && len(told.endpoints) < 2 {
			t.Errorf("trouble of everything is told of %v alone", told.endpoints)
		}
	}
}
