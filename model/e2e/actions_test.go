//go:build unix

package e2e

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// wrote waits until the program has written a sequence, drawn or not.
func (term *terminal) wrote(sequence string) {
	term.t.Helper()
	term.waitFor("the sequence "+strings.ReplaceAll(sequence, "\x1b", "ESC"), func(string) bool {
		return strings.Contains(term.raw.String(), sequence)
	})
}

// copied is the sequence that puts a text on the clipboard.
func copied(text string) string {
	return "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text))
}

func TestCancelAsksFollowsAndTells(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{CancelLag: time.Second})
	ids := s.submit(4, forever)
	term := start(t, options{width: 120, height: 30, env: s.env()}, ids...)
	term.waitText("running 4")
	term.keys("s")
	term.waitText("sorted by time added")
	term.keys(" ", " ", "x")
	term.answer("Cancel 2 tasks", "n")
	term.keys("x")
	term.answer("Cancel 2 tasks", "y")
	term.waitText("canceling")
	term.waitText("2 accepted")
	term.waitText("canceled 2", "running 2")
	term.keys("6")
	term.waitFor("the tab of canceled tasks", func(screen string) bool {
		shown := func(id string) bool { return strings.Contains(screen, id[len(id)-6:]) }
		return shown(ids[0]) && shown(ids[1]) && !shown(ids[2])
	})
}

func TestMarksSurviveSortAndFilter(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := append(s.submit(3, forever), s.submit(3, waiting)...)
	term := start(t, options{width: 120, height: 30, env: s.env()}, ids...)
	term.waitText("running 3", "queued 3")
	term.keys("s")
	term.waitText("sorted by time added")
	term.keys("j", "V", "j", "j", "V")
	term.waitText("3 marked")
	term.keys("s", "2")
	term.waitFor("the tab of queued tasks", func(screen string) bool { return !strings.Contains(screen, ids[0]) })
	term.keys("*")
	term.waitText("5 marked")
	term.keys("y")
	term.wrote(copied(strings.Join(ids[1:], "\n")))
	term.keys(esc)
	term.waitFor("no marks", func(screen string) bool { return !strings.Contains(screen, "marked") })
}

func TestUntrackAndUndo(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := append(s.submit(3, forever), s.submit(2, simulator.Plan{Run: time.Millisecond})...)
	term := start(t, options{width: 120, height: 30, env: s.env()}, ids...)
	term.waitText("all 5", "running 3", "done 2")
	term.keys("\x1b[3~") // delete
	term.waitText("all 4", "u undoes")
	term.keys("c")
	term.waitText("all 2", "2 tasks cleared")
	term.keys("u")
	term.waitText("all 4", "done 2")
	term.keys("u")
	term.waitText("all 5", ids[0])
	asked := s.Stats()
	if asked.AfterEnd != 0 {
		t.Errorf("%d polls of ended tasks after they were brought back", asked.AfterEnd)
	}
}

func TestResultIsShownCopiedAndDownloaded(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	id := s.Submit("nano_banana_2", simulator.Plan{Run: time.Millisecond})
	dir := t.TempDir()
	term := start(t, options{width: 160, height: 60, env: s.env()}, "nano_banana_2/"+id, "--output-dir", dir, "--no-preview")
	term.waitText("done 1")
	term.keys(enter)
	screen := term.waitText("image/png", "prompt")
	if !strings.Contains(screen, "/files/") {
		t.Errorf("no output URL on the screen\n%s", screen)
	}
	term.keys("Y")
	term.waitText("curl command")
	term.keys("c")
	term.wrote(copied(`curl -sS '` + s.url + `/v1/queue/nano_banana_2/requests/` + id + `/status' -H "Authorization: Key $API_KEY"`))
	term.keys("d")
	term.waitText("↓ 1/1") // the notice of it is soon gone
	files, err := filepath.Glob(filepath.Join(dir, "nano_banana_2", id+"-1.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("downloaded %v, %v", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil || !strings.HasPrefix(string(content), "\x89PNG") {
		t.Errorf("%s holds %.20q, %v; want a PNG", files[0], content, err)
	}
	if n := s.Stats().ForeignAuth; n != 0 {
		t.Errorf("%d requests to the other origin carried the key or a header of the user's", n)
	}
}

func TestOpenOverSSHCopiesTheURLInstead(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	id := s.Submit("nano_banana_2", simulator.Plan{Run: time.Millisecond})
	term := start(t, options{width: 160, height: 30, env: s.env("SSH_CONNECTION=10.0.0.1 1 10.0.0.2 22")}, "nano_banana_2/"+id)
	term.waitText("done 1")
	term.keys("o")
	term.waitText("copied the URL instead")
	term.wrote("\x1b]52;c;")
}

func TestFailureGroupsFilterTheTable(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	var ids []string
	for i := range 6 {
		message := "GPU 3 out of memory at step 17"
		if i%2 == 0 {
			message = "GPU 5 out of memory at step 99"
		}
		ids = append(ids, s.Submit("wan26_i2v", simulator.Plan{Run: time.Millisecond, Outcome: simulator.Outcome{ErrorType: "INFERENCE_FAILURE", Message: message}}))
	}
	ids = append(ids, s.Submit("wan26_i2v", blocked))
	term := start(t, options{width: 170, height: 30, env: s.env()}, ids...)
	term.waitText("failed 7")
	term.keys(esc)
	term.waitFor("the pane closed", func(screen string) bool { return !strings.Contains(screen, "Model execution failed.") })
	term.keys("g")
	// Six failures that differ only in numbers are one row.
	term.waitFor("two groups", func(screen string) bool {
		return strings.Contains(screen, "6") && strings.Contains(screen, "out of memory") && strings.Contains(screen, "CONTENT_BLOCKED")
	})
	term.keys(down, enter)
	term.waitFor("only the other group", func(screen string) bool {
		return strings.Contains(screen, ids[6]) && !strings.Contains(screen, ids[0])
	})
	term.keys(esc)
	term.waitText("GROUPED BY")
	term.keys(esc)
	term.waitText(ids[0], ids[6])
}

func TestStatsView(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := append(s.submit(5, simulator.Plan{Run: 2 * time.Second}), s.Submit("wan26_i2v", blocked))
	term := start(t, options{width: 200, height: 50, env: s.env()}, ids...)
	term.waitText("done 5", "failed 1")
	term.keys("t")
	term.waitText("wan26_i2v", "P50", "P95", "POLLS")
	term.keys("t")
	term.waitText("REQUEST ID")
}

func TestNotificationWhenAllHaveEnded(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(2, simulator.Plan{Run: 3 * time.Second})
	for name, c := range map[string]struct{ env, sequence string }{
		"kitty":   {"TERM=xterm-kitty", "\x1b]99;"},
		"iTerm2":  {"TERM_PROGRAM=iTerm.app", "\x1b]9;"},
		"unknown": {"TERM=xterm", "\a"},
	} {
		t.Run(name, func(t *testing.T) {
			more := s.submit(1, simulator.Plan{Run: 2 * time.Second})
			term := start(t, options{width: 100, height: 20, env: s.env(c.env)}, append(more, ids...)...)
			term.waitText("✓ 3 done")
			term.wrote(c.sequence)
		})
	}
}

func TestExecRunsForEachEndedTask(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	id := s.Submit("wan26_i2v", simulator.Plan{Run: 2 * time.Second, Outcome: simulator.Outcome{ErrorType: "INFERENCE_FAILURE", Message: "$(touch /tmp/pwned) `id` ; '\""}})
	dir := t.TempDir()
	term := start(t, options{width: 100, height: 30, env: s.env()}, id, "--exec", "cat > "+dir+"/out.tmp; mv "+dir+"/out.tmp "+dir+"/out; env > "+dir+"/env")
	term.waitText("failed 1")
	term.waitText("1 command")
	out, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil || !strings.Contains(string(out), id) || !strings.Contains(string(out), "$(touch /tmp/pwned)") {
		t.Errorf("the command was given %q, %v", out, err)
	}
	if env, err := os.ReadFile(filepath.Join(dir, "env")); err != nil || strings.Contains(string(env), key) {
		t.Errorf("the command's environment has the key, or could not be read (%v)", err)
	}
}

func TestNewKeyWithoutRestart(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(2, forever)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("stale-key-0001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := start(t, options{width: 140, height: 30, env: []string{"BASE_URL=" + s.url, "ENDPOINT=wan26_i2v"}}, append(ids, "--api-key-file", file)...)
	term.waitText("✗ key refused")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	term.keys("K")
	term.waitText("running 2", "live")
}

func TestQuitAsksWhileDownloadsRun(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	s.SlowFiles(faulty.SlowRate)
	id := s.Submit("wan26_i2v", simulator.Plan{Run: time.Millisecond})
	term := start(t, options{width: 120, height: 30, env: s.env()}, id, "--output-dir", t.TempDir())
	term.waitText("done 1")
	term.keys("d")
	term.waitText("0/1")
	term.keys("q")
	term.waitText("1 download is not finished yet", "w  Wait", "q  Quit without")
	term.keys(esc)
	term.waitFor("the question gone", func(screen string) bool { return !strings.Contains(screen, "w  Wait") })
	term.keys("q")
	term.waitText("1 download is not finished yet", "q  Quit without")
	term.keys("q")
	if status, _ := term.wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	term.wantRestored()
}

func TestPicturesInTheTerminalsThatHaveThem(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	id := s.Submit("nano_banana_2", simulator.Plan{Run: time.Millisecond})
	for name, c := range map[string]struct{ env, sequence string }{
		"half blocks": {"TERM=xterm-256color", "▀"},
		"kitty":       {"TERM=xterm-kitty", "\x1b_G"},
		"iTerm2":      {"TERM_PROGRAM=iTerm.app", "\x1b]1337;File="},
	} {
		t.Run(name, func(t *testing.T) {
			term := start(t, options{width: 160, height: 50, env: s.env(c.env)}, "nano_banana_2/"+id)
			term.waitText("done 1")
			term.keys(enter)
			term.wrote(c.sequence)
			term.keys("q")
			term.wait()
			term.wantRestored()
		})
	}
	t.Run("off", func(t *testing.T) {
		term := start(t, options{width: 160, height: 50, env: s.env()}, "nano_banana_2/"+id, "--no-preview")
		term.waitText("done 1")
		term.keys(enter)
		term.waitText("image/png")
		if strings.Contains(term.written(), "▀") {
			t.Error("a picture, though previews are off")
		}
	})
	if n := s.Stats().ForeignAuth; n != 0 {
		t.Errorf("%d requests for a picture carried the key or a header of the user's", n)
	}
}
