//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"

	"polltop/views"
)

// What the program is meant to bear: so many tracked tasks, a fifth of them
// live, and so many changes/s.
const (
	scaleTasks   = 100_000
	scaleChanges = 1000
)

// orders is by how many orders the table is sorted in turn: no task has a label, so that
// there is no column of labels.
const orders = int(views.ColumnCount) - 1

// BenchmarkScale runs the real program over 100,000 tasks, of which 20,000 are
// live, in a terminal of 200x50, while each of a thousand answers a second
// changes a task, and measures from outside: how long after a key its effect is
// read from the terminal, CPU time, bytes written and memory. Then the service
// falls silent, and all that is left is what the program takes when nothing
// changes. No emulator runs meanwhile.
//
// The bars: 16 ms at the 99th percentile for a key that moves, 50 ms for those that
// jump, filter and sort, 15 % of a core, 1 % when nothing changes, 120 MiB.
func BenchmarkScale(b *testing.B) {
	for _, kept := range []bool{true, false} {
		b.Run(map[bool]string{true: "kept", false: "unkept"}[kept], func(b *testing.B) {
			for b.Loop() {
				measureScale(b, scaleTasks, kept)
			}
		})
	}
}

// anyWorth is an interval with which a poll is made for next to nothing. None of the
// live tasks ever ends here, which is soon learned: at a usual interval few requests
// would be made, and the load is to be 1,000 changes a second.
const anyWorth = "10ms"

// BenchmarkMillion does so over a million tasks that are kept. The bar is that it
// stays usable: 100 ms for a key.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		measureScale(b, 1_000_000, true)
	}
}

// BenchmarkScaleWait measures the program's memory and CPU time over the same tasks
// without a screen. The bar is 90 MiB.
func BenchmarkScaleWait(b *testing.B) {
	for b.Loop() {
		f := flip(b)
		home := b.TempDir()
		fill(b, sessionFile(home, "default"), f.url, scaleTasks)
		command := exec.Command(binary, "wait", "--session", "default", "--progress", "none", "--rate", fmt.Sprint(scaleChanges), "--interval", anyWorth)
		command.Env = benchEnv(home, f.url)
		if err := command.Start(); err != nil {
			b.Fatal(err)
		}
		until(b, "polls", func() bool { return f.answers.Load() > 2*scaleTasks/5 })
		cpu, over := cpuOver(b, command.Process.Pid, 10*time.Second)
		b.ReportMetric(100*cpu/over, "%cpu")
		b.ReportMetric(rss(b, command.Process.Pid, "VmRSS"), "MiB-rss")
		b.ReportMetric(rss(b, command.Process.Pid, "RssFile"), "MiB-rss-file")
		b.ReportMetric(rss(b, command.Process.Pid, "VmHWM"), "MiB-rss-most")
		command.Process.Kill()
		command.Wait()
	}
}

// measureScale runs the program once and reports what it took.
func measureScale(b *testing.B, tasks int, kept bool) {
	f := flip(b)
	home := b.TempDir()
	args := []string{"--rate", fmt.Sprint(scaleChanges), "--interval", anyWorth}
	if kept {
		fill(b, sessionFile(home, "default"), f.url, tasks)
	} else {
		// Each is asked once; the live ones then every 20 s, spread over that.
		f.ends = true
		args = []string{"--no-store", "--rate", "20000", "--interval", "20s", taskList(b, tasks)}
	}
	s := watchScreen(b, home, f.url, args...)
	b.ReportMetric(float64(s.waitFor(b, fmt.Sprintf("/%d", tasks)).Milliseconds()), "ms-first-frame")
	if kept {
		// Until each live task has been asked, so that what is kept of its answer is
		// counted too.
		until(b, "polls", func() bool { return f.answers.Load() > int64(min(tasks/5, 20_000)) })
	} else {
		until(b, "polls", func() bool { return f.answers.Load() > int64(tasks)*6/5 })
	}
	pid := s.command.Process.Pid
	bytes, answers := s.bytes.Load(), f.answers.Load()
	cpu, over := cpuOver(b, pid, 10*time.Second)
	b.ReportMetric(100*cpu/over, "%cpu")
	b.ReportMetric(float64(s.bytes.Load()-bytes)/over, "B/s")
	b.ReportMetric(float64(f.answers.Load()-answers)/over, "changes/s")
	s.pressAll(b)
	b.ReportMetric(rss(b, pid, "VmRSS"), "MiB-rss")
	b.ReportMetric(rss(b, pid, "VmHWM"), "MiB-rss-most")
	s.idle(b, f)
	s.end()
}

// pressAll reports how long keys take to show.
func (s *screenWatch) pressAll(b *testing.B) {
	var move, jump, filter, order []time.Duration
	s.keys(b, "s") // the order of addition: by activity, the cursor's row moves by itself
	for i := range 400 {
		move = append(move, s.press(b, []string{down, up}[i/20%2], "▌"))
	}
	for i := range 100 {
		jump = append(jump, s.press(b, []string{"G", "\x1b[H"}[i%2], "▌"))
	}
	// By each column in turn, and then the other way round. The orders of activity and of
	// addition, with which a turn ends, are those of no column.
	for i := range 6 * orders {
		if i%orders >= orders-2 {
			s.keys(b, "s")
			continue
		}
		order = append(order, s.press(b, "s", "↑", "↓"), s.press(b, "S", "↑", "↓"))
	}
	for range 25 {
		s.keys(b, "/")
		for _, typed := range []string{"H", "X", "Y", "Z"} { // all ids have it, so all rows stay
			filter = append(filter, s.press(b, typed, typed))
		}
		s.keys(b, "\r", esc)
	}
	for name, took := range map[string][]time.Duration{"move": move, "jump": jump, "filter": filter, "sort": order} {
		slices.Sort(took)
		b.ReportMetric(milliseconds(took[len(took)/2]), "ms-"+name+"-p50")
		b.ReportMetric(milliseconds(took[len(took)*99/100]), "ms-"+name+"-p99")
	}
}

// idle reports what the program takes when nothing changes: polling is paused,
// which leaves but the ages on the screen, and then every task has ended.
func (s *screenWatch) idle(b *testing.B, f *flipper) {
	s.keys(b, "p")
	time.Sleep(2 * time.Second)
	cpu, over := cpuOver(b, s.command.Process.Pid, 10*time.Second)
	b.ReportMetric(100*cpu/over, "%cpu-paused")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// screenWatch is the program in a terminal of 200x50, and what it has written since
// it was last asked for.
type screenWatch struct {
	command *exec.Cmd
	file    *os.File
	started time.Time
	chunks  chan chunk
	bytes   atomic.Int64
}

// chunk is what was read from the terminal at a time.
type chunk struct {
	at   time.Time
	text []byte
}

func watchScreen(b *testing.B, home, url string, args ...string) *screenWatch {
	b.Helper()
	s := &screenWatch{command: exec.Command(binary, args...), chunks: make(chan chunk, 1<<16), started: time.Now()}
	s.command.Env = benchEnv(home, url)
	var err error
	if s.file, err = pty.StartWithSize(s.command, &pty.Winsize{Cols: 200, Rows: 50}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.end)
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := s.file.Read(buffer)
			if err != nil {
				close(s.chunks)
				return
			}
			s.bytes.Add(int64(n))
			select {
			case s.chunks <- chunk{time.Now(), bytes.Clone(buffer[:n])}:
			default: // nobody looks
			}
		}
	}()
	return s
}

func (s *screenWatch) end() {
	s.command.Process.Kill()
	s.command.Wait()
	s.file.Close()
}

// waitFor waits until one of some texts is written, and returns how long after
// the last start or key that was.
func (s *screenWatch) waitFor(b *testing.B, texts ...string) time.Duration {
	b.Helper()
	var seen []byte
	alarm := time.After(time.Minute)
	for {
		select {
		case c, ok := <-s.chunks:
			if !ok {
				b.Fatalf("the program has ended after %q", seen)
			}
			seen = append(seen, c.text...)
			plain := ansi.Strip(string(seen))
			if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(plain, text) }) {
				return c.at.Sub(s.started)
			}
		case <-alarm:
			b.Fatalf("never written: %q", texts)
		}
	}
}

// press presses a key some time after the last, and returns how long after it one
// of some texts is written, which nothing else writes.
func (s *screenWatch) press(b *testing.B, key string, texts ...string) time.Duration {
	b.Helper()
	time.Sleep(20*time.Millisecond + rand.N(40*time.Millisecond))
	for len(s.chunks) > 0 {
		<-s.chunks
	}
	s.started = time.Now()
	if _, err := s.file.WriteString(key); err != nil {
		b.Fatal(err)
	}
	return s.waitFor(b, texts...)
}

// keys presses keys whose effects nobody waits for, long enough apart that an
// escape is none of a sequence.
func (s *screenWatch) keys(b *testing.B, keys ...string) {
	b.Helper()
	for _, key := range keys {
		if _, err := s.file.WriteString(key); err != nil {
			b.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// benchEnv is the environment of a program that is measured.
func benchEnv(home, url string) []string {
	return []string{
		"TERM=xterm-256color", "LANG=C.UTF-8", "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_STATE_HOME=" + home,
		"BASE_URL=" + url, "ENDPOINT=wan26_i2v", "API_KEY=" + key, "PATH=" + os.Getenv("PATH"), "NO_PROXY=*",
	}
}

// taskList makes a file of tasks.
func taskList(b *testing.B, n int) string {
	b.Helper()
	var text strings.Builder
	for seq := range n {
		fmt.Fprintln(&text, taskID(seq))
	}
	path := filepath.Join(b.TempDir(), "tasks.txt")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// until waits for what another goroutine brings about.
func until(b *testing.B, what string, holds func() bool) {
	b.Helper()
	for begin := time.Now(); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > patience {
			b.Fatalf("never: %s", what)
		}
	}
}
