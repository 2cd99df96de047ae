//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

func TestDemoShowsEveryOutcome(t *testing.T) {
	t.Parallel()
	term := start(t, options{width: 200, height: 50}, "demo", "--speed", "20")
	term.waitText("running", "demo queue on 127.0.0.1")
	// The first failure opens the pane, which tells what its type means.
	term.waitText("Timeline", "→")
	// The sixtieth is an id that the queue does not know: that is believed after a
	// minute, in which it is asked again and again.
	screen := term.waitText("98 %")
	for _, want := range []string{"done 49", "failed 9", "canceled 1"} {
		if !strings.Contains(screen, want) {
			t.Errorf("at the end the screen does not show %q\n%s", want, screen)
		}
	}
	term.keys("q")
	status, after := term.wait()
	if status != 0 || !strings.Contains(after, "INFERENCE_TIMEOUT") {
		t.Errorf("exit status %d, left in the scrollback:\n%s", status, after)
	}
	term.wantRestored()
}

func TestPasteOfMixedTextAddsTasks(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(5, forever)
	other := s.Submit("nano_banana_2", forever)
	term := start(t, options{width: 120, height: 30, env: s.env()})
	term.waitText("No tasks yet")
	term.paste(strings.Join([]string{
		"# my batch",
		ids[0],
		"wan26_i2v " + ids[1] + "\r",
		`{"request_id": "` + ids[2] + `",`,
		`  "status_url": "` + s.url + `/v1/queue/wan26_i2v/requests/` + ids[2] + `/status",`,
		`  "queue_position": 0}`,
		"2026-11-01T10:00:00Z INFO submitted request_id=" + ids[3],
		s.url + "/v1/queue/nano_banana_2/requests/" + other + "/status",
		`["` + ids[4] + `"]`,
		ids[0],
		"the old one was mmsu_01kcdh42…",
	}, "\n"))
	term.waitText("6 added, 1 line refused")
	term.waitText("all 6", "running 6", "nano_banana_2")
	term.keys("e")
	term.waitText("the old one was")
	term.keys(esc)
	term.waitFor("the dialog closed", func(screen string) bool { return !strings.Contains(screen, "the old one was") })
}

func TestFailureOpensThePane(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := append(s.submit(3, forever), s.Submit("wan26_i2v", blocked))
	term := start(t, options{width: 120, height: 40, env: s.env()}, ids...)
	term.waitText(
		"CONTENT_BLOCKED", "blocked by the safety policy: violence.", // the error in full
		"Input or output was blocked by safety policy", // what the type means
	)
	// The pane took neither the keys nor anything else: q still quits.
	term.keys("q")
	status, after := term.wait()
	if status != 0 || !strings.Contains(after, ids[3]) || !strings.Contains(after, "CONTENT_BLOCKED") {
		t.Errorf("exit status %d, left in the scrollback:\n%s", status, after)
	}
	term.wantRestored()
}

// cursorLine returns the line that the cursor is on.
func cursorLine(screen string) string {
	for line := range strings.Lines(screen) {
		if strings.Contains(line, "▌") {
			return line
		}
	}
	return ""
}

func TestFilterSortAndTabsKeepTheCursorOnItsTask(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(6, forever)
	ids = append(ids, s.submit(6, waiting)...)
	mine := ids[8]
	term := start(t, options{width: 120, height: 30, env: s.env()}, ids...)
	term.waitText("running 6", "queued 6")
	onMine := func(screen string) bool { return strings.Contains(cursorLine(screen), mine) }
	term.keys("G", "s")
	term.waitFor("sorted, the cursor at the top", func(screen string) bool {
		return strings.Contains(screen, "sorted by") && strings.Contains(cursorLine(screen), ids[0])
	})
	for range 8 {
		term.keys("j")
	}
	term.waitFor("the cursor on the ninth task", onMine)
	term.keys("2")
	term.waitFor("the tab of queued tasks, the cursor on its task", func(screen string) bool {
		return !strings.Contains(screen, ids[0]) && onMine(screen)
	})
	term.keys("/", mine[len(mine)-6:])
	term.waitFor("only the task that matches", func(screen string) bool {
		return !strings.Contains(screen, ids[7]) && onMine(screen)
	})
	term.keys(esc)
	term.waitFor("the filter cleared", func(screen string) bool { return strings.Contains(screen, ids[7]) })
	term.keys("1")
	term.waitFor("all again, the cursor on its task", func(screen string) bool {
		return strings.Contains(screen, ids[0]) && onMine(screen)
	})
}

func TestServerGoneAndBack(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(4, forever)
	term := start(t, options{width: 140, height: 30, env: s.env()}, append(ids, "--rate", "50")...)
	term.waitText("running 4", "live")
	s.SetFaults(simulator.Fault{Kind: faulty.ResetBefore})
	term.waitText("offline", "running 4")
	s.SetFaults()
	term.waitFor("live again", func(screen string) bool {
		return strings.Contains(screen, "live") && !strings.Contains(screen, "offline")
	})
	term.waitText("running 4")
}

func TestResizeStorm(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := append(s.submit(40, forever), s.Submit("wan26_i2v", blocked))
	term := start(t, options{width: 80, height: 24, env: s.env()}, append(ids, "--rate", "100")...)
	term.waitText("running 40", "failed 1")
	for i := range 60 {
		term.resize(40+(i*37)%260, 10+(i*17)%70)
	}
	term.resize(80, 24)
	screen := term.waitFor("a whole screen of 80x24", func(screen string) bool {
		lines := strings.Split(screen, "\n")
		// The failure has opened the pane, whose title reaches over the whole width.
		title := slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, "╭─ ✗") && utf8.RuneCountInString(line) == 80
		})
		return strings.Contains(lines[0], "polltop") && strings.Contains(lines[len(lines)-1], "esc close") && strings.Contains(screen, "running 40") && title
	})
	if n := strings.Count(screen, "polltop"); n != 1 {
		t.Errorf("the header is on the screen %d times\n%s", n, screen)
	}
}

func TestQuitRestoresTheTerminal(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(3, forever)
	for name, c := range map[string]struct {
		leave  func(*terminal)
		status int
	}{
		"q":       {func(term *terminal) { term.keys("q") }, 0},
		"ctrl+c":  {func(term *terminal) { term.keys(ctrlC) }, 0},
		"SIGTERM": {func(term *terminal) { term.command.Process.Signal(syscall.SIGTERM) }, 128 + 15},
		"SIGINT":  {func(term *terminal) { term.command.Process.Signal(syscall.SIGINT) }, 128 + 2},
	} {
		t.Run(name, func(t *testing.T) {
			term := start(t, options{env: s.env()}, ids...)
			term.waitText("running 3")
			c.leave(term)
			status, after := term.wait()
			if status != c.status || !strings.Contains(after, "3") {
				t.Errorf("exit status %d, want %d; left in the scrollback:\n%s", status, c.status, after)
			}
			term.wantRestored()
		})
	}
}

func TestStandardInputNamesTasksWhileTheTerminalGivesKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(3, forever)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	term := start(t, options{width: 120, height: 30, env: s.env(), stdin: read})
	read.Close()
	fmt.Fprintln(write, "submitted request_id="+ids[0])
	term.waitText("all 1", ids[0])
	fmt.Fprintln(write, ids[1])
	term.waitText("all 2", ids[1])
	term.keys("?")
	term.waitText("previous failure")
	term.keys(esc)
	term.waitFor("the help closed", func(screen string) bool { return !strings.Contains(screen, "previous failure") })
	term.keys("q")
	if status, _ := term.wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestFileAndDocumentedVariables(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(2, forever)
	file := filepath.Join(t.TempDir(), "tasks.txt")
	if err := os.WriteFile(file, []byte("\ufeff# batch\r\n"+ids[0]+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("file, with the array of headers instead of the key", func(t *testing.T) {
		term := start(t, options{width: 100, height: 20, env: []string{"BASE_URL=" + s.url, "ENDPOINT=wan26_i2v"}},
			"-H", "Authorization: Key "+key, "-H", "Content-Type: application/json", file)
		if screen := term.waitText("running 1"); strings.Contains(screen, key) {
			t.Errorf("the key is on the screen\n%s", screen)
		}
	})
	t.Run("REQUEST_ID", func(t *testing.T) {
		start(t, options{width: 100, env: s.env("REQUEST_ID=" + ids[1]), height: 20}).waitText("running 1")
	})
	t.Run("STATUS_URL", func(t *testing.T) {
		start(t, options{width: 100, env: s.env("STATUS_URL=" + s.url + "/v1/queue/wan26_i2v/requests/" + ids[1] + "/status"), height: 20}).waitText("running 1")
	})
}

func TestRefusedKeyIsToldOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(5, forever)
	term := start(t, options{width: 140, height: 30, env: []string{"BASE_URL=" + s.url, "ENDPOINT=wan26_i2v", "API_KEY=wrong-key-123456"}}, ids...)
	screen := term.waitText("✗ key refused", "401")
	if strings.Contains(screen, "wrong-key-123456") {
		t.Errorf("the key is on the screen\n%s", screen)
	}
}

func TestAddDialogKeepsItsTextAndAdds(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(2, forever)
	term := start(t, options{width: 100, height: 30, env: []string{"BASE_URL=" + s.url, "API_KEY=" + key}})
	term.waitText("No tasks yet")
	term.keys("a")
	term.waitText("Add tasks")
	term.keys(ids[0])
	term.waitText(ids[0])
	term.keys(esc)
	term.waitText("No tasks yet")
	term.keys("a")
	term.waitText("Add tasks", ids[0])
	term.keys(enter, ids[1])
	term.waitText(ids[1])
	term.keys(tab, "wan26")
	term.waitText("wan26")
	term.keys("_i2v")
	term.waitText("wan26_i2v")
	term.keys(ctrlS)
	term.waitText("2 added") // a notice, which may be over before the rest is there
	term.waitText("running 2")
}

func TestBadInvocationsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	missing := filepath.Join(t.TempDir(), "tasks2.txt")
	for name, c := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"no key":       {[]string{"BASE_URL=" + s.url}, nil, "API_KEY"},
		"bad base":     {[]string{"BASE_URL=cloud.seaart.ai", "API_KEY=" + key}, nil, "BASE_URL"},
		"bad duration": {s.env(), []string{"--interval", "5"}, "--interval"},
		"bad rate":     {s.env(), []string{"--rate", "-1"}, "--rate"},
		"no file":      {s.env(), []string{missing}, "tasks2.txt"},
		"no endpoint":  {[]string{"BASE_URL=" + s.url, "API_KEY=" + key}, []string{"mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6"}, "endpoint"},
		"dumb":         {s.env("TERM=dumb"), nil, "TERM"},
		"unknown flag": {s.env(), []string{"--colour"}, "colour"},
		"foreign URL":  {s.env(), []string{"https://evil.example/v1/queue/a/requests/mmsu_01hxyz8k3vq2/status"}, "--base-url https://evil.example"},
	} {
		t.Run(name, func(t *testing.T) {
			term := start(t, options{width: 300, height: 50, env: c.env}, c.args...)
			status, _ := term.wait()
			said := strings.TrimSpace(term.text())
			if status != 2 || !strings.Contains(said, c.want) || strings.Count(said, "\n") > 0 || strings.Contains(said, key) {
				t.Errorf("exit status %d, want 2 and one line about %q:\n%s", status, c.want, said)
			}
			if strings.Contains(term.written(), "\x1b[?1049h") {
				t.Error("the screen was opened")
			}
		})
	}
}
