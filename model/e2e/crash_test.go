//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"polltop/poller/simulator"
)

// startPlay starts a play of this test program in a terminal.
func startPlay(t *testing.T, play string, o options, args ...string) *terminal {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.program, o.env = program, append(o.env, "POLLTOP_E2E_PLAY="+play)
	return start(t, o, args...)
}

// wantSession checks which tasks are in the default session of a state directory,
// and which of them as failed.
func wantSession(t *testing.T, env []string, all []string, failed string) {
	t.Helper()
	_, kept, stderr := run(t, env, "", "export", "--format", "ids")
	for _, id := range all {
		if !strings.Contains(kept, id) {
			t.Errorf("%s is not in the session: %s%s", id, kept, stderr)
		}
	}
	if _, kept, stderr = run(t, env, "", "export", "--format", "ids", "--state", "failed"); !strings.Contains(kept, failed) {
		t.Errorf("%s is not kept as failed: %s%s", failed, kept, stderr)
	}
}

func TestDyingOfAPanicLeavesAReport(t *testing.T) {
	t.Parallel()
	s := serve(t, simulator.Config{})
	for place, trace := range map[string]string{
		"worker": "mined.Status", "update": "(*Model).Update", "view": "(*Model).View", "command": "minedTracker.Next", "stream": "minedStreams.Run",
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			dir, home := state(t)
			failed, live := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever)
			term := startPlay(t, place, options{width: 120, height: 40, env: s.env(home)}, failed, live)
			term.waitText("failed 1", "running 1", "CONTENT_BLOCKED")
			if err := term.command.Process.Signal(syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			status, after := term.wait()
			reports, _ := filepath.Glob(filepath.Join(dir, "polltop", "crash-*.txt"))
			if len(reports) != 1 {
				t.Fatalf("reports: %v; exit status %d\n%s", reports, status, after)
			}
			text, err := os.ReadFile(reports[0])
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(reports[0]); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			if !strings.Contains(string(text), trace) || !strings.Contains(string(text), "all goroutines:") || strings.Contains(string(text), key) {
				t.Errorf("the report has no %s, or the key:\n%s", trace, text)
			}
			said := after[strings.LastIndex(after, "polltop: crashed"):]
			if status != 1 || strings.Count(said, "\n") != 2 || !strings.Contains(said, "own fault: ") || !strings.Contains(said, reports[0]) {
				t.Errorf("exit status %d, in the end it said\n%s", status, said)
			}
			if strings.Contains(after, "goroutine ") || strings.Contains(term.raw.String(), key) {
				t.Errorf("left in the scrollback:\n%s", after)
			}
			term.wantRestored()
			wantSession(t, s.env(home), []string{failed, live}, failed)
		})
	}
}

// An Update that never returns keeps neither signals nor the end of the process.
func TestDyingThoughUpdateHangs(t *testing.T) {
	t.Parallel()
	s := serve(t, simulator.Config{})
	_, home := state(t)
	failed, live := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever)
	term := startPlay(t, "stuck", options{width: 120, height: 40, env: s.env(home)}, failed, live)
	term.waitText("failed 1", "running 1", "CONTENT_BLOCKED")
	term.command.Process.Signal(syscall.SIGUSR1)
	term.command.Process.Signal(syscall.SIGTERM)
	if status, _ := term.wait(); status != 128+15 {
		t.Errorf("exit status %d", status)
	}
	term.wantRestored()
	wantSession(t, s.env(home), []string{failed, live}, failed)
}
