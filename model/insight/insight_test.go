package insight

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

const t0 poller.Stamp = 1_000_000_000_000

func task(seq int, state poller.State, endpoint, errorType, message string) *poller.Task {
	t := &poller.Task{Seq: int32(seq), State: state, ErrorType: errorType, Error: message, InferenceTime: -1, Added: t0, Queued: t0,
		Request: queue.Request{ID: fmt.Sprintf("mmsu_%d", seq), Endpoint: endpoint}}
	if state.Terminal() {
		t.Started, t.Ended = t0+1000, t0+poller.Stamp(1000*(seq+2))
	}
	return t
}

func TestTwoHundredFailuresAreFourGroups(t *testing.T) {
	var tasks []*poller.Task
	for i := range 200 {
		switch i % 4 {
		case 0:
			tasks = append(tasks, task(i, poller.Failed, "wan26_i2v", queue.ErrorInference, fmt.Sprintf("GPU %d out of memory", i)))
		case 1:
			tasks = append(tasks, task(i, poller.Failed, "wan26_i2v", queue.ErrorTimeout, fmt.Sprintf("timed out after %d s", i)))
		case 2:
			tasks = append(tasks, task(i, poller.Failed, "kling", queue.ErrorBlocked, "blocked"))
		default:
			tasks = append(tasks, task(i, poller.NotFound, "kling", "", "Request not found"))
		}
	}
	tasks = append(tasks, task(200, poller.Succeeded, "kling", "", ""), task(201, poller.Running, "kling", "", ""))
	groups := NewGrouper().Group(views.ByError, tasks)
	if len(groups) != 4 {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	for _, g := range groups {
		if g.Count != 50 || g.Share != 0.25 || g.Example == nil || g.First >= g.Last {
			t.Errorf("group %+v", g)
		}
		n := 0
		for _, task := range tasks {
			if g.Contains(task) {
				n++
			}
		}
		if n != 50 || !g.Contains(g.Example) {
			t.Errorf("%s matches %d tasks, its example %v; want 50", g.Label, n, g.Contains(g.Example))
		}
	}
	if endpoints := NewGrouper().Group(views.ByEndpoint, tasks); len(endpoints) != 2 || endpoints[0].Label != "kling" || endpoints[0].Count != 102 || endpoints[1].Share != 1 {
		t.Errorf("by endpoint: %+v", endpoints)
	}
	tasks[0].Request.Label = "cats"
	if labels := NewGrouper().Group(views.ByLabel, tasks); len(labels) != 2 || labels[0].Label != "(no label)" || labels[1].Label != "cats" || labels[1].Count != 1 {
		t.Errorf("by label: %+v", labels)
	}
	if states := NewGrouper().Group(views.ByState, tasks); len(states) != 4 || states[0].Label != "failed" || states[0].Count != 150 {
		t.Errorf("by state: %+v", states)
	}
}

// Every task that is grouped is in exactly one group, and the group finds it.
func TestGroupsArePartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tasks []*poller.Task
		for i := range rapid.IntRange(1, 60).Draw(t, "tasks") {
			state := poller.State(rapid.IntRange(0, int(poller.StateCount)-1).Draw(t, "state"))
			tasks = append(tasks, task(i, state, rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "endpoint"),
				rapid.SampledFrom([]string{"", "X", "Y"}).Draw(t, "type"), rapid.SampledFrom([]string{"", "one 1", "one 2", "two"}).Draw(t, "message")))
		}
		kind := rapid.SampledFrom(views.Groupings).Draw(t, "kind")
		groups := NewGrouper().Group(kind, tasks)
		grouped := 0
		for _, task := range tasks {
			in := 0
			for _, g := range groups {
				if g.Contains(task) {
					in++
				}
			}
			want := 1
			if (kind == views.ByError || kind == views.ByNextStep) && !task.Problem() {
				want = 0
			}
			if in != want {
				t.Fatalf("task %+v is in %d groups, want %d", task, in, want)
			}
			grouped += want
		}
		sum := 0
		for _, g := range groups {
			sum += g.Count
		}
		if sum != grouped {
			t.Fatalf("the counts sum up to %d, want %d", sum, grouped)
		}
	})
}

func TestGroupsAreBounded(t *testing.T) {
	var tasks []*poller.Task
	for i := range 3 * maxGroups {
		tasks = append(tasks, task(i, poller.Failed, "a", "", fmt.Sprintf("garbage %c%c", 'a'+i%26, 0x4e00+i)))
	}
	groups := NewGrouper().Group(views.ByError, tasks)
	if len(groups) != maxGroups+1 || groups[0].Label != otherErrors.label || groups[0].Count != 2*maxGroups || !groups[0].Contains(tasks[len(tasks)-1]) || groups[0].Contains(tasks[0]) {
		t.Errorf("%d groups, the first %+v", len(groups), groups[0])
	}
}

func TestStatistics(t *testing.T) {
	var tasks []*poller.Task
	for i := 1; i <= 100; i++ {
		x := task(i, poller.Succeeded, "wan26_i2v", "", "")
		x.Started, x.Ended, x.Polls, x.InferenceTime = t0+2000, t0+2000+poller.Stamp(i)*1000, 3, float64(i)
		tasks = append(tasks, x)
	}
	tasks = append(tasks, task(101, poller.Failed, "kling", "X", ""), task(102, poller.Running, "kling", "", ""), task(103, poller.Canceled, "kling", queue.ErrorCanceled, ""))
	stats := Statistics(tasks, t0+5*60_000)
	all, wan := stats.Endpoints[0], stats.Endpoints[1]
	if all.Live != 1 || all.Succeeded != 100 || all.Failed != 1 || all.Canceled != 1 || all.Polls != 300 {
		t.Errorf("all %+v", all)
	}
	want := views.Quantiles{P50: 50 * time.Second, P95: 95 * time.Second, Max: 100 * time.Second}
	if wan.Name != "wan26_i2v" || wan.Run != want || wan.Inference != want || wan.Queue.P50 != 2*time.Second {
		t.Errorf("wan26_i2v: %+v", wan)
	}
	sum := 0
	for i, bin := range wan.Histogram {
		sum += bin.Count
		if i > 0 && bin.From != wan.Histogram[i-1].To {
			t.Errorf("bins %+v do not join", wan.Histogram)
		}
	}
	if sum != 100 || len(wan.Histogram) > maxBins {
		t.Errorf("histogram %+v", wan.Histogram)
	}
	ended := 0.0
	for _, n := range stats.Ended {
		ended += n
	}
	if ended != 102 || len(stats.Ended) != len(stats.Failed) || len(stats.Ended) > 7 {
		t.Errorf("ended %v, failed %v", stats.Ended, stats.Failed)
	}
}

// finished lets an endpoint finish tasks with the given run times in seconds.
func finished(runs ...float64) *Timings {
	p := NewTimings()
	for i, seconds := range runs {
		end := task(i, poller.Succeeded, "wan26_i2v", "", "")
		end.Started = t0 + 10_000
		end.Ended = end.Started + poller.Stamp(seconds*1000)
		p.Add(&poller.Task{Seq: int32(i), State: poller.Running}, end)
	}
	return p
}

func running(seq int, seconds float64) (*poller.Task, poller.Stamp) {
	t := task(seq, poller.Running, "wan26_i2v", "", "")
	t.Started = t0
	return t, t0 + poller.Stamp(seconds*1000)
}

// What is usual is told once enough have finished: the median, and the time below which 95 %
// of them were.
func TestUsual(t *testing.T) {
	runs := []float64{}
	for i := range 20 {
		runs = append(runs, float64(i+1))
	}
	for _, c := range []struct {
		runs         []float64
		middle, most time.Duration
	}{
		{runs[:minSamples-1], 0, 0},
		{runs[:minSamples], 3 * time.Second, 5 * time.Second},
		{append(slices.Clone(runs[:19]), 3000), 10500 * time.Millisecond, 19 * time.Second},
	} {
		if middle, most := finished(c.runs...).Usual("wan26_i2v"); middle != c.middle || most != c.most {
			t.Errorf("of %v: usual %s, 95 %% under %s, want %s and %s", c.runs, middle, most, c.middle, c.most)
		}
	}
	if middle, most := NewTimings().Usual("wan26_i2v"); middle+most != 0 {
		t.Errorf("of no task: %s, %s", middle, most)
	}
}

func TestSlow(t *testing.T) {
	for _, c := range []struct {
		name  string
		runs  []float64
		run   float64
		after time.Duration
		want  bool
	}{
		{"never before five have finished", []float64{10, 10, 10, 10}, 500, 0, false},
		{"but after the fixed time", []float64{10, 10}, 61, time.Minute, true},
		{"not before it", []float64{10, 10}, 59, time.Minute, false},
		{"like the others", []float64{10, 11, 9, 10, 12}, 15, 0, false},
		{"a straggler", []float64{10, 11, 9, 10, 12}, 60, 0, true},
		{"the fixed time no longer counts", []float64{10, 11, 9, 10, 12}, 15, time.Second, false},
		{"an outlier does not move it", []float64{10, 11, 9, 10, 12, 10, 11, 9, 3000}, 60, 0, true},
	} {
		p := finished(c.runs...)
		task, now := running(99, c.run)
		slow, why := p.Slow(task, now, c.after)
		if slow != c.want || (why != "") != slow {
			t.Errorf("%s: %v %q, want %v", c.name, slow, why, c.want)
		}
	}
}

// Of tasks that run as the others do, few are called slow, however skewed the
// times are; one that runs five times the median is where they are not too wide.
func TestUsualTimesAreRarelySlow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, sigma := range []float64{0.2, 0.4, 0.6, 0.8} {
		alarms, trials := 0, 4000
		for range trials / 20 {
			runs := make([]float64, 5+random.IntN(100))
			for i := range runs {
				runs[i] = 30 * math.Exp(sigma*random.NormFloat64())
			}
			p := finished(runs...)
			for range 20 {
				task, now := running(999, 30*math.Exp(sigma*random.NormFloat64()))
				if slow, _ := p.Slow(task, now, 0); slow {
					alarms++
				}
			}
		}
		if share := float64(alarms) / float64(trials); share > 0.02 {
			t.Errorf("sigma %.1f: %.1f%% of usual tasks are called slow", sigma, 100*share)
		}
	}
}

// When a queued task will begin is told where the service tells places, by how many run, and
// less the age of what is known.
func TestWhenAQueuedTaskStarts(t *testing.T) {
	runs := []float64{10, 10, 10, 10, 10, 10}
	for _, c := range []struct {
		name       string
		runs       []float64
		at, others int32 // the task's place and that of another; -1 for none
		running    int
		age        time.Duration
		want       time.Duration
	}{
		{"the fourth behind two that run", runs, 3, 4, 2, 0, 17500 * time.Millisecond},
		{"the first", runs, 0, 4, 2, 0, 2500 * time.Millisecond},
		{"asked a while ago", runs, 3, 4, 2, 10 * time.Second, 7500 * time.Millisecond},
		{"due", runs, 0, 4, 2, 5 * time.Second, time.Millisecond},
		{"asked too long ago", runs, 0, 4, 2, 13 * time.Second, 0},
		{"nothing runs", runs, 3, 4, 0, 0, 0},
		{"too few have finished", runs[:minSamples-1], 3, 4, 2, 0, 0},
		{"a service that tells no places", runs, -1, -1, 2, 0, 0},
		{"a service that tells the first place to all", runs, 0, 0, 2, 0, 0},
	} {
		p, now := finished(c.runs...), t0+3_600_000
		waits, other := task(90, poller.Queued, "wan26_i2v", "", ""), task(91, poller.Queued, "wan26_i2v", "", "")
		waits.QueuePosition, other.QueuePosition = c.at, c.others
		waits.Seen = now - poller.Stamp(c.age.Milliseconds())
		live := []*poller.Task{waits, other}
		for i := range c.running {
			running, _ := running(80+i, 1)
			live = append(live, running)
		}
		p.CountRunning(slices.Values(live), now)
		troubled := *waits
		troubled.Trouble = &queue.Fault{Kind: queue.TimedOut}
		if _, starts := p.Expect(&troubled, now); starts != 0 {
			t.Errorf("%s: of a task that gets no answer it tells %s", c.name, starts)
		}
		if _, starts := p.Expect(waits, now); starts != c.want {
			t.Errorf("%s: in %s, want %s", c.name, starts, c.want)
		}
	}
}

func TestWaitingIsSlowOnlyWhenOvertaken(t *testing.T) {
	p := finished(10, 10, 10, 10, 10, 10) // seqs 0 to 5, each of which waited 10 s
	late := task(9, poller.Queued, "wan26_i2v", "", "")
	late.QueuePosition = 0
	runs, _ := running(8, 1)
	p.CountRunning(slices.Values([]*poller.Task{late, runs}), t0)
	if slow, _ := p.Slow(late, t0+3_600_000, 0); slow {
		t.Error("a task whose turn has not come is called slow")
	}
	// Nothing of its endpoint runs any more.
	p.CountRunning(slices.Values([]*poller.Task{late}), t0+3_600_000)
	for after, want := range map[time.Duration]bool{time.Minute: false, stuckAfter: true} {
		if slow, why := p.Slow(late, t0+3_600_000+poller.Stamp(after.Milliseconds()), 0); slow != want || slow && !strings.Contains(why, "nothing of its endpoint runs") {
			t.Errorf("nothing has run for %s: slow is %v, %q", after, slow, why)
		}
	}
	// So it is where nothing is known, but not behind the tasks of others.
	if slow, _ := NewTimings().Slow(late, t0+3_600_000, 0); !slow {
		t.Error("a task that waits for an hour at the head of a queue is not called slow")
	}
	late.QueuePosition = 4
	if slow, _ := NewTimings().Slow(late, t0+3_600_000, 0); slow {
		t.Error("the fifth of a queue is called slow")
	}
	overtaken := task(3, poller.Queued, "wan26_i2v", "", "")
	if slow, why := p.Slow(overtaken, t0+3_600_000, 0); !slow || why == "" {
		t.Error("a task that others have overtaken for an hour is not called slow")
	}
}

func BenchmarkGroup100k(b *testing.B) {
	tasks := make([]*poller.Task, 100_000)
	for i := range tasks {
		tasks[i] = task(i, poller.Failed, "wan26_i2v", queue.ErrorInference, fmt.Sprintf("GPU %d out of memory", i%5000))
	}
	g := NewGrouper()
	for b.Loop() {
		g.Group(views.ByError, tasks)
	}
}

func BenchmarkStatistics100k(b *testing.B) {
	tasks := make([]*poller.Task, 100_000)
	for i := range tasks {
		tasks[i] = task(i, poller.Succeeded, fmt.Sprint("endpoint", i%5), "", "")
	}
	for b.Loop() {
		Statistics(tasks, t0+3_600_000)
	}
}

func TestGroupsByNextStepAndCost(t *testing.T) {
	tasks := []*poller.Task{
		task(0, poller.Failed, "a", "X", "one"), task(1, poller.Failed, "a", "Y", "two"), task(2, poller.Expired, "a", "", "gone"),
		task(3, poller.Succeeded, "a", "", ""), task(4, poller.Unread, "a", "", "not to be read"),
	}
	tasks[0].NextStep, tasks[1].NextStep, tasks[2].NextStep = "change the input", "change the input", "submit again"
	tasks[0].Cost, tasks[0].CostUnit, tasks[3].Cost, tasks[3].CostUnit = 1, "credits", 2.5, "credits"
	groups := NewGrouper().Group(views.ByNextStep, tasks)
	if len(groups) != 2 || groups[0].Label != "change the input" || groups[0].Count != 2 || groups[1].Label != "submit again" {
		t.Errorf("the groups are %+v", groups)
	}
	stats := Statistics(tasks, t0)
	if report.CostsOf(tasks)["credits"] != 3.5 || stats.Endpoints[0].Unknown != 2 || stats.Endpoints[0].Failed != 2 {
		t.Errorf("the sum is %+v", stats.Endpoints[0])
	}
}

// A group tells what can be done about all of its tasks, or that this is not the same.
func TestTheNextStepOfAGroup(t *testing.T) {
	for want, steps := range map[string][]string{
		"wait": {"wait", "wait"}, "": {"", ""}, views.StepsDiffer: {"wait", "", "wait"},
	} {
		var tasks []*poller.Task
		for i, step := range steps {
			tasks = append(tasks, task(i, poller.Failed, "a", "X", "one"))
			tasks[i].NextStep = step
		}
		if groups := NewGrouper().Group(views.ByError, tasks); len(groups) != 1 || groups[0].NextStep != want {
			t.Errorf("of the steps %q the group tells %q", steps, groups[0].NextStep)
		}
	}
}

// A group's name has the error type once, also where the message begins with it.
func TestErrorTypeIsOnceInTheLabel(t *testing.T) {
	task := &poller.Task{State: poller.Failed, ErrorType: "request_timeout", Error: "request_timeout: took too long"}
	if groups := NewGrouper().Group(views.ByError, []*poller.Task{task}); len(groups) != 1 || groups[0].Label != "request_timeout: took too long" {
		t.Errorf("%+v", groups)
	}
}
