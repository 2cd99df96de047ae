//go:build unix

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// pause lets time pass between two pieces of input: how they are read depends on it.
func pause(d time.Duration) { time.Sleep(d) }

// wantUntouched checks that no key has quit, paused or canceled anything.
func (term *terminal) wantUntouched() {
	term.t.Helper()
	screen := term.waitText("polltop")
	for _, sign := range []string{"paused", "y  Cancel", "canceling", "canceled 1"} {
		if strings.Contains(screen, sign) {
			term.t.Errorf("pasted text acted as keys: %s\n%s", sign, screen)
		}
	}
}

func TestTextWithoutPasteBracketsIsAPaste(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	random := rand.New(rand.NewPCG(13, 13))
	var mu sync.Mutex // of random, which the tests share
	letters := func(n int, of string) string {
		mu.Lock()
		defer mu.Unlock()
		id := make([]byte, n)
		for i := range id {
			id[i] = of[random.IntN(len(of))]
		}
		return string(id)
	}
	const base32, hex = "0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdef"
	seaCloud := func() string { return "mmsu_01" + letters(24, base32) }
	uuid := func() string {
		return strings.Join([]string{letters(8, hex), letters(4, hex), "4" + letters(3, hex), "b" + letters(3, hex), letters(12, hex)}, "-")
	}
	for name, c := range map[string]struct {
		id  func() string
		end string
	}{
		"mmsu": {seaCloud, ""}, "mmsu and return": {seaCloud, "\r"}, "mmsu and line feed": {seaCloud, "\n"},
		"UUID": {uuid, ""}, "UUID and return": {uuid, "\r"}, "UUID and CRLF": {uuid, "\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := start(t, options{width: 180, height: 40, env: s.env()}, s.Submit("wan26_i2v", forever))
			term.waitText("running 1")
			var sent []string
			for range 20 {
				id := c.id()
				sent = append(sent, id)
				term.keys(id + c.end)
				term.waitText(fmt.Sprintf("all %d", len(sent)+1))
			}
			screen := term.waitText("all 21")
			for _, id := range sent {
				if !strings.Contains(screen, id) {
					t.Errorf("%s is not in the table\n%s", id, screen)
				}
			}
			term.wantUntouched()
		})
	}
	// An xid has no shape of its own, so it may be asked about; a key it never is.
	t.Run("xid", func(t *testing.T) {
		t.Parallel()
		term := start(t, options{width: 120, height: 40, env: s.env()}, s.Submit("wan26_i2v", forever))
		term.waitText("running 1")
		for range 20 {
			term.keys("c" + letters(19, "0123456789abcdefghijklmnopqrstuv") + "\r")
			pause(300 * time.Millisecond)
		}
		term.keys("1")
		term.waitText("running 1")
		term.wantUntouched()
	})
}

// read matches a screen that says what came of a paste.
var read = regexp.MustCompile(`\d (?:added|unsure)|names no task`)

func TestTextInPiecesIsOnePaste(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	for name, c := range map[string]struct {
		size  int // of a piece, in bytes
		pause time.Duration
	}{
		"a serial line":      {1, time.Millisecond},
		"packets, close":     {16, 20 * time.Millisecond},
		"packets, far apart": {40, 60 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var term *terminal
			for try := 1; ; try++ {
				ids := s.submit(3, forever)
				term = start(t, options{width: 120, height: 40, env: s.env()})
				term.waitText("No tasks yet")
				for piece := range slices.Chunk([]byte(strings.Join(ids, "\r")), c.size) {
					term.keys(string(piece))
					pause(c.pause)
				}
				// Where the machine stands still between two pieces, they are two pastes, or
				// the first is a key. The tests of package keyboard hold the times exactly.
				screen := term.waitFor("what was read", read.MatchString)
				if strings.Contains(screen, "3 added") || try == 3 {
					break
				}
				t.Logf("typed again after\n%s", screen)
			}
			term.waitText("3 added")
			term.waitText("running 3")
			term.wantUntouched()
		})
	}
}

func TestKeysAfterABurstAreNoAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	id := s.submit(1, forever)[0]
	term := start(t, options{width: 120, height: 30, env: s.env()}, id)
	term.waitText("running 1")
	term.keys("xy") // the question, and an answer before it could be read
	term.waitText("Cancel 1 task", "y  Cancel it")
	term.keys("y\r" + strings.Repeat("yes ", 4)) // pasted: no answer either
	term.waitText("Cancel 1 task", "names no task")
	term.answer("Cancel 1 task", "n")
	term.wantUntouched()
}

func TestSequencesInPiecesAreRead(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	for _, gap := range []time.Duration{20 * time.Millisecond, 60 * time.Millisecond} {
		t.Run(gap.String(), func(t *testing.T) {
			t.Parallel()
			ids := s.submit(5, forever)
			term := start(t, options{width: 120, height: 30, env: s.env()}, ids[:2]...)
			term.waitText("running 2")
			split := func(sequence string, at int) {
				term.keys(sequence[:at])
				pause(gap)
				term.keys(sequence[at:])
			}
			onRow := func(id string) {
				t.Helper()
				term.waitFor("the cursor on "+id, func(screen string) bool {
					_, line, _ := strings.Cut(screen, "▌")
					line, _, _ = strings.Cut(line, "\n")
					return strings.Contains(line, id)
				})
			}
			for at := 1; at < len(down); at++ {
				split(down, at)
				onRow(ids[1])
				split(up, at)
				onRow(ids[0])
			}
			for i, at := range []int{3, len("\x1b[200~") + len(ids[2]) + 4, 1} {
				split("\x1b[200~"+ids[2+i]+"\x1b[201~", at)
				term.waitText(fmt.Sprintf("running %d", 3+i))
			}
			term.wantUntouched()
		})
	}
}

func TestCtrlCEndsWhateverTheInputIsIn(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	const id = "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6"
	for name, sent := range map[string][]string{
		"an unfinished paste":          {"\x1b[200~" + id, ctrlC},
		"it, at once":                  {"\x1b[200~" + id + ctrlC},
		"it, in the Kitty protocol":    {"\x1b[200~" + id, "\x1b[99;5u"},
		"it, with a Cyrillic layout":   {"\x1b[200~" + id, "\x1b[1089::99;5u"},
		"half a start":                 {"\x1b[20", ctrlC},
		"half an end":                  {"\x1b[200~" + id + "\x1b[20", ctrlC},
		"an unfinished control string": {"\x1b]11;rgb:", ctrlC},
		"in a paste":                   {"\x1b[200~a \x1b]8;;unfinished\x1b[201~", ctrlC},
		"a burst":                      {id, ctrlC},
		"ESC":                          {esc, ctrlC},
		"ESC, at once":                 {esc + ctrlC},
		"an answer cut off":            {"\x1bP>|xterm", ctrlC},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := start(t, options{width: 100, height: 20, env: s.env()}, s.Submit("wan26_i2v", forever))
			term.waitText("running 1")
			for _, piece := range sent {
				term.keys(piece)
				pause(100 * time.Millisecond)
			}
			begun := time.Now()
			if status, _ := term.wait(); status != 0 {
				t.Errorf("exit status %d", status)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			term.wantRestored()
		})
	}
}

func TestPasteWithoutAnEndIsRead(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(2, forever)
	term := start(t, options{width: 120, height: 30, env: s.env()})
	term.waitText("No tasks yet")
	term.keys("\x1b[200~" + ids[0] + "\n" + ids[1])
	term.waitText("running 2")
	term.keys("p") // a key again
	term.waitText("paused")
}

// A text with an unfinished control string in it is a paste like any other.
func TestPasteOfControlSequences(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(3, forever)
	term := start(t, options{width: 120, height: 30, env: s.env()})
	term.waitText("No tasks yet")
	term.paste(ids[0] + "\n\x1b]0;a title\n\x1bPq \xe9 \ufffd")
	term.waitText("running 1")
	term.paste(ids[1])
	term.waitText("running 2")
}

func TestEscapeKeyActsAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	term := start(t, options{width: 120, height: 30, env: s.env()}, s.submit(2, forever)...)
	term.waitText("running 2")
	term.keys("?")
	term.waitText("previous failure")
	term.keys(esc)
	term.waitFor("the help closed", func(screen string) bool { return !strings.Contains(screen, "previous failure") })
	term.keys("5")
	term.waitText("no task is failed")
	// Followed by a key within the time of a sequence, it is no alt.
	term.keys(esc)
	pause(100 * time.Millisecond)
	term.keys("p")
	term.waitText("running 2", "paused")
}

func TestCommandsWorkInOtherLayouts(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	id := s.submit(1, forever)[0]
	term := start(t, options{width: 120, height: 30, env: s.env()}, id)
	term.waitText("running 1")
	term.wrote("\x1b[>5u") // the terminal is asked for alternate keys
	term.keys("ч")         // x
	term.waitText("Cancel 1 task", "y  Cancel it")
	term.keys("т") // n
	term.waitFor("the question gone", func(screen string) bool { return !strings.Contains(screen, "Cancel 1 task") })
	term.keys("/")
	term.waitText("!word leaves out")
	term.keys("й") // in a field it is itself
	term.waitText("й")
	term.keys(esc)
	term.waitText(id)
	term.keys("й")
	if status, _ := term.wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	term.wantRestored()
}

// A named pipe is read as its lines come, and --timeout ends the wait for it.
func TestWaitReadsANamedPipeAsItsLinesCome(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	_, home := state(t)
	path := filepath.Join(t.TempDir(), "tasks")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, s.env(home), "", "wait", "--timeout", "1s", path); status != 3 || !strings.Contains(stderr, "the input has not been read to its end") {
		t.Errorf("status %d, %s", status, stderr)
	}
	write := make(chan error, 1)
	id := s.submit(1, simulator.Plan{})[0]
	go func() { write <- os.WriteFile(path, []byte("what? http://%zz\n"+id+"\n"), 0) }()
	status, stdout, stderr := run(t, s.env(home), "", "wait", "--ignore-bad-lines", path)
	if err := <-write; err != nil {
		t.Fatal(err)
	}
	if status != 0 || !strings.Contains(stdout, id) {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}
