//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// BenchmarkFirstFrame opens a session of a hundred thousand tasks, a fifth of
// them live, in a terminal of 200x50, until its first full frame. The bar is
// half a second. Beside it stands what starting the program takes at all.
func BenchmarkFirstFrame(b *testing.B) {
	for _, tasks := range []int{0, 100_000} {
		b.Run(fmt.Sprint(tasks, " tasks"), func(b *testing.B) {
			home := b.TempDir()
			fill(b, sessionFile(home, "default"), "http://127.0.0.1:9/model", tasks)
			// Of the tab's "all 0" only what changes is written again.
			want := "No tasks yet"
			if tasks > 0 {
				want = fmt.Sprintf("/%d", tasks)
			}
			for b.Loop() {
				openUntil(b, home, want)
			}
		})
	}
}

// fill makes a session on disk.
func fill(b *testing.B, path, url string, n int) {
	b.Helper()
	base, err := queue.ParseBase(url)
	if err != nil {
		b.Fatal(err)
	}
	kept, err := store.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	now := poller.StampOf(time.Now())
	for seq := range int32(n) {
		t := &poller.Task{
			Seq: seq, State: poller.Succeeded, QueuePosition: -1, Polls: 12, InferenceTime: 12.34,
			Request: queue.Request{ID: taskID(int(seq)), Endpoint: "wan26_i2v", Base: base},
			Added:   now - 90_000, Queued: now - 80_000, Started: now - 70_000, Ended: now - 20_000, Seen: now - 20_000,
		}
		if seq%5 == 0 {
			t.State, t.Ended, t.InferenceTime = poller.Running, 0, -1
		}
		kept.Put(t, true)
	}
	if err := kept.Close(); err != nil {
		b.Fatal(err)
	}
}

// openUntil starts the dashboard, and ends it once it has written a text.
func openUntil(b *testing.B, home, want string) {
	b.Helper()
	command := exec.Command(binary)
	command.Env = []string{
		"TERM=xterm-256color", "LANG=C.UTF-8", "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_STATE_HOME=" + home,
		"BASE_URL=http://127.0.0.1:9/model", "API_KEY=" + key, "PATH=" + os.Getenv("PATH"),
	}
	file, err := pty.StartWithSize(command, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	defer command.Wait()
	defer command.Process.Kill()
	var seen strings.Builder
	buffer := make([]byte, 32<<10)
	for !strings.Contains(seen.String(), want) {
		n, err := file.Read(buffer)
		if err != nil {
			b.Fatalf("%v after %q", err, seen.String())
		}
		seen.Write(buffer[:n])
	}
}
