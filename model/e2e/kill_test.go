//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/store"
)

// kills is how often a process is killed.
const kills = 200

// Kill -9 at any moment loses no task that was added and no end that was seen. A
// process that reads tasks as they come and tells what changes is killed, again
// and again on one session, and what it had told is looked up on disk.
func TestKilledAtAnyMomentNothingIsLost(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Seed: 7})
	dir, home := state(t)
	random := rand.New(rand.NewPCG(3, 5))
	told, ends := map[string]bool{}, map[string]string{}
	lives := 0
	for range kills {
		var ids []string
		for range 5 {
			plan := simulator.Plan{Run: time.Duration(random.IntN(60)) * time.Millisecond}
			if random.IntN(3) == 0 {
				plan.Outcome = blocked.Outcome
			}
			ids = append(ids, s.Submit("wan26_i2v", plan))
		}
		ids = append(ids, s.Submit("wan26_i2v", forever)) // it never ends by itself
		seen := killedAfter(t, append(s.env(home), "HOME="+dir), ids, time.Duration(random.IntN(40_000))*time.Microsecond, random.IntN(4) == 0)
		if len(seen) > 0 {
			lives++
		}
		for _, o := range seen {
			if before, over := ends[o.RequestID]; over && o.Outcome != before {
				t.Fatalf("%s ended as %s and came back as %q", o.RequestID, before, o.Outcome)
			}
			told[o.RequestID] = true
			if o.Event == "ended" {
				ends[o.RequestID] = o.Outcome
			}
		}
		wantKept(t, sessionFile(dir, "killed"), told, ends)
	}
	t.Logf("killed %d times, %d of them after something was told: %d tasks told, %d ends", kills, lives, len(told), len(ends))
	if lives < kills/4 || len(ends) < kills/2 {
		t.Errorf("only %d of %d processes told anything, with %d ends: this proves little", lives, kills, len(ends))
	}
}

// object is what the test reads of a task object.
type object struct {
	Event     string `json:"event"`
	RequestID string `json:"request_id"`
	Outcome   string `json:"outcome"`
}

// killedAfter runs a process that is killed so long after it first told
// something, or, if early, after its start, and returns all whole objects that it
// wrote.
func killedAfter(t *testing.T, env, ids []string, after time.Duration, early bool) []object {
	t.Helper()
	command := exec.Command(binary, append([]string{"wait", "--json", "--session", "killed", "--interval", "5ms", "--rate", "2000"}, ids...)...)
	command.Env = env
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { time.AfterFunc(after, func() { command.Process.Kill() }) }
	// Some die while they open the session, the others at any moment from when
	// they first told something.
	armed := early
	if early {
		kill()
	}
	var seen []object
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !armed {
			armed = true
			kill()
		}
		var o object
		if json.Unmarshal(lines.Bytes(), &o) == nil {
			seen = append(seen, o)
		}
	}
	command.Wait()
	return seen
}

// wantKept checks that all that was told is on disk.
func wantKept(t *testing.T, path string, told map[string]bool, ends map[string]string) {
	t.Helper()
	if len(told) == 0 {
		return
	}
	kept, err := store.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	loaded, err := kept.Load(queue.ParseBase)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, task := range loaded.Tasks {
		states[task.Request.ID] = fmt.Sprint(task.State)
	}
	for id := range told {
		if _, ok := states[id]; !ok {
			t.Fatalf("%s was told and is not in %s", id, filepath.Base(path))
		}
	}
	words := map[string]string{"succeeded": "done", "failed": "failed"}
	for id, outcome := range ends {
		if states[id] != words[outcome] {
			t.Fatalf("%s was told as %s and is kept as %s", id, outcome, states[id])
		}
	}
}
