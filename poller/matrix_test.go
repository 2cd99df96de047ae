package poller_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

const (
	// troubleFrom is when the trouble of a row begins, by when its task runs.
	troubleFrom = 5 * time.Second
	// troubleLasts is for how long it lasts, unless a row says otherwise.
	troubleLasts = time.Minute
	// calmAfter is how long after the trouble the task goes on to run.
	calmAfter = 25 * time.Second
)

// health is how a host fares as its user sees it.
type health string

const (
	fine      health = "fine"
	outage    health = "an outage"
	hold      health = "on hold"
	stopped   health = "stopped"
	forbidden health = "an endpoint is forbidden"
	partly    health = "an endpoint in trouble"
)

// healthOf returns what the header tells of a host.
func healthOf(h poller.HostStatus) health {
	switch {
	case h.Stopped != nil:
		return stopped
	case len(h.Forbidden) > 0:
		return forbidden
	case h.Outage != nil:
		return outage
	case h.HoldUntil != 0:
		return hold
	case len(h.Troubles) > 0:
		return partly
	}
	return fine
}

// row is one kind of trouble with one task: what makes it, what the user sees
// while it lasts, what polling does meanwhile, and how the task ends.
type row struct {
	name string
	// fault is what the service makes of the task's polls, begin and end what
	// happens between it and the poller.
	fault      simulator.Fault
	begin, end func(r *rig)
	secure     bool
	lasts      time.Duration
	forGood    bool // the fault does not end
	outcome    simulator.Outcome
	queued     bool // the task waits all the time and does not run before the calm

	// trouble is what kept the answers from coming, 0 where answers came, and
	// says a part of what is told of it.
	trouble queue.FaultKind
	says    string
	host    health       // "" is fine
	state   poller.State // while the trouble lasts; 0 is that of before

	// least and most bound the polls while the trouble lasts, gap is the least
	// time between two of them, and last that before the last one.
	least, most int
	gap, last   time.Duration

	ends       poller.State // 0 is Succeeded
	err, class string       // of the end
}

// TestFaultMatrix has a row for each way in which a service, a network, a
// certificate or a laptop can go wrong.
func TestFaultMatrix(t *testing.T) {
	rows := slices.Concat(httpRows(), bodyRows(), networkRows(), oddRows())
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			withRig(t, row.secure, faulty.Config{}, plain, row.run)
		})
	}
	seen := map[*simulator.FaultKind]bool{}
	for _, row := range rows {
		seen[row.fault.Kind] = true
	}
	for _, kind := range append(faulty.Kinds(), faulty.OddAnswers()...) {
		if !seen[kind] {
			t.Errorf("%v has no row", kind)
		}
	}
}

// plan returns the plan of the row's task.
func (row *row) plan() simulator.Plan {
	plan := simulator.Plan{Queue: 2 * time.Second, Run: troubleFrom + row.lasts + calmAfter - 2*time.Second, Outcome: row.outcome}
	if row.queued {
		plan.Queue, plan.Run = plan.Run, plan.Queue
	}
	if row.fault.Kind != nil {
		fault := row.fault
		fault.From = max(fault.From, troubleFrom)
		if !row.forGood {
			fault.Until = troubleFrom + row.lasts
		}
		plan.Faults = []simulator.Fault{fault}
	}
	return plan
}

func (row row) run(r *rig) {
	if row.lasts == 0 {
		row.lasts = troubleLasts
	}
	plan := row.plan()
	requests := r.submit(1, plan)
	r.poller.Track(requests)
	const margin = 100 * time.Millisecond
	r.pass(troubleFrom - margin)
	before := r.tasks[0]
	if want := row.before(); before.State != want || before.Trouble != nil {
		r.t.Fatalf("before the trouble the task is %s, %v; want %s", before.State, before.Trouble, want)
	}
	if row.begin != nil {
		row.begin(r)
	}
	r.pass(time.Until(r.start.Add(troubleFrom + row.lasts - margin)))
	row.during(r, before)
	r.pass(2 * margin)
	if row.end != nil {
		row.end(r)
	}
	at := r.until("ended", r.ended(1))
	if !row.forGood {
		// A time-out and the longest wait between two polls are what the end can
		// be late by.
		if due := plan.Queue + plan.Run; at < due || at > due+45*time.Second {
			r.t.Errorf("the end at %s was seen at %s", due, at)
		}
	}
	row.after(r)
}

// before returns the state in which the trouble finds the task.
func (row *row) before() poller.State {
	if row.queued {
		return poller.Queued
	}
	return poller.Running
}

// during looks at what is seen and done shortly before the trouble ends.
func (row *row) during(r *rig, before *poller.Task) {
	t, task := r.t, r.tasks[0]
	want := before.State
	if row.state != 0 {
		want = row.state
	}
	if task.State != want {
		t.Errorf("the state became %s, want %s", task.State, want)
	}
	made := int(task.Polls - before.Polls)
	if made < row.least || made > row.most {
		t.Errorf("%d polls in %s, want %d to %d", made, row.lasts, row.least, row.most)
	}
	switch {
	case row.trouble == 0 && (task.Trouble != nil || task.Failures != 0):
		t.Errorf("the trouble %v after %d failures is told, though answers came", task.Trouble, task.Failures)
	case row.trouble != 0 && task.Trouble == nil:
		t.Errorf("no trouble is told")
	case row.trouble != 0 && (task.Trouble.Kind != row.trouble || !strings.Contains(task.Trouble.Error(), row.says)):
		t.Errorf("the trouble told is of kind %d: %q; want kind %d with %q", task.Trouble.Kind, task.Trouble, row.trouble, row.says)
	case row.trouble != 0 && int(task.Failures) != made:
		t.Errorf("%d failures are told of %d polls", task.Failures, made)
	}
	if row.host == "" {
		row.host = fine
	}
	if got := healthOf(r.hosts[0]); got != row.host {
		t.Errorf("the host is told to be %s, want %s", got, row.host)
	}
	row.gaps(r)
}

// gaps looks at the times between the polls in the trouble.
func (row *row) gaps(r *rig) {
	var last time.Time
	var gap time.Duration
	for _, at := range r.lid.polls() {
		if at.Sub(r.start) < troubleFrom {
			continue
		}
		if gap = at.Sub(last); !last.IsZero() && gap < row.gap {
			r.t.Errorf("two polls were %s apart, want %s at least", gap, row.gap)
		}
		last = at
	}
	if gap < row.last {
		r.t.Errorf("the last two polls were %s apart, want %s at least", gap, row.last)
	}
}

// after looks at the end, and that it is the end.
func (row *row) after(r *rig) {
	t := r.t
	row.endedRightly(t, r.tasks[0])
	asked := r.server.Stats()
	if open := r.network.Open(); open > plain.Concurrency {
		t.Errorf("%d connections are open", open)
	}
	r.pass(10 * time.Minute)
	if got := r.server.Stats(); got.Requests != asked.Requests || got.AfterEnd != 0 {
		t.Errorf("%d requests after the end", got.Requests-asked.Requests)
	}
	if open := r.network.Open(); open != 0 {
		t.Errorf("%d connections are open ten minutes after the last request", open)
	}
}

// endedRightly looks at how the row's task ended.
func (row *row) endedRightly(t *testing.T, task *poller.Task) {
	t.Helper()
	want := row.ends
	if want == 0 {
		want = poller.Succeeded
	}
	if task.State != want || task.Error != row.err || task.ErrorType != row.class {
		t.Errorf("%s: it ended %s with %q of type %q; want %s with %q of type %q",
			row.name, task.State, task.Error, task.ErrorType, want, row.err, row.class)
	}
	if want != poller.NotFound && (task.Trouble != nil || task.Failures != 0) {
		t.Errorf("%s: the trouble %v after %d failures is told beside the end", row.name, task.Trouble, task.Failures)
	}
}
