package poller_test

import (
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// A host that answers nothing is told after three seconds, long before the time-out of a
// request, and no more from its first answer on.
func TestSilenceIsToldAtOnce(t *testing.T) {
	withBench(t, faulty.Config{Faults: []simulator.Fault{{Kind: faulty.SlowHeaders, From: 10 * time.Second, Until: time.Minute}}}, plain, func(b *bench) {
		b.poller.Track(b.submit(5, simulator.Plan{Run: time.Hour}))
		b.pass(10 * time.Second)
		if b.hosts[0].SilentSince != 0 {
			t.Error("a host that answers is told silent")
		}
		b.until("told silent", func() bool { return b.hosts[0].SilentSince != 0 })
		if took := time.Since(b.start); took > 15*time.Second {
			t.Errorf("silent from 10 s on, told after %s", took)
		}
		if since := b.hosts[0].SilentSince.Time().Sub(b.start); since < 10*time.Second || since > 12*time.Second {
			t.Errorf("told since %s, want since soon after 10 s", since)
		}
		b.until("answered again", func() bool { return b.hosts[0].SilentSince == 0 })
		if took := time.Since(b.start); took < time.Minute {
			t.Errorf("told to answer after %s, want from a minute on", took)
		}
	})
}

// A queue that knew none of its requests is named after a few answers; one that knew one
// is not, whatever it forgets later.
func TestQueueThatKnowsNothingIsNamed(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		known, wrong := b.submit(1, simulator.Plan{Run: time.Hour}), b.request("mmsu_wrong")
		wrong.Endpoint = "wan25_i2v"
		b.poller.Track(append(known, wrong, b.request("mmsu_gone")))
		b.pass(10 * time.Second)
		if got := b.hosts[0].NotFoundQueues; len(got) != 1 || got[0] != wrong.QueueURL() {
			t.Errorf("named %q, want %q", got, wrong.QueueURL())
		}
		if want := "http://localhost:80" + simulator.BasePath + "/v1/queue/wan25_i2v"; wrong.QueueURL() != want {
			t.Errorf("the queue's address is %s, want %s", wrong.QueueURL(), want)
		}
	})
}

// An endpoint whose tasks have ended in an earlier run is one that the service knows.
func TestQueueOfEndedTasksIsNotNamed(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		ended := b.request("mmsu_ended")
		tasks := []*poller.Task{{Seq: 0, Request: ended, State: poller.Succeeded, Seen: poller.StampOf(b.start), Ended: poller.StampOf(b.start)}, {Seq: 1, Request: b.request("mmsu_gone")}}
		b.run(poller.Options{Rate: 10, Interval: time.Second, Tasks: tasks})
		b.pass(10 * time.Second)
		if got := b.hosts[0].NotFoundQueues; len(got) != 0 {
			t.Errorf("named %q, where a task has succeeded", got)
		}
	})
}
