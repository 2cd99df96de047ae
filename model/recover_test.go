package model

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/crash"
)

// Bubble Tea would print a panic that it recovers from, with what is in it.
func TestPanicsOfCommandsAreReported(t *testing.T) {
	fail := func() tea.Msg { panic(errors.New("a mistake")) }
	for name, cmd := range map[string]tea.Cmd{
		"alone":    fail,
		"batch":    tea.Batch(fail, tea.Quit),
		"in batch": tea.Batch(tea.Quit, func() tea.Msg { return tea.Batch(fail, tea.Quit)() }),
	} {
		catcher := crash.New("test", func(s string) string { return s }, t.TempDir())
		r := recovering{New(Options{Clock: time.Now}), catcher}
		runAll(r.command(cmd))
		if err := catcher.Err(); err == nil || !strings.HasSuffix(err.Error(), ": a mistake") {
			t.Errorf("%s: caught is %v", name, err)
		}
	}
}

// runAll runs a command and those that it returns.
func runAll(cmd tea.Cmd) {
	if batch, ok := cmd().(tea.BatchMsg); ok {
		for _, each := range batch {
			runAll(each)
		}
	}
}

// The commands of a sequence are not caught, so only Bubble Tea's own may be in one.
func TestOnlyLeavingIsASequence(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "tea.Sequence(") && !strings.HasSuffix(path, "_test.go") {
				found = append(found, strings.TrimSpace(line))
			}
		}
	}
	if len(found) != 1 || found[0] != "return tea.Sequence(drop, tea.Quit)" {
		t.Errorf("sequences: %q", found)
	}
}
