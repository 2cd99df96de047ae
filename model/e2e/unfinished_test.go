//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// Cancels that were confirmed and not sent are asked about when the dashboard is to
// quit, told when it has, and offered at the next start.
func TestConfirmedCancelsAreNotDropped(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	ids := s.submit(30, forever)
	term := start(t, options{width: 120, height: 24, env: s.env(home)}, ids...)
	term.waitText("running 30")
	term.keys("q")
	term.wait()

	// One request a second: most cancels still wait when it is to quit.
	term = start(t, options{width: 120, height: 24, env: s.env(home)}, "--rate", "1")
	term.waitText("all 30")
	term.keys("*", "x")
	term.answer("Cancel 30 tasks", "y")
	term.waitText("canceling")
	term.keys("q")
	term.waitText("cancels are not sent yet", "w  Wait", "q  Quit without")
	term.keys("q")
	_, out := term.wait()
	if !strings.Contains(out, "cancels are not sent yet: the next start offers to send them") {
		t.Errorf("the farewell does not tell what was not done:\n%s", out)
	}

	term = start(t, options{width: 120, height: 24, env: s.env(home)}, "--rate", "100")
	term.waitText("polltop ended before it sent them", "y  Send them")
	term.keys("y")
	term.waitText("canceled 30")
}

// The command of --exec runs once for each task that ends in the session, also for
// one whose first answer is final, and also over a restart.
func TestExecRunsOnceForEachEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	log := filepath.Join(t.TempDir(), "log")
	// Each command takes a while, so that some have not run when it is to quit.
	exec := "cat >> " + log + "; sleep 0.2"
	ids := append(s.submit(40, simulator.Plan{}), s.submit(20, simulator.Plan{Run: time.Second})...)
	term := start(t, options{width: 120, height: 24, env: s.env(home)}, append(ids, "--rate", "200", "--exec", exec)...)
	term.waitText("done 60")
	term.keys("q")
	term.waitText("not run yet", "q  Quit without")
	term.keys("q")
	term.wait()

	// Those that ran when it was to quit were ended, and do not run again.
	least := len(ids) - 4
	term = start(t, options{width: 120, height: 24, env: s.env(home)}, "--exec", exec)
	term.waitFor("all commands run", func(string) bool { return lines(log) >= least })
	term.keys("q")
	term.waitUnlessOver("that it waits for the last", func(screen string) bool { return strings.Contains(screen, "w  Wait") })
	term.keys("w")
	term.wait()
	term = start(t, options{width: 120, height: 24, env: s.env(home)}, "--exec", exec)
	term.waitText("done 60")
	term.keys("q")
	term.wait()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, id := range ids {
		n := strings.Count(string(text), id+"\",")
		if ran += n; n > 1 {
			t.Errorf("the command ran %d times for %s", n, id)
		}
	}
	if ran < least {
		t.Errorf("the command ran for %d of %d tasks", ran, len(ids))
	}
}

// lines returns how many lines a file has, 0 where there is none.
func lines(path string) int {
	text, _ := os.ReadFile(path)
	return strings.Count(string(text), "\n")
}

// A command that runs when it is to quit is ended and not run again, and that is what
// the question and the farewell say.
func TestRunningCommandIsToldAsEnded(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	term := start(t, options{width: 120, height: 24, env: s.env(home)}, s.submit(1, simulator.Plan{})[0], "--exec", "sleep 50")
	term.waitText("done 1")
	term.keys("q")
	term.waitText("1 command is not finished yet: what runs is ended, and not run again", "q  Quit without")
	term.keys("q")
	if _, out := term.wait(); !strings.Contains(out, "1 command is not finished yet: what runs is ended") || strings.Contains(out, "the next start") {
		t.Errorf("the farewell is\n%s", out)
	}
}
