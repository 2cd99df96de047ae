package poller_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// soakHours returns how many hours of virtual time a soak takes: three for each
// minute of POLLTOP_SOAK, and three if it is not set. The clock is that of the
// bubble, which is also the poller's own: an hour passes in seconds.
func soakHours(t *testing.T) int {
	t.Helper()
	text := os.Getenv("POLLTOP_SOAK")
	if text == "" {
		return 3
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("POLLTOP_SOAK=%s: %v", text, err)
	}
	return max(3*int(d/time.Minute), 3)
}

// isLong reports whether tests take their full size, as .ci/soak has them: hours of
// virtual time, all seeds and every cell of a matrix.
func isLong() bool { return os.Getenv("POLLTOP_SOAK") != "" }

// soakRound is how often tasks come and go, and soakBatch how many come then.
const (
	soakRound = time.Minute
	soakBatch = 8
)

// TestSoak has tasks come, end and be taken away for hours, with all troubles of
// the matrix among them. What is tracked stays level, and so must goroutines,
// connections and the heap, but for the place of every task that ever was.
func TestSoak(t *testing.T) {
	hours := soakHours(t)
	options := poller.Options{Rate: 50, Concurrency: 16, Interval: 5 * time.Second, FetchResults: true}
	withRig(t, false, faulty.Config{}, options, func(r *rig) {
		random := rand.New(rand.NewPCG(7, 9))
		faults := passing()
		var tracked []int32
		var levels []level
		came, went, ends := 0, 0, 0
		for round := range hours * 60 {
			requests := make([]queue.Request, soakBatch)
			for i := range requests {
				requests[i] = r.submit(1, soakPlan(random, faults, came+i))[0]
			}
			came += soakBatch
			first := r.poller.Track(requests).First
			for i := range soakBatch {
				tracked = append(tracked, first+int32(i))
			}
			r.persist(soakRound)
			if round%7 == 3 {
				r.network.Cut()
			}
			// The oldest go, ended or not, when there are ten minutes' worth.
			if over := len(tracked) - 10*soakBatch; over > 0 {
				for _, gone := range r.poller.Untrack(tracked[:over]...) {
					if gone.State.Terminal() {
						ends++
					}
					delete(r.tasks, gone.Seq)
				}
				tracked, went = append([]int32(nil), tracked[over:]...), went+over
			}
			if round%60 == 59 {
				levels = append(levels, r.level(came))
				t.Logf("after %d h: %d tasks came, %d went, %d of them ended; %+v", round/60+1, came, went, ends, levels[len(levels)-1])
			}
		}
		if ends < went*3/4 {
			t.Errorf("of %d tasks that went only %d had ended", went, ends)
		}
		wantLevel(t, levels, simulatorEach(faults))
	})
}

// simulatorEach returns how many bytes a simulator keeps of each task that it was
// given, which are none of the poller's.
func simulatorEach(faults []simulator.Fault) int64 {
	const tasks = 4000
	random := rand.New(rand.NewPCG(7, 9))
	before := heapInUse()
	s := faulty.New(faulty.Config{})
	for i := range tasks {
		s.Submit("wan26_i2v", soakPlan(random, faults, i))
	}
	each := (heapInUse() - before) / tasks
	s.Close()
	return each
}

// heapInUse returns the bytes of the heap that are in use.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int64(memory.HeapAlloc)
}

// level is what the process takes at a moment.
type level struct {
	tasks, goroutines, connections int
	heap                           int64 // bytes that are in use
}

// level measures. The simulator, which keeps every task, is in the process too.
func (r *rig) level(tasks int) level {
	return level{tasks, runtime.NumGoroutine(), r.network.Open(), heapInUse()}
}

// soakEach is how many bytes a task may leave behind that is not tracked any
// more: its place with the poller, and what the test and the simulator's log of
// it take here.
const soakEach = 1 << 10

// wantLevel checks that the end takes no more than the first third, but for what
// the tasks since then have left behind. A single hour would not do for that: what
// happens to be in use at its two ends may differ by as much.
func wantLevel(t *testing.T, levels []level, simulated int64) {
	t.Helper()
	before, last := levels[(len(levels)-1)/3], levels[len(levels)-1]
	if last.goroutines > before.goroutines+2*16 {
		t.Errorf("goroutines grew from %d to %d", before.goroutines, last.goroutines)
	}
	if last.connections > 16 {
		t.Errorf("%d connections are open", last.connections)
	}
	each := (last.heap-before.heap)/int64(last.tasks-before.tasks) - simulated
	t.Logf("a task that came and went leaves %d bytes with the poller, %d with the simulator", each, simulated)
	if each > soakEach {
		t.Errorf("the heap grew from %d to %d bytes: %d a task", before.heap, last.heap, each)
	}
}

// passing returns the kinds of trouble of the matrix that hit one task.
func passing() []simulator.Fault {
	var faults []simulator.Fault
	for _, row := range append(append(httpRows(), bodyRows()...), oddRows()...) {
		if row.fault.Kind != nil && row.host == "" {
			fault := row.fault
			fault.FromPoll, fault.UntilPoll = 2, 4
			faults = append(faults, fault)
		}
	}
	return faults
}

// soakPlan returns the plan of the task with a number: every second meets a
// trouble, every third fails, and every fiftieth outlives its tracking.
func soakPlan(random *rand.Rand, faults []simulator.Fault, number int) simulator.Plan {
	plan := simulator.Plan{Queue: time.Duration(random.IntN(60)) * time.Second, Run: time.Duration(random.IntN(120)) * time.Second}
	if number%2 == 0 {
		plan.Faults = []simulator.Fault{faults[number/2%len(faults)]}
	}
	if number%3 == 0 {
		plan.Outcome = simulator.Outcome{ErrorType: queue.ErrorInference, Message: "out of memory"}
	}
	if number%50 == 0 {
		plan.Run = 24 * time.Hour
	}
	return plan
}
