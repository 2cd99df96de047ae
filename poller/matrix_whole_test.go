package poller_test

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// inOwnProcess is set in the environment of the process that runs the matrix for
// the sake of its memory.
const inOwnProcess = "POLLTOP_TEST_MATRIX"

// TestWholeMatrixAtOnce has hundreds of tasks with all troubles of the matrix
// spread over them, and those of the network upon all. Each ends as its row says,
// within 100 MiB.
//
// The measure is all that Go's runtime has ever had from the system: the heap at
// its largest, with its garbage, the stacks, and the simulator, which is in the
// same process. It falls never, so no peak can hide between two looks at it. It is
// that of a process of its own, as other tests before this one would blur it.
func TestWholeMatrixAtOnce(t *testing.T) {
	if os.Getenv(inOwnProcess) != "" {
		withinMemory(t)
		return
	}
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	own := exec.CommandContext(t.Context(), program, "-test.run=^TestWholeMatrixAtOnce$", "-test.v")
	own.Env = append(os.Environ(), inOwnProcess+"=1")
	output, err := own.CombinedOutput()
	if err != nil {
		t.Errorf("in a process of its own: %v", err)
	}
	t.Logf("%s", output)
}

// withinMemory runs the matrix twice: with all, and without those that silence the
// host for most of the time, so that the others come as thick as the limits allow.
func withinMemory(t *testing.T) {
	const bound = 100 << 20
	rows := slices.DeleteFunc(slices.Concat(httpRows(), bodyRows(), oddRows()), func(r row) bool { return r.fault.Kind == nil })
	t.Run("all", func(t *testing.T) { wholeMatrix(t, rows) })
	thick := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.host != "" && r.host != outage })
	t.Run("without silence", func(t *testing.T) { wholeMatrix(t, thick) })
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%.1f MiB were had from the system, %.1f of them for the heap", float64(memory.Sys)/(1<<20), float64(memory.HeapSys)/(1<<20))
	if memory.Sys > bound {
		t.Errorf("%d bytes were had from the system, want %d at most", memory.Sys, bound)
	}
}

// wholeMatrix has hundreds of tasks, or a thousand, with the rows' troubles spread over them.
func wholeMatrix(t *testing.T, rows []row) {
	tasks := 300
	if isLong() {
		tasks = 1000
	}
	options := poller.Options{Rate: 200, Concurrency: 16, Interval: 15 * time.Second}
	withRig(t, true, faulty.Config{}, options, func(r *rig) {
		requests := make([]queue.Request, tasks)
		for i := range requests {
			requests[i] = r.submit(1, rows[i%len(rows)].amongOthers())[0]
		}
		r.poller.Track(requests)
		for _, trouble := range networkRows() {
			r.persist(time.Minute)
			if trouble.begin != nil {
				trouble.begin(r)
				r.persist(time.Minute)
			}
			if trouble.end != nil {
				trouble.end(r)
			}
		}
		for hours := 0; !r.ended(tasks)(); hours++ {
			if hours == 5 {
				t.Fatalf("after %s not all have ended: %s", time.Since(r.start), r.summary())
			}
			r.persist(time.Hour)
		}
		for i, task := range r.tasks {
			row := rows[int(i)%len(rows)]
			row.endedRightly(t, task)
			if task.Polls < 2 {
				t.Errorf("%s: it ended without the second poll, which is the first to meet it", row.name)
			}
		}
		s := r.server.Stats()
		t.Logf("%s of virtual time, %d requests, %d connections, at most %d requests at once", time.Since(r.start).Round(time.Second), s.Requests, s.Connections, r.lid.crowd())
		// Requests inside a Retry-After are right here: a task that is refused again, at a
		// rate that was borne before, waits alone.
		if r.lid.crowd() > options.Concurrency || s.MaxInFlightPerID > 1 || s.AfterEnd > 0 {
			t.Errorf("bad manners: %d requests at once, %+v", r.lid.crowd(), s)
		}
	})
}

// amongOthers returns the plan of the row's task among those of all others, where
// a trouble is bounded by polls: in a window of time it could be missed, while
// another's silences the host.
func (row *row) amongOthers() simulator.Plan {
	fault := row.fault
	if !row.forGood {
		fault.FromPoll, fault.UntilPoll = 2, 4
	}
	return simulator.Plan{Queue: time.Minute, Run: 75 * time.Minute, Outcome: row.outcome, Faults: []simulator.Fault{fault}}
}

// persist lets time pass with a user at hand who lifts at once what a refusal of
// the key has stopped.
func (r *rig) persist(d time.Duration) {
	for until := time.Now().Add(d); time.Now().Before(until); {
		r.pass(2 * time.Second)
		if health := healthOf(r.hosts[0]); health == stopped || health == forbidden {
			r.poller.Unblock()
		}
	}
}
