package views_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"polltop/views"
	"polltop/views/theme"
)

// styles lists the texts of a screen with their styles, each pair once.
func styles(screen string) []string {
	var list []string
	seen := map[string]bool{}
	style := ""
	var text strings.Builder
	take := func() {
		if words := strings.TrimSpace(text.String()); words != "" {
			if line := fmt.Sprintf("%q %s", style, words); !seen[line] {
				seen[line] = true
				list = append(list, line)
			}
		}
		text.Reset()
	}
	var state byte
	for screen != "" {
		seq, width, n, next := ansi.DecodeSequence(screen, state, nil)
		switch {
		case strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m"):
			take()
			if inner := seq[2 : len(seq)-1]; inner == "" || inner == "0" {
				style = ""
			} else if style = strings.Trim(style+";"+inner, ";"); strings.HasPrefix(inner, "0;") {
				style = inner
			}
		case width > 0:
			text.WriteString(seq)
		case seq == "\n":
			take()
		}
		screen, state = screen[n:], next
	}
	take()
	return list
}

// TestModes holds how every scene looks in every mode, in one file a mode: the
// texts with their styles. Where they stand is held by TestScreens; at every
// size no mode may draw beyond the screen.
func TestModes(t *testing.T) {
	for _, dark := range []bool{true, false} {
		for _, profile := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
			t.Run(fmt.Sprintf("dark=%t_%v", dark, profile), func(t *testing.T) {
				var b strings.Builder
				for _, name := range slices.Sorted(maps.Keys(scenes)) {
					for _, size := range sizes {
						p := scenes[name](size[0], size[1])
						p.Theme = theme.New(dark, profile)
						drawn := render(p)
						wantInside(t, fmt.Sprintf("%s %v", name, size), drawn, size)
						if size == sizes[1] {
							fmt.Fprintf(&b, "-- %s --\n%s\n", name, strings.Join(styles(drawn), "\n"))
						}
					}
				}
				golden.RequireEqual(t, b.String())
			})
		}
	}
}

// wantInside checks that a screen has as many lines as the terminal and none
// that is wider.
func wantInside(t *testing.T, what, screen string, size [2]int) {
	t.Helper()
	lines := strings.Split(screen, "\n")
	if len(lines) != size[1] {
		t.Errorf("%s: %d lines", what, len(lines))
	}
	for y, line := range lines {
		if width := ansi.StringWidth(line); width > size[0] {
			t.Errorf("%s: line %d is %d cells wide", what, y, width)
		}
	}
}

// TestPaneOfEachOutcome holds the pane and the row of a task in each state, in
// one file a size, without styles.
func TestPaneOfEachOutcome(t *testing.T) {
	outcomes := stateTasks()
	for _, task := range tasks() {
		if name := task.State.String(); outcomes[name] == nil {
			outcomes[name] = task
		}
	}
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			var b strings.Builder
			for _, name := range slices.Sorted(maps.Keys(outcomes)) {
				p := screen(size[0], size[1])
				p.Table.Rows, p.Table.Total, p.Table.Cursor = p.Table.Rows[:1], 1, 0
				p.Table.Rows[0] = outcomes[name]
				p.Detail = &views.Detail{Task: outcomes[name]}
				p.Focus = views.OnPane
				drawn := render(p)
				wantInside(t, name, drawn, size)
				fmt.Fprintf(&b, "-- %s --\n", name)
				for line := range strings.Lines(ansi.Strip(drawn)) {
					b.WriteString(strings.TrimRight(line, " \n") + "\n")
				}
			}
			golden.RequireEqual(t, b.String())
		})
	}
}
