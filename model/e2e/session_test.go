//go:build unix

package e2e

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"polltop/poller/simulator/faulty"
)

// state returns a state directory of a test's own, and its place in the
// environment.
func state(t *testing.T) (dir, env string) {
	t.Helper()
	dir = t.TempDir()
	return dir, "XDG_STATE_HOME=" + dir
}

// sessionFile is where a session lies in a state directory.
func sessionFile(dir, session string) string {
	return filepath.Join(dir, "polltop", "sessions", session+".db")
}

func TestSessionSurvivesTheTerminal(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Record: true})
	_, home := state(t)
	failed, live := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever)
	term := start(t, options{env: s.env(home)})
	term.waitText("No tasks yet")
	term.paste(failed + "\n" + live)
	term.waitText("2 added") // a notice, which may be over before the rest is there
	term.waitText("failed 1", "running 1")
	if err := term.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	term.wait() // or the next would find it alive still, and view
	asked := len(s.Polls(failed))

	term = start(t, options{env: s.env(home)})
	term.waitText("session default: 2 tasks, 1 live one asked again", "failed 1", "running 1", "CONTENT_BLOCKED")
	if strings.Contains(term.text(), "Change the prompt") {
		t.Errorf("the pane opened for a failure of before\n%s", term.text())
	}
	if again := len(s.Polls(failed)); again != asked {
		t.Errorf("the ended task was asked %d times more", again-asked)
	}
	term.keys("n", enter)
	term.waitText("Change the prompt", "safety policy")
	term.keys("q")
	term.wait()

	// Another session has none of them.
	term = start(t, options{env: s.env(home)}, "--session", "other")
	term.waitText("No tasks yet", "other")
	term.keys("q")
	term.wait()
}

func TestSecondPolltopViewsAndTakesOver(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	ids := s.submit(3, forever)
	first := start(t, options{width: 120, height: 24, env: s.env(home)}, ids[:2]...)
	first.waitText("2 added") // a notice, which may be over before the rest is there
	first.waitText("running 2")
	second := start(t, options{width: 120, height: 24, env: s.env(home)})
	second.waitText("◇ viewing", "polls", "running 2")
	second.paste(ids[2])
	second.waitText("1 added") // a notice, which may be over before the rest is there
	second.waitText("running 3")
	first.waitText("running 3")
	second.keys("p")
	second.waitText("pausing is for the polltop with pid")
	if err := first.command.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second.waitText("has ended: polling goes on here", "● live")
	second.keys("q")
	second.wait()
}

func TestSessionThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		shows   []string
	}{
		"damaged": {
			prepare: func(t *testing.T, dir string) {
				write(t, sessionFile(dir, "default"), strings.Repeat("nonsense ", 600))
			},
			shows: []string{"kept as"},
		},
		"no directory can be made": {
			prepare: func(t *testing.T, dir string) { write(t, filepath.Join(dir, "polltop"), "a file") },
			shows:   []string{"nothing is kept on disk", "not kept on disk"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, home := state(t)
			c.prepare(t, dir)
			term := start(t, options{width: 160, height: 24, env: s.env(home)}, s.Submit("wan26_i2v", forever))
			term.waitText(append(c.shows, "running 1")...)
			term.keys("q")
			if status, _ := term.wait(); status != 0 {
				t.Errorf("exit status %d", status)
			}
			term.wantRestored()
		})
	}
}

// The session directory is deleted under a running dashboard: it says so, and at the
// end everything is on disk again.
func TestDeletedSessionIsWrittenAnew(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	dir, home := state(t)
	failed, live := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever)
	term := start(t, options{width: 160, height: 24, env: s.env(home)})
	term.waitText("No tasks yet")
	term.paste(failed + "\n" + live)
	term.waitText("failed 1", "running 1")
	if err := os.RemoveAll(filepath.Join(dir, "polltop")); err != nil {
		t.Fatal(err)
	}
	term.waitText("written anew at", "nothing is lost")
	term.keys("q")
	term.wait()
	term = start(t, options{env: s.env(home)})
	term.waitText("session default: 2 tasks", "failed 1", "running 1")
	term.keys("q")
	term.wait()
}

func TestBadRecordIsToldAndRepaired(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	dir, home := state(t)
	first, second := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", forever)
	term := start(t, options{env: s.env(home)}, first, second)
	term.waitText("failed 1", "running 1")
	term.keys("q")
	term.wait()
	db, err := sql.Open("sqlite", sessionFile(dir, "default"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE tasks SET state = -81 WHERE id = ?", first); err != nil {
		t.Fatal(err)
	}
	db.Close()
	term = start(t, options{width: 160, height: 24, env: s.env(home)})
	term.waitText("1 record of session default could not be read and is kept aside: polltop sessions repair default", "running 1")
	term.keys("q")
	term.wait()
	if status, stdout, stderr := run(t, []string{home}, "", "sessions", "repair", "default"); status != 0 || !strings.Contains(stdout, first) || !strings.Contains(stdout, "1 of 1 are tracked again") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	term = start(t, options{env: s.env(home)})
	term.waitText("failed 1", "running 1")
	term.keys("q")
	term.wait()
}

func TestSpecialFileForASessionIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	dir, home := state(t)
	path := sessionFile(dir, "batch")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := run(t, s.env(home), "", "wait", "--session", "batch", s.Submit("wan26_i2v", forever))
	if status != 2 || !strings.Contains(stderr, path+" is a FIFO") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs polltop without a terminal and returns its exit status and outputs.
func run(t *testing.T, env []string, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	command := exec.Command(binary, args...)
	home := t.TempDir()
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_STATE_HOME=" + home, "NO_PROXY=*"}, env...)
	var out, err strings.Builder
	command.Stdout, command.Stderr = &out, &err
	if stdin != "" {
		command.Stdin = strings.NewReader(stdin)
	}
	if failure := command.Run(); failure != nil && command.ProcessState == nil {
		t.Fatal(failure)
	}
	return command.ProcessState.ExitCode(), out.String(), err.String()
}

func TestSessionsAreListedAndDeleted(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	term := start(t, options{env: s.env(home)}, "--session", "batch-7", s.Submit("wan26_i2v", forever), s.Submit("wan26_i2v", blocked))
	term.waitText("failed 1", "running 1")
	if status, _, stderr := run(t, []string{home}, "", "sessions", "rm", "batch-7"); status != 2 || !strings.Contains(stderr, "in use") {
		t.Errorf("deleting one in use: status %d, %s", status, stderr)
	}
	term.keys("q")
	term.wait()
	status, stdout, _ := run(t, []string{home}, "", "sessions")
	if line := strings.Fields(strings.Split(stdout, "\n")[1]); status != 0 || len(line) < 5 || line[0] != "batch-7" || line[1] != "2" || line[2] != "1" || line[4] != "1" {
		t.Errorf("status %d, listed\n%s", status, stdout)
	}
	if status, _, stderr := run(t, []string{home}, "", "sessions", "rm", "batch-7"); status != 0 {
		t.Errorf("status %d, %s", status, stderr)
	}
	if _, stdout, _ := run(t, []string{home}, "", "sessions"); !strings.Contains(stdout, "no sessions yet") {
		t.Errorf("after deleting it:\n%s", stdout)
	}
}

// TestLabelsAreKeptAndFiltered holds that a label that a script gave is in its objects, in
// the session's dashboard and in the filter, and that L labels what was pasted.
func TestLabelsAreKeptAndFiltered(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	first, pasted := s.Submit("wan26_i2v", quick), s.Submit("wan26_i2v", quick)
	status, out, errs := run(t, s.env(home), first, "wait", "--json", "--session", "night", "--label", "cats")
	if status != 0 || objects(t, out)[0]["label"] != "cats" {
		t.Errorf("status %d, written %s%s", status, out, errs)
	}
	term := start(t, options{width: 140, height: 24, env: s.env(home)}, "--session", "night")
	term.waitText("LABEL", "cats", "done 1")
	term.paste(pasted)
	term.waitText("1 added: L to label") // a notice, which may be over before the rest is there
	term.waitText("done 2")
	term.keys("L")
	term.waitText("Label the last added 1 task")
	term.paste("dogs")
	term.waitText("label  dogs")
	term.keys(enter)
	term.waitText("1 labeled")
	term.keys("/")
	term.paste("label:dog")
	term.waitText("1 of 2")
	term.keys(enter, "q")
	term.wait()
	_, out, _ = run(t, s.env(home), "", "export", "--session", "night")
	if exported := objects(t, out); len(exported) != 2 || exported[0]["label"] != "cats" || exported[1]["label"] != "dogs" {
		t.Errorf("exported %s", out)
	}
}
