//go:build unix

package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"polltop/poller/simulator/faulty"
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
	_, kept, stderr := run(t, env, "", "export", "--format", "requests")
	for _, id := range all {
		if !strings.Contains(kept, id) {
			t.Errorf("%s is not in the session: %s%s", id, kept, stderr)
		}
	}
	if _, kept, stderr = run(t, env, "", "export", "--format", "requests", "--state", "failed"); !strings.Contains(kept, failed) {
		t.Errorf("%s is not kept as failed: %s%s", failed, kept, stderr)
	}
}

// wantReport checks the one crash report in a state directory, which has a function
// among those that ran, and that it was told of last in what the program said.
func wantReport(t *testing.T, dir, trace, said string) {
	t.Helper()
	reports, _ := filepath.Glob(filepath.Join(dir, "polltop", "crash-*.txt"))
	if len(reports) != 1 {
		t.Fatalf("reports: %v\n%s", reports, said)
	}
	text, err := os.ReadFile(reports[0])
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(reports[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	panicked, _, _ := strings.Cut(string(text), "all goroutines:")
	if !strings.Contains(panicked, trace) || panicked == string(text) || strings.Contains(string(text), key) {
		t.Errorf("the report has no %s, or the key:\n%s", trace, text)
	}
	last := said[max(strings.LastIndex(said, "polltop: crashed"), 0):]
	if strings.Count(said, "polltop: crashed") != 1 || strings.Count(last, "\n") != 2 || !strings.Contains(last, "own fault: ") || !strings.Contains(last, reports[0]) {
		t.Errorf("in the end it said\n%s", said)
	}
}

// A wait that panics tells what it knows and where the report is, also where its
// output is stuck.
func TestDyingOfAPanicInAWait(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for place, trace := range map[string]string{"worker": "mined.Status", "stdin": "input.readPieces", "stuck worker": "mined.Status"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			dir, home := state(t)
			command := exec.Command(program, s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever))
			command.Env = append(s.env(home), "POLLTOP_E2E_PLAY=wait "+place, "HOME="+dir, "NO_PROXY=*")
			var said strings.Builder
			command.Stderr = &said
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { command.Process.Kill() })
			last, changes := "", 0
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if last = lines.Text(); strings.Contains(last, `"event":"ended"`) || strings.Contains(last, `"event":"running"`) {
					changes++
				}
				if changes == 2 {
					changes++
					command.Process.Signal(syscall.SIGUSR1)
				}
			}
			command.Wait()
			if status := command.ProcessState.ExitCode(); status != 3 {
				t.Errorf("exit status %d\n%s", status, said.String())
			}
			wantReport(t, dir, trace, said.String())
			if !strings.HasPrefix(place, "stuck") && !strings.Contains(last, `"event":"summary"`) {
				t.Errorf("the last line is no summary: %s", last)
			}
		})
	}
}

func TestDyingOfAPanicLeavesAReport(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	for place, trace := range map[string]string{
		"worker": "mined.Status", "update": "(*Model).Update", "view": "(*Model).View", "command": "minedTracker.Next", "stream": "minedStreams.Run",
		"stdin": "input.readPieces", "follow": "input.(*feed).run", "download": "download.(*Downloader).work", "exec": "hook.(*Runner).work",
		"beat": "session.(*Session).maintain", "stuck download": "download.(*Downloader).work",
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
			if status != 1 {
				t.Errorf("exit status %d", status)
			}
			wantReport(t, dir, trace, after)
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
	s := serve(t, faulty.Config{})
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

// A crash report has no byte of the payloads of its session, which goes on with them.
func TestCrashReportHasNoPayloads(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	dir, home := state(t)
	long := strings.ReplaceAll(payload(1, "success")+payload(2, "success"), "0.01", "3600")
	if status, _, stderr := run(t, s.env(home), long, "submit", "--max-live", "1", "--timeout", "500ms"); status != 3 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	term := startPlay(t, "update", options{width: 120, height: 40, env: s.env(home)})
	term.waitText("all 2", "1 to submit")
	if err := term.command.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if status, after := term.wait(); status != 1 {
		t.Errorf("exit status %d: %s", status, after)
	}
	reports, _ := filepath.Glob(filepath.Join(dir, "polltop", "crash-*.txt"))
	if len(reports) != 1 {
		t.Fatalf("reports: %v", reports)
	}
	if text, err := os.ReadFile(reports[0]); err != nil || !strings.Contains(string(text), "(*Model).Update") || strings.Contains(string(text), "secret prompt") {
		t.Errorf("%v: the report is\n%s", err, text)
	}
	if _, listed, _ := run(t, s.env(home), "", "sessions"); !strings.Contains(listed, "default  2      2") {
		t.Errorf("the session is listed as %s", listed)
	}
}
