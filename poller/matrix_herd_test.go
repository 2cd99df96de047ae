package poller_test

import (
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/pipe"
)

// herdTasks are more than the rate allows in an interval.
const herdTasks = 10_000

// herd are the limits of the tests that look what a great many tasks do when a
// host comes back.
var herd = poller.Options{Rate: 200, Concurrency: 16, Interval: 15 * time.Second}

// Thousands of tasks that all wait for a host must not come upon it all at once
// when it is back: not after an outage of any kind, and not after a laptop slept.
func TestHostThatComesBackMeetsNoHerd(t *testing.T) {
	away := func(state pipe.NetworkState) func(r *rig) {
		return func(r *rig) {
			r.network.Set(state)
			r.network.Cut()
			r.pass(2 * time.Minute)
			if r.hosts[0].Outage == nil {
				r.t.Error("after two minutes without an answer no outage is told")
			}
			r.network.Set(pipe.Up)
		}
	}
	for name, away := range map[string]func(r *rig){
		"refused":  away(pipe.Refuses),
		"no name":  away(pipe.NoName),
		"dropped":  away(pipe.Drops),
		"sleeping": func(r *rig) { r.sleep(time.Hour) },
	} {
		if !isLong() && (name == "no name" || name == "dropped") {
			continue // they differ from "refused" in the time that a request takes
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withRig(t, false, faulty.Config{Latency: 40 * time.Millisecond}, herd, func(r *rig) {
				r.poller.Track(r.submit(herdTasks, simulator.Plan{Run: 5 * time.Hour}))
				r.pass(20 * time.Second)
				before := r.server.Stats()
				away(r)
				r.comeBack(before)
			})
		})
	}
}

// comeBack looks at the requests of the half minute after a host is back.
func (r *rig) comeBack(before faulty.Stats) {
	t := r.t
	away := r.server.Stats()
	if n := away.Requests - before.Requests; n > herd.Concurrency {
		t.Errorf("%d requests arrived while nothing could, want those under way at most", n)
	}
	var perSecond []int
	last, first := away.Requests, -1
	for second := range 30 {
		r.pass(time.Second)
		now := r.server.Stats().Requests
		perSecond = append(perSecond, now-last)
		last = now
		if first < 0 && perSecond[second] > 1 {
			first = second
		}
	}
	t.Logf("requests in each second after it came back: %v", perSecond)
	// Within a second the rate allows its own number, and the depth of its bucket,
	// a tenth of a second's.
	// Those under way when the host went away may arrive now as well.
	const most = 200 + 20
	perSecond[0] -= min(perSecond[0], herd.Concurrency)
	for second, n := range perSecond {
		if n > most {
			t.Errorf("%d requests in second %d, want %d at most", n, second, most)
		}
	}
	// A probe may be ten seconds off, or wait for its time-out.
	if first < 0 || first > 17 {
		t.Errorf("polling began again in second %d", first)
	} else if n := perSecond[first+1]; n < 160 {
		t.Errorf("%d requests in the second after polling began again, want nearly the rate", n)
	}
	s := r.server.Stats()
	if n := r.lid.crowd(); n > herd.Concurrency {
		t.Errorf("%d requests at once", n)
	}
	if n := s.Connections - away.Connections; n > herd.Concurrency+1 {
		t.Errorf("%d connections were opened, want as many as there are requests at once, and a probe's", n)
	}
	if r.hosts[0].Outage != nil {
		t.Errorf("the outage is still told: %v", r.hosts[0].Outage)
	}
	for _, task := range r.tasks {
		if task.State != poller.Running && task.State != poller.New {
			t.Fatalf("a task is %s", task.State)
		}
	}
}
