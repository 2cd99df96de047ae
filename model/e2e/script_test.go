//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// The plans of scripts' tasks.
var (
	quick    = simulator.Plan{Run: time.Millisecond}
	canceled = simulator.Plan{Run: time.Millisecond, Outcome: simulator.Outcome{ErrorType: "CANCELED", Message: "canceled"}}
)

// objects reads NDJSON.
func objects(t *testing.T, text string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(text) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		out = append(out, object)
	}
	return out
}

func TestScriptsExitStatus(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	done, failed, ended, live := s.Submit("wan26_i2v", quick), s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", canceled), s.Submit("wan26_i2v", forever)
	const missing = "mmsu_01hzzzzzzzzzzzzzzzzzzzzzzz"
	wrong := []string{"BASE_URL=" + s.url, "API_KEY=sk-wrong-0123456789", "ENDPOINT=wan26_i2v"}
	for name, c := range map[string]struct {
		env    []string
		args   []string
		status int
		says   string
	}{
		"all succeeded":      {args: []string{"wait", done}, status: 0, says: "done       1"},
		"one failed":         {args: []string{"wait", done, failed}, status: 1, says: "failed     1"},
		"one canceled":       {args: []string{"wait", done, ended}, status: 1, says: "canceled   1"},
		"out of time":        {args: []string{"wait", "--timeout", "300ms", done, live}, status: 3, says: "is up"},
		"fail fast":          {args: []string{"wait", "--fail-fast", live, failed}, status: 1, says: "first failure"},
		"key refused":        {env: wrong, args: []string{"wait", done}, status: 3, says: "key is refused"},
		"asked once":         {args: []string{"status", done}, status: 0},
		"asked once, failed": {args: []string{"status", done, failed}, status: 1},
		"asked once, live":   {args: []string{"status", done, live}, status: 3},
		"asked once, none":   {args: []string{"status", missing}, status: 3},
		"key refused, once":  {env: wrong, args: []string{"status", done}, status: 3, says: "refuse"},
		"nothing named":      {args: []string{"wait"}, status: 2, says: "no task was named"},
		"no such flag":       {args: []string{"wait", "--forever", done}, status: 2, says: "--forever"},
		"no screen":          {args: []string{done}, status: 2, says: "polltop wait"},
		"no such session":    {args: []string{"export", "--session", "none"}, status: 2, says: "no session none"},
		"no such format":     {args: []string{"export", "--format", "xml"}, status: 2, says: "ndjson"},
		"no directory to be": {args: []string{"wait", "--follow", os.TempDir()}, status: 2, says: "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := c.env
			if env == nil {
				env = s.env()
			}
			status, _, stderr := run(t, env, "", c.args...)
			if status != c.status || !strings.Contains(stderr, c.says) {
				t.Errorf("exit status %d, want %d; %q, want %q in it", status, c.status, stderr, c.says)
			}
		})
	}
}

// A script that names tasks is told of those, whatever else its session holds.
func TestWaitJudgesWhatItNames(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	failed, done := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", quick)
	if status, _, _ := run(t, s.env(home), "", "wait", "--session", "nightly", failed); status != 1 {
		t.Errorf("the first night: exit status %d", status)
	}
	status, stdout, stderr := run(t, s.env(home), "", "wait", "--session", "nightly", "--fail-fast", "--json", "--results", done)
	if status != 0 || strings.Contains(stdout, failed) || !strings.Contains(stdout, `"outputs"`) {
		t.Errorf("the second night: exit status %d, %s\n%s", status, stderr, stdout)
	}
	// Named again, it is told as it ended.
	if status, stdout, _ := run(t, s.env(home), failed, "wait", "--session", "nightly", "--json", "-"); status != 1 || !strings.Contains(stdout, `"event":"ended","request_id":"`+failed) {
		t.Errorf("named again: exit status %d\n%s", status, stdout)
	}
	if status, stdout, _ := run(t, s.env(home), "", "wait", "--session", "nightly", "--json"); status != 1 || strings.Count(stdout, `"ended"`) < 2 {
		t.Errorf("none named: exit status %d\n%s", status, stdout)
	}
	if status, _, stderr := run(t, s.env(home), "", "wait", "--session", "tpyo"); status != 2 || !strings.Contains(stderr, "no session tpyo") {
		t.Errorf("no such session: exit status %d, %s", status, stderr)
	}
}

// The key is no task, wherever it is put.
func TestKeyIsNotKept(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	dir, home := state(t)
	id := s.Submit("wan26_i2v", quick)
	status, stdout, stderr := run(t, s.env(home), key+"\n"+id+"\n"+s.url+"/v1/queue/e/requests/"+key+"/status\n", "wait", "--session", "k", "--json", "-")
	if status != 3 || strings.Contains(stdout+stderr, key) || !strings.Contains(stderr, "this is the key") {
		t.Errorf("exit status %d\n%s\n%s", status, stdout, stderr)
	}
	for _, arg := range []string{key, "request_id: " + key, "API_KEY=" + key, "wan26_i2v/" + key} {
		if status, stdout, stderr := run(t, s.env(), "", "status", arg); status != 2 || strings.Contains(stdout+stderr, key) {
			t.Errorf("as an argument: exit status %d\n%s\n%s", status, stdout, stderr)
		}
	}
	for _, format := range []string{"ndjson", "json", "csv", "ids", "requests", "md"} {
		if _, stdout, _ := run(t, s.env(home), "", "export", "--session", "k", "--format", format); strings.Contains(stdout, key) || !strings.Contains(stdout, id) {
			t.Errorf("exported: %s", stdout)
		}
	}
	for _, file := range []string{"", "-wal"} {
		if kept, _ := os.ReadFile(sessionFile(dir, "k") + file); strings.Contains(string(kept), key) {
			t.Errorf("the key is in the session's file%s", file)
		}
	}
}

func TestWaitTellsChangesAsJSON(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	done, failed := s.Submit("wan26_i2v", simulator.Plan{Queue: time.Second, Run: time.Second}), s.Submit("wan26_i2v", blocked)
	status, stdout, _ := run(t, s.env(), done+"\nnonsense without an id\n"+failed+"\n", "wait", "--json", "--results", "--interval", "100ms")
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
	events := map[string][]string{}
	all := objects(t, stdout)
	for _, o := range all[:len(all)-1] {
		id := o["request_id"].(string)
		events[id] = append(events[id], o["event"].(string))
		if _, err := time.Parse(time.RFC3339, o["time"].(string)); err != nil {
			t.Error(err)
		}
		if o["event"] == "ended" && id == done {
			if outputs, _ := o["outputs"].([]any); o["outcome"] != "succeeded" || o["status"] != "COMPLETED" || len(outputs) != 1 || o["running_s"] == nil {
				t.Errorf("ended: %v", o)
			}
		}
		if o["event"] == "ended" && id == failed && (o["outcome"] != "failed" || o["error_type"] != "CONTENT_BLOCKED") {
			t.Errorf("ended: %v", o)
		}
	}
	if got := strings.Join(events[done], " "); got != "queued running ended" {
		t.Errorf("the one that succeeded: %s", got)
	}
	if got := strings.Join(events[failed], " "); got != "ended" && got != "running ended" {
		t.Errorf("the one that failed: %s", got)
	}
	last := all[len(all)-1]
	if last["event"] != "summary" || last["tasks"] != 2.0 || last["succeeded"] != 1.0 || last["failed"] != 1.0 || last["live"] != 0.0 || last["polls"].(float64) < 4 || last["requests"].(float64) <= last["polls"].(float64) {
		t.Errorf("summary %v", last)
	}
}

func TestInterruptedWaitStillSumsUp(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	command := exec.Command(binary, "wait", "--json", s.Submit("wan26_i2v", forever))
	home := t.TempDir()
	command.Env = append(s.env(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var last string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		last = lines.Text()
		if strings.Contains(last, `"running"`) {
			command.Process.Signal(os.Interrupt)
		}
	}
	command.Wait()
	if o := objects(t, last)[0]; command.ProcessState.ExitCode() != 130 || o["event"] != "summary" || o["live"] != 1.0 || o["reason"] != "interrupted" {
		t.Errorf("exit status %d, %s", command.ProcessState.ExitCode(), last)
	}
	if entries, _ := os.ReadDir(filepath.Join(home, "polltop")); len(entries) > 0 {
		t.Errorf("a wait without a session kept something: %v", entries)
	}
}

func TestBrokenPipeEndsQuietly(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	for _, args := range [][]string{{"wait", "--json"}, {"wait"}, {"status"}} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		command := exec.Command(binary, append(args, s.submit(3, quick)...)...)
		home := t.TempDir()
		command.Env = append(s.env(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home)
		var stderr strings.Builder
		command.Stdout, command.Stderr = writer, &stderr
		command.Run()
		writer.Close()
		if status := command.ProcessState.ExitCode(); status != 128+int(syscall.SIGPIPE) || stderr.Len() > 0 {
			t.Errorf("%v: exit status %d, %q", args, status, stderr.String())
		}
	}
}

func TestWaitFollowsAFileUntilInterrupted(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	path := filepath.Join(t.TempDir(), "submitted.log")
	term := start(t, options{width: 120, height: 24, env: s.env()}, "--follow", path)
	term.waitText("No tasks yet")
	ids := s.submit(3, forever)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	file.WriteString("submitted " + ids[0] + "\n" + ids[1][:10])
	term.waitText("1 added")
	term.waitText("running 1")
	file.WriteString(ids[1][10:] + "\n")
	term.waitText("2 added")
	term.waitText("running 2")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, path, ids[2]+"\n")
	term.waitText("3 added")
	term.waitText("running 3")
	term.keys("q")
	term.wait()
}

func TestExportFromTheDashboardAndTheCommand(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	ids := []string{s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", quick), s.Submit("wan26_i2v", blocked)}
	path := filepath.Join(t.TempDir(), "out.csv")
	term := start(t, options{width: 120, height: 30, env: s.env(home)}, ids...)
	term.waitText("failed 2", "done 1")
	term.keys("f", "E")
	term.waitText("Export the shown 2 tasks")
	term.keys("\x15" + path) // ^u clears the field
	term.waitText("format csv")
	term.keys(enter)
	term.waitText("2 tasks exported")
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 3 || !strings.Contains(string(text), ids[0]) || strings.Contains(string(text), ids[1]) {
		t.Errorf("%v\n%s", err, text)
	}
	term.keys("E", enter)
	term.waitText("is there already")
	term.keys("q")
	term.wait()

	status, stdout, stderr := run(t, s.env(home), "", "export", "--state", "failed", "--format", "requests")
	if status != 0 || !strings.Contains(stdout, ids[2]) || strings.Contains(stdout, ids[1]) {
		t.Errorf("exit status %d, %s\n%s", status, stderr, stdout)
	}
	// What was exported as ids is understood again.
	if _, again, _ := run(t, s.env(), stdout, "status", "--json"); strings.Count(again, `"outcome":"failed"`) != 2 {
		t.Errorf("read back:\n%s", again)
	}
}
