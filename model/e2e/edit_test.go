//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// editor is an editor that does what is typed into it.
const editor = `#!/bin/sh
trap "printf '\033[2J\033[H'" EXIT # the next one is known by its text
ls -l "$1" | cut -c1-10
echo EDITING
read answer
case $answer in
bad) printf '{\n  "prompt": oops\n}\n' > "$1";;
good) sed -i.old 's/oops/"secret prompt 2", "simulate": {"queue": 0, "run": 0.01, "end": "success"}/' "$1"; rm "$1.old";;
fail) exit 7;;
esac
`

// E opens the payload in the editor, which has the terminal to itself; no key is lost after it.
func TestEditsAPayload(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	dir, home := state(t)
	file, script, temp := filepath.Join(dir, "p.jsonl"), filepath.Join(dir, "my editor"), t.TempDir()
	for path, text := range map[string]string{file: payload(1, "CONTENT_BLOCKED"), script: editor} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	env := s.env(home, "TMPDIR="+temp, "EDITOR=false", "VISUAL='"+script+"'")
	term := start(t, options{env: env}, "submit", "--yes", "--interval", "20ms", file)
	term.waitText("failed 1")
	open := func(keys ...string) {
		t.Helper()
		term.keys(keys...)
		term.waitText("-rw-------", "EDITING")
	}
	term.keys("E")
	term.waitText("edit its payload", "export all shown")
	open("E")
	term.keys("same\r?") // the second key is for polltop
	term.waitText("half a page down")
	term.keys(esc)
	term.waitText("nothing is submitted: the payload is unchanged")

	term.keys("E")
	term.waitText("edit its payload")
	open("E")
	term.keys("bad\r")
	term.waitText("line 2, column 13: invalid character 'o'", "E  Edit again")
	open("E")
	term.keys("fail\r")
	term.waitText("exit status 7", "E  Edit again")
	term.keys(esc)
	term.waitFor("no question", func(screen string) bool { return !strings.Contains(screen, "Edit again") })
	term.keys("q")
	term.waitText("1 edited payload is not submitted yet: the text is forgotten", "Quit without")
	term.keys(esc)
	term.waitFor("no question", func(screen string) bool { return !strings.Contains(screen, "is forgotten") })

	term.keys("R")
	term.waitText("1 task to wan26_i2v", "E  Edit its input first")
	open("E")
	term.keys("good\r")
	term.waitText("1 task to wan26_i2v", "Attempt 2, a retry of mmsu_", "y  Submit")
	term.keys("y")
	term.waitText("done 1")
	term.keys("1")
	term.waitText("↻ retried")
	term.keys("q")
	if status, after := term.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, after)
	}
	term.wantRestored()
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if n := len(s.Created()); n != 2 {
		t.Errorf("%d tasks were created", n)
	}
}

// ctrl+c in the editor is the editor's own.
func TestInterruptInTheEditorIsItsOwn(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	dir, home := state(t)
	file, script := filepath.Join(dir, "p.jsonl"), filepath.Join(dir, "editor")
	for path, text := range map[string]string{file: payload(1, "CONTENT_BLOCKED"), script: "#!/bin/sh\ntrap 'echo INTERRUPTED' INT\necho EDITING\nuntil [ \"$answer\" = over ]; do read answer; done\n"} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	term := start(t, options{env: s.env(home, "VISUAL="+script)}, "submit", "--yes", "--interval", "20ms", file)
	term.waitText("failed 1")
	term.keys("E")
	term.waitText("edit its payload")
	term.keys("E")
	term.waitText("EDITING")
	term.keys(ctrlC)
	term.waitText("INTERRUPTED")
	term.keys("over\r")
	term.waitText("nothing is submitted")
	term.keys("q")
	if status, after := term.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, after)
	}
}

// A signal that ends polltop ends the editor too, and leaves what is in the file.
func TestSignalWhileEditing(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	dir, home := state(t)
	file, script, temp := filepath.Join(dir, "p.jsonl"), filepath.Join(dir, "editor"), t.TempDir()
	for path, text := range map[string]string{file: payload(1, "CONTENT_BLOCKED"), script: "#!/bin/sh\ntrap 'echo typed > \"$1\"; exit' TERM\necho EDITING $0\nwhile :; do read answer; done\n"} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	term := start(t, options{env: s.env(home, "TMPDIR="+temp, "VISUAL=A=1 "+script), width: 200, height: 24}, "submit", "--yes", "--interval", "20ms", file)
	term.waitText("failed 1")
	term.keys("E")
	term.waitText("edit its payload")
	term.keys("E")
	term.waitText("EDITING")
	if err := term.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status, after := term.wait(); status != 128+int(syscall.SIGTERM) {
		t.Errorf("exit status %d: %s", status, after)
	}
	left, err := filepath.Glob(filepath.Join(temp, "*.json"))
	if err != nil || len(left) != 1 {
		t.Fatalf("left: %v, %v", left, err)
	}
	if text, err := os.ReadFile(left[0]); err != nil || string(text) != "typed\n" {
		t.Errorf("in the file is %q, %v", text, err)
	}
}
