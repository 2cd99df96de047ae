//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// readLog returns the lines of a log, and fails the test where a secret is in it
// or others may read it.
func readLog(t *testing.T, path string, secrets ...string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, secret := range append(secrets, key) {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in the log\n%s", secret, text)
		}
	}
	return objects(t, string(text))
}

// having counts the lines in which a field has a value.
func having(lines []map[string]any, field string, value any) int {
	n := 0
	for _, line := range lines {
		if line[field] == value {
			n++
		}
	}
	return n
}

func TestLogOfEachCommand(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	done := s.Submit("wan26_i2v", quick)
	const cookie = "session=abcdef-very-secret"
	for _, command := range []string{"wait", "status"} {
		path := filepath.Join(t.TempDir(), "polltop.log")
		status, _, stderr := run(t, s.env("POLLTOP_LOG="+path), "", command, "-H", "Cookie: "+cookie, "--rate", "50", done)
		if status != 0 {
			t.Fatalf("%s: exit status %d: %s", command, status, stderr)
		}
		lines := readLog(t, path, cookie)
		first, last := lines[0], lines[len(lines)-1]
		if first["msg"] != "start" || first["command"] != command || first["rate"] != 50.0 || first["tasks"] != 1.0 || last["msg"] != "end" {
			t.Errorf("%v\n%v", first, last)
		}
		if flags, _ := first["flags"].([]any); len(flags) != 2 || flags[0] != "header" || flags[1] != "rate" {
			t.Errorf("flags: %v", first["flags"])
		}
		if having(lines, "request_id", done) == 0 || having(lines, "status", "COMPLETED") != 1 {
			t.Errorf("the log is %v", lines)
		}
	}
}

func TestLogOfTheDashboard(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	path := filepath.Join(t.TempDir(), "polltop.log")
	term := start(t, options{width: 140, height: 30, env: s.env()}, "--log", path, "--rate", "50", s.Submit("wan26_i2v", forever))
	term.waitText("running 1")
	s.SetFaults(simulator.Fault{Kind: faulty.ResetBefore})
	term.waitText("offline")
	s.SetFaults()
	term.waitText("live")
	term.waitFor("live again", func(screen string) bool { return !strings.Contains(screen, "offline") })
	term.keys("q")
	if status, after := term.wait(); status != 0 || strings.Contains(after, "log") {
		t.Errorf("exit status %d, in the scrollback:\n%s", status, after)
	}
	lines := readLog(t, path)
	if having(lines, "event", "outage") != 1 || having(lines, "event", "reachable") != 1 || having(lines, "msg", "end") != 1 {
		t.Errorf("the log is %v", lines)
	}
}

func TestLogOfARefusedKey(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	const wrong = "sk-wrong-0123456789"
	path := filepath.Join(t.TempDir(), "polltop.log")
	run(t, []string{"BASE_URL=" + s.url, "API_KEY=" + wrong, "ENDPOINT=wan26_i2v"}, "", "wait", "--log", path, s.Submit("wan26_i2v", quick))
	if lines := readLog(t, path, wrong); having(lines, "event", "stopped") != 1 {
		t.Errorf("the log is %v", lines)
	}
}

func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	done := s.Submit("wan26_i2v", quick)
	if _, err := os.Stat("/dev/full"); err == nil {
		status, _, stderr := run(t, s.env(), "", "wait", "--progress", "none", "--log", "/dev/full", done)
		if status != 0 || strings.Count(stderr, "/dev/full") != 1 || !strings.Contains(stderr, "not whole") {
			t.Errorf("exit status %d: %s", status, stderr)
		}
		term := start(t, options{env: s.env()}, "--log", "/dev/full", done)
		term.waitText("done 1")
		term.keys("q")
		if status, after := term.wait(); status != 0 || strings.Count(after, "/dev/full") != 1 {
			t.Errorf("exit status %d, in the scrollback:\n%s", status, after)
		}
		term.wantRestored()
	}
	status, _, stderr := run(t, s.env(), "", "wait", "--log", t.TempDir(), done)
	if status != 2 || !strings.Contains(stderr, "--log") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("a directory: exit status %d: %s", status, stderr)
	}
}
