//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// dialogs are the keys that open what may stand before the table, and what is
// seen of it then.
var dialogs = map[string]struct {
	keys []string
	seen string
}{
	"table":                {nil, "running 1"},
	"help":                 {[]string{"?"}, "previous failure"},
	"add":                  {[]string{"a"}, "Add tasks"},
	"export":               {[]string{"E"}, "Export"},
	"confirm":              {[]string{"x"}, "Cancel"},
	"copy menu":            {[]string{"Y"}, "curl command"},
	"filter":               {[]string{"/", "zzz"}, "zzz"},
	"groups":               {[]string{"g"}, "GROUPED BY"},
	"statistics":           {[]string{"t"}, "P50"},
	"lines refused":        {[]string{"e"}, "Lines refused"},
	"pane":                 {[]string{enter, tab}, "esc close"}, // the focus is the table's where a failure had opened it
	"question on quitting": {[]string{"q"}, "1 download is not finished yet"},
}

func TestDyingInEveryDialog(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	s.SlowFiles(faulty.SlowRate)
	for ending, c := range map[string]struct {
		end    func(*terminal)
		status int
	}{
		"ctrl+c":  {func(term *terminal) { term.keys(ctrlC) }, 0},
		"SIGINT":  {func(term *terminal) { term.command.Process.Signal(syscall.SIGINT) }, 128 + 2},
		"SIGTERM": {func(term *terminal) { term.command.Process.Signal(syscall.SIGTERM) }, 128 + 15},
		"SIGHUP":  {func(term *terminal) { term.command.Process.Signal(syscall.SIGHUP) }, 128 + 1},
	} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			_, home := state(t)
			failed, live, done := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever), s.Submit("wan26_i2v", simulator.Plan{Run: time.Millisecond})
			for name, dialog := range dialogs {
				term := start(t, options{width: 120, height: 40, env: s.env(home)}, failed, live, done, "--output-dir", t.TempDir())
				term.waitText("failed 1", "running 1", "done 1")
				switch name {
				case "question on quitting":
					term.keys("4", "d")
					term.waitText("0/1")
				case "confirm":
					term.keys("3") // the one that can be canceled
				case "lines refused":
					term.paste("mmsu_01kcdh42…")
					term.waitText("1 line refused")
				}
				term.keys(dialog.keys...)
				term.waitText(dialog.seen)
				c.end(term)
				if status, _ := term.wait(); status != c.status {
					t.Errorf("%s: exit status %d, want %d", name, status, c.status)
				}
				term.wantRestored()
			}
			wantSession(t, s.env(home), []string{failed, live, done}, failed)
		})
	}
}

// The window of the terminal is closed: nobody is left to be told anything.
func TestDyingWithTheTerminalClosed(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	failed, live := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever)
	term := start(t, options{width: 120, height: 40, env: s.env(home)}, failed, live)
	term.waitText("failed 1", "running 1", "CONTENT_BLOCKED")
	term.file.Close()
	if status, _ := term.wait(); status != 128+1 {
		t.Errorf("exit status %d", status)
	}
	wantSession(t, s.env(home), []string{failed, live}, failed)
}

// Requests that hang, and a standard input that gives nothing, hold nothing up.
func TestDyingWithEverythingHanging(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	failed, live := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer read.Close()
	term := start(t, options{width: 120, height: 40, env: s.env(home), stdin: read}, "--request-timeout", "4s", failed, live, "-")
	term.waitText("failed 1", "running 1")
	s.SetFaults(simulator.Fault{Kind: faulty.SlowHeaders})
	term.keys("3", "r")
	term.waitText("timed out") // and so the next hangs
	term.command.Process.Signal(syscall.SIGTERM)
	if status, _ := term.wait(); status != 128+15 {
		t.Errorf("exit status %d", status)
	}
	term.wantRestored()
	wantSession(t, s.env(home), []string{failed, live}, failed)
}

// badErrors are standard errors that take nothing.
func badErrors(t *testing.T) map[string]*os.File {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	t.Cleanup(func() { write.Close() })
	bad := map[string]*os.File{"closed": write}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		t.Cleanup(func() { full.Close() })
		bad["full"] = full
	}
	return bad
}

func TestDyingWithABadStandardError(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	done, failed := s.Submit("wan26_i2v", quick), s.Submit("wan26_i2v", blocked)
	for name, stderr := range badErrors(t) {
		// That the log is not whole would be told on standard error.
		term := start(t, options{width: 120, height: 40, env: s.env(), stderr: stderr}, "--log", "/dev/full", done)
		term.waitText("done 1")
		term.keys("q")
		if status, _ := term.wait(); status != 0 {
			t.Errorf("%s: the dashboard's exit status is %d", name, status)
		}
		term.wantRestored()

		command := exec.Command(binary, "wait", "--json", "--progress", "plain", done, failed, "-")
		command.Env = append(s.env(), "HOME="+t.TempDir(), "NO_PROXY=*")
		command.Stdin, command.Stderr = strings.NewReader("not understood\n"), stderr
		out, err := command.Output()
		if command.ProcessState == nil {
			t.Fatal(err)
		}
		if status, all := command.ProcessState.ExitCode(), objects(t, string(out)); status != 1 || all[len(all)-1]["event"] != "summary" {
			t.Errorf("%s: the exit status of wait is %d\n%s", name, status, out)
		}
	}
}

// A wait whose output nobody takes ends all the same.
func TestDyingWaitWithABlockedReader(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(400, simulator.Plan{Run: time.Hour})
	command := exec.Command(binary, append([]string{"wait", "--json", "--rate", "5000", "--interval", "1ms"}, ids...)...)
	command.Env = append(s.env(), "HOME="+t.TempDir(), "NO_PROXY=*")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	command.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(patience, func() { command.Process.Kill() })
	defer late.Stop()
	command.Process.Wait() // not command.Wait, which would read on
}
