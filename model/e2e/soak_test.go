//go:build linux

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// soakTime returns how long a soak takes: POLLTOP_SOAK, which CI sets to
// minutes, or a few seconds.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("POLLTOP_SOAK")
	if text == "" {
		return 10 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 3*time.Second {
		t.Fatalf("POLLTOP_SOAK=%s: give a duration of 3s at least", text)
	}
	return d
}

// What a soak allows. A task that ended stays tracked and in the session, so
// memory and database grow with the tasks; all else must stay level.
const (
	soakEvery    = 10 * time.Millisecond // between two tasks
	soakPerTask  = 4 << 10               // bytes of memory that a task may take
	soakSlack    = 8 << 20               // bytes that Go's heap breathes
	soakDatabase = 1 << 10               // bytes on disk that a task may take
)

// TestSoak runs the real program on a session for POLLTOP_SOAK, with tasks that
// come and end all the time and every kind of trouble that does not silence a
// service, and measures it from outside: its memory, files and threads, and its
// database.
func TestSoak(t *testing.T) {
	s := serve(t, faulty.Config{Seed: 11, Workers: 64})
	dir, home := state(t)
	list := filepath.Join(t.TempDir(), "submitted.log")
	write(t, list, "")
	command := exec.Command(binary, "wait", "--json", "--session", "soak", "--follow", list, "--interval", "250ms", "--rate", "400")
	command.Env = append(s.env(home), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "NO_PROXY=*")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill() })
	var ended atomic.Int64
	last := make(chan string, 1)
	go func() {
		text := ""
		for lines := bufio.NewScanner(out); lines.Scan(); {
			text = lines.Text()
			if strings.Contains(text, `"event":"ended"`) {
				ended.Add(1)
			}
		}
		last <- text
	}()
	samples, submitted := soak(t, s, command.Process.Pid, list, sessionFile(dir, "soak"), soakTime(t))
	command.Process.Signal(syscall.SIGTERM)
	var summary map[string]any
	if text := <-last; json.Unmarshal([]byte(text), &summary) != nil || summary["event"] != "summary" {
		t.Fatalf("the last line is no summary: %q", text)
	}
	command.Wait()
	t.Logf("%d tasks submitted, %d ended, %v polls", submitted, ended.Load(), summary["polls"])
	if ended.Load() < int64(submitted)*3/4 {
		t.Errorf("of %d tasks only %d ended", submitted, ended.Load())
	}
	wantLevel(t, samples)
}

// sample is what the program takes at a moment.
type sample struct {
	after                         time.Duration
	tasks                         int
	memory, files, threads, bytes int64
}

// soak submits tasks for so long and tells the program of each, and returns
// what it took meanwhile and how many there were.
func soak(t *testing.T, s *service, pid int, list, database string, whole time.Duration) (samples []sample, submitted int) {
	t.Helper()
	file, err := os.OpenFile(list, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	random := rand.New(rand.NewPCG(1, 2))
	start, tick := time.Now(), time.NewTicker(soakEvery)
	defer tick.Stop()
	next := whole / 30
	for now := range tick.C {
		if _, err := fmt.Fprintln(file, s.Submit("wan26_i2v", soakPlan(random, submitted))); err != nil {
			t.Fatal(err)
		}
		submitted++
		if after := now.Sub(start); after >= next {
			next += whole / 30
			samples = append(samples, take(t, pid, database, submitted, after))
			if after >= whole {
				return samples, submitted
			}
		}
	}
	return samples, submitted
}

// soakFaults are the kinds of trouble that hit one task and pass.
var soakFaults = []*simulator.FaultKind{
	faulty.Status500, simulator.Gateway502HTML, faulty.NotJSON, faulty.NotObject, faulty.WrongType, faulty.UnknownStatus,
	faulty.WrongFieldTypes, faulty.OtherID, faulty.Backwards, faulty.EmptyBody, faulty.Truncated, faulty.DeepNesting,
}

// soakPlan returns the plan of the task with a number: every fourth meets a
// trouble at its second poll, every third fails.
func soakPlan(random *rand.Rand, number int) simulator.Plan {
	plan := simulator.Plan{Queue: time.Duration(random.IntN(200)) * time.Millisecond, Run: time.Duration(random.IntN(600)) * time.Millisecond}
	if number%3 == 0 {
		plan.Outcome = blocked.Outcome
	}
	if number%4 == 0 {
		plan.Faults = []simulator.Fault{{Kind: soakFaults[number/4%len(soakFaults)], FromPoll: 2, UntilPoll: 3}}
	}
	return plan
}

// take measures the program from outside.
func take(t *testing.T, pid int, database string, tasks int, after time.Duration) sample {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := sample{after: after, tasks: tasks}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 1 && fields[0] == "VmRSS:":
			kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
			m.memory = kilobytes << 10
		case len(fields) > 1 && fields[0] == "Threads:":
			m.threads, _ = strconv.ParseInt(fields[1], 10, 64)
		}
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	m.files = int64(len(files))
	if info, err := os.Stat(database); err == nil {
		m.bytes = info.Size()
	}
	return m
}

// wantLevel checks that the last third of a soak takes no more than the middle
// third, but for what its further tasks may take.
func wantLevel(t *testing.T, samples []sample) {
	t.Helper()
	third := len(samples) / 3
	middle, end := most(samples[third:2*third]), most(samples[2*third:])
	final := samples[len(samples)-1]
	for _, m := range []sample{samples[0], middle, end} {
		t.Logf("%6s: %6d tasks, %5.1f MiB, %3d files, %3d threads, database %5.2f MiB", m.after.Round(time.Second), m.tasks,
			float64(m.memory)/(1<<20), m.files, m.threads, float64(m.bytes)/(1<<20))
	}
	further := int64(end.tasks - middle.tasks)
	if grown := end.memory - middle.memory; grown > soakSlack+further*soakPerTask {
		t.Errorf("memory grew by %d bytes with %d tasks", grown, further)
	}
	if end.files > middle.files+8 {
		t.Errorf("open files grew from %d to %d", middle.files, end.files)
	}
	// Go starts a thread for each system call that blocks for long, as on a busy
	// disk, and keeps it; one for each task or request would be hundreds.
	if end.threads > middle.threads+8 {
		t.Errorf("threads grew from %d to %d", middle.threads, end.threads)
	}
	if each := final.bytes / int64(final.tasks); each > soakDatabase {
		t.Errorf("the database takes %d bytes a task", each)
	} else {
		t.Logf("the database takes %d bytes a task", each)
	}
}

// most returns the most of each that samples have.
func most(samples []sample) sample {
	var m sample
	for _, s := range samples {
		m.after, m.tasks = max(m.after, s.after), max(m.tasks, s.tasks)
		m.memory, m.files = max(m.memory, s.memory), max(m.files, s.files)
		m.threads, m.bytes = max(m.threads, s.threads), max(m.bytes, s.bytes)
	}
	return m
}
