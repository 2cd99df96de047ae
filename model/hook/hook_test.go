//go:build unix

package hook

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
)

// Snapshot has what Counts returns.
type Snapshot struct {
	Running, Done, Failed int
	LastError             string
}

func snapshot(r *Runner) (s Snapshot) {
	_, s.Running, s.Done, s.Failed, s.LastError = r.Counts()
	return s
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// task returns a task that has failed.
func task(id string) *poller.Task {
	return &poller.Task{
		State: poller.Failed, QueuePosition: -1, InferenceTime: -1, Polls: 3, ErrorType: queue.ErrorBlocked,
		Request: queue.Request{ID: id, Endpoint: "wan26_i2v"},
	}
}

// begin returns a runner that is closed with the test. It works in a directory
// of its own, $DIR.
func begin(t *testing.T, command string, concurrency, queueMost int) (*Runner, string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("DIR", dir)
	r := New(command, func(*poller.Task) bool { return true }, concurrency, queueMost)
	r.grace = 20 * time.Millisecond
	t.Cleanup(r.Close)
	return r, dir
}

// settled waits until so many commands have ended and none runs.
func settled(r *Runner, ended int) Snapshot {
	for {
		s := snapshot(r)
		if s.Running == 0 && s.Done+s.Failed >= ended {
			return s
		}
		<-r.Changed()
	}
}

// fifo makes a named pipe and opens it in a way that waits for nobody.
func fifo(t *testing.T, path string) *os.File {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCommandGetsTheTask has a command write down all that it gets of a task
// whose texts are shell code.
func TestCommandGetsTheTask(t *testing.T) {
	for _, name := range []string{"API_KEY", "FAL_KEY", "COMFY_API_KEY", "POLLTOP_API_KEY_FILE"} {
		t.Setenv(name, "sk-secret")
	}
	r, dir := begin(t, `cd "$DIR" && cat > input && env > environment && echo "$@" > arguments`, 1, 0)
	hostile := "$(touch pwned); `touch pwned`' \" | touch pwned\n"
	r.Add(task(hostile))
	if s := settled(r, 1); s != (Snapshot{Done: 1}) {
		t.Fatalf("%+v", s)
	}
	input := read(t, dir, "input")
	if !strings.Contains(input, `"event":"ended","request_id":"$(touch pwned); `+"`touch pwned`"+`' \" | touch pwned\n","endpoint":"wan26_i2v","status":"COMPLETED","outcome":"failed"`) ||
		strings.Count(input, "\n") != 1 {
		t.Errorf("the input is %q", input)
	}
	environment := read(t, dir, "environment")
	if strings.Contains(environment, "sk-secret") || strings.Contains(environment, "touch") || !strings.Contains(environment, "DIR="+dir) {
		t.Errorf("the environment is %s", environment)
	}
	if arguments := read(t, dir, "arguments"); arguments != "\n" {
		t.Errorf("the arguments are %q", arguments)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("the id was run as a command")
	}
}

// The input of a payload reaches the command where it is asked for, on its standard input alone.
func TestCommandGetsTheInputWhereAskedFor(t *testing.T) {
	r, dir := begin(t, `cd "$DIR" && cat >> input && env > environment && echo "$@" > arguments`, 1, 0)
	from := task("one")
	from.Payload = 7
	r.Add(from)
	settled(r, 1)
	r.Input = func(payload int64) ([]byte, bool) {
		return fmt.Appendf(nil, `{"prompt":"fog of %d"}`, payload), payload == 7
	}
	r.Add(from)
	settled(r, 2)
	other := task("two")
	other.Payload = 8 // is not stored any more
	r.Add(other)
	settled(r, 3)
	lines := strings.Split(read(t, dir, "input"), "\n")
	if strings.Contains(lines[0], "fog") || strings.Contains(lines[0], `"input"`) || !strings.HasSuffix(lines[1], `,"input":{"prompt":"fog of 7"}}`) || strings.Contains(lines[2], `"input"`) {
		t.Errorf("the inputs are %q", lines)
	}
	if told := read(t, dir, "environment") + read(t, dir, "arguments"); strings.Contains(told, "fog") {
		t.Errorf("told %s", told)
	}
}

// TestOutcomes runs commands that end in every way.
func TestOutcomes(t *testing.T) {
	tests := []struct {
		name, command, want string
	}{
		{"well", "echo out; echo err >&2", ""},
		{"without reading", "exec <&-", ""},
		{"status", "exit 3", "id: exit status 3"},
		{"reason", "echo first >&2; printf 'last\\n\\n' >&2; false", "id: exit status 1: last"},
		{"much to say", `i=0; while [ $i -lt 2000 ]; do echo "line $i" >&2; i=$((i+1)); done; false`, "id: exit status 1: line 1999"},
		{"signal", "kill -9 $$", "id: signal: killed"},
		{"no such program", "no-such-program-of-polltop 2>/dev/null", "id: exit status 127"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, _ := begin(t, test.command, 1, 0)
			r.Add(task("id"))
			want := Snapshot{Done: 1}
			if test.want != "" {
				want = Snapshot{Failed: 1, LastError: test.want}
			}
			if got := settled(r, 1); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestNoShell(t *testing.T) {
	r, dir := begin(t, "true", 1, 0)
	t.Setenv("PATH", dir)
	r.Add(task("id"))
	if s := settled(r, 1); s.Failed != 1 || !strings.Contains(s.LastError, "id: could not be started: ") {
		t.Errorf("%+v", s)
	}
}

// TestConcurrency has five tasks and room for two commands and for two tasks
// that wait.
func TestConcurrency(t *testing.T) {
	r, dir := begin(t, `echo start >> "$DIR/log"; read line < "$DIR/go"; echo end >> "$DIR/log"`, 2, 2)
	pipe := fifo(t, filepath.Join(dir, "go"))
	for i := range 5 {
		r.Add(task(fmt.Sprint("task ", i)))
	}
	if s := snapshot(r); s.Running != 2 || s.Failed != 1 || !strings.HasPrefix(s.LastError, "task 4: not run") {
		t.Errorf("%+v", s)
	}
	if _, err := io.WriteString(pipe, strings.Repeat("go\n", 4)); err != nil {
		t.Fatal(err)
	}
	if _, running, done, failed, _ := r.Counts(); running == 0 && done+failed != 5 {
		t.Errorf("nothing runs, and %d and %d have ended", done, failed)
	}
	if s := settled(r, 5); s.Done != 4 {
		t.Errorf("%+v", s)
	}
	running := 0
	for line := range strings.Lines(read(t, dir, "log")) {
		if running++; line == "end\n" {
			running -= 2
		}
		if running > 2 {
			t.Error("more than two ran at once")
		}
	}
}

// TestCloseEndsChildren closes a runner whose command, and what it started, do
// not listen to being asked to end.
func TestCloseEndsChildren(t *testing.T) {
	r, dir := begin(t, `trap '' TERM; exec 3> "$DIR/alive"; (echo child >&3; while :; do sleep 100; done) & echo ready >&3; wait`, 1, 1)
	if err := syscall.Mkfifo(filepath.Join(dir, "alive"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Add(task("runs"))
	r.Add(task("waits"))
	// Opening waits for the command; the end comes when nobody holds it any more.
	alive, err := os.Open(filepath.Join(dir, "alive"))
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	lines := bufio.NewScanner(alive)
	for range 2 {
		if !lines.Scan() {
			t.Fatal("the command did not start")
		}
	}
	r.Close()
	if lines.Scan() {
		t.Errorf("it lives on and says %q", lines.Text())
	}
	for range r.Changed() {
		// What was said before Close.
	}
	if s := snapshot(r); s != (Snapshot{Failed: 1, LastError: "runs: ended, as polltop ends"}) {
		t.Errorf("%+v", s)
	}
	r.Add(task("late"))
	r.Close()
	if s := snapshot(r); s.Running != 0 || s.Failed != 1 {
		t.Errorf("after Close: %+v", s)
	}
}

// TestTimeLimit has a command that never ends.
func TestTimeLimit(t *testing.T) {
	r, dir := begin(t, `trap 'echo "asked to end" >&2; exit 0' TERM; while :; do read line < "$DIR/never"; done`, 1, 0)
	fifo(t, filepath.Join(dir, "never"))
	r.limit = 50 * time.Millisecond
	r.Add(task("id"))
	if s := settled(r, 1); s.Failed != 1 || !strings.HasPrefix(s.LastError, "id: took longer than 50ms and was ended") {
		t.Errorf("%+v", s)
	}
}

// TestLeftRunning has a command that ends and leaves another in the background,
// which is not a failure, and not ended.
func TestLeftRunning(t *testing.T) {
	r, dir := begin(t, `(read line < "$DIR/go"; echo "$line" > "$DIR/out") & true`, 1, 0)
	goOn, out := fifo(t, filepath.Join(dir, "go")), fifo(t, filepath.Join(dir, "out"))
	r.Add(task("id"))
	if s := settled(r, 1); s != (Snapshot{Done: 1}) {
		t.Fatalf("%+v", s)
	}
	if _, err := io.WriteString(goOn, "still here\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "still here\n" {
		t.Errorf("what was left running said %q, %v", line, err)
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{
		"PATH=/bin", "API_KEY=1", "FAL_KEY=2", "COMFY_API_KEY=3", "POLLTOP_HEADERS=4", "polltop_x=5", "api_key=6",
		"MY_API_KEY=a", "FAL_KEYS=b", "REQUEST_ID=c=API_KEY", "EMPTY=", "NONE",
	})
	if want := "[PATH=/bin MY_API_KEY=a FAL_KEYS=b REQUEST_ID=c=API_KEY EMPTY= NONE]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestTail holds that the end of all that was written is kept, however it came.
func TestTail(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var kept tail
		all := ""
		for range rapid.IntRange(0, 5).Draw(rt, "pieces") {
			piece := strings.Repeat(rapid.StringMatching(`[a-z \r\n]{0,40}`).Draw(rt, "piece"), rapid.SampledFrom([]int{1, 3, 100, 1000}).Draw(rt, "times"))
			if n, err := kept.Write([]byte(piece)); n != len(piece) || err != nil {
				rt.Fatalf("Write returned %d, %v", n, err)
			}
			all += piece
		}
		end := all[max(0, len(all)-maxStderr):]
		if string(kept.last) != end {
			rt.Fatalf("%d bytes are kept of %d", len(kept.last), len(all))
		}
		line := kept.lastLine()
		if strings.ContainsAny(line, "\r\n") || !strings.HasSuffix(strings.TrimSpace(end), line) || (line == "") != (strings.TrimSpace(end) == "") {
			rt.Fatalf("the last line of %q is %q", end, line)
		}
	})
}

// An end is seen once, and while another process polls it is that one's.
func TestEndsAreObservedOnce(t *testing.T) {
	r := New("true", func(*poller.Task) bool { return true }, 1, 9)
	defer r.Close()
	tasks := []*poller.Task{{Seq: 0, HookDue: true}, {Seq: 1}, {Seq: 2, HookDue: true}}
	r.Observe(poller.Update{Tasks: tasks, Persistence: poller.Persistence{PolledBy: "pid 7"}})
	for range 2 {
		r.Observe(poller.Update{Tasks: tasks})
	}
	wantDone(t, r, 2)
}

// When another process has polled in between, a number may name another task.
func TestEndOfAnotherTaskWithTheNumberOfADroppedOneIsObserved(t *testing.T) {
	r := New("true", func(*poller.Task) bool { return true }, 1, 9)
	defer r.Close()
	r.Observe(poller.Update{Tasks: []*poller.Task{{Seq: 0, HookDue: true}}})
	r.Observe(poller.Update{Dropped: []int32{0}, Persistence: poller.Persistence{PolledBy: "pid 7"}})
	r.Observe(poller.Update{Tasks: []*poller.Task{{Seq: 0, HookDue: true, Request: queue.Request{ID: "mmsu_other"}}}})
	wantDone(t, r, 2)
}

// wantDone waits until no command waits or runs, and wants so many done and none failed.
func wantDone(t *testing.T, r *Runner, want int) {
	t.Helper()
	for {
		waiting, running, done, failed, _ := r.Counts()
		if waiting+running == 0 {
			if done != want || failed != 0 {
				t.Errorf("%d done, %d failed; want %d done", done, failed, want)
			}
			return
		}
		<-r.Changed()
	}
}
