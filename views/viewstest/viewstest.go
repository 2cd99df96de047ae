// Package viewstest has what tests of drawn screens share: the sizes and kinds of terminals
// they are drawn for, and golden files with many scenes in one.
package viewstest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"polltop/views/theme"
)

// Sizes are the sizes of terminals, in cells and lines. The second is the common one.
var Sizes = [][2]int{{40, 10}, {80, 24}, {120, 36}, {200, 50}}

// Mode is what a terminal can show.
type Mode struct {
	Dark    bool
	Profile colorprofile.Profile
}

// Modes returns all modes: dark and light, from no color to all colors.
func Modes() (modes []Mode) {
	for _, dark := range []bool{true, false} {
		for _, profile := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
			modes = append(modes, Mode{dark, profile})
		}
	}
	return modes
}

// String returns the mode as the name of a test.
func (m Mode) String() string { return fmt.Sprintf("dark=%t_%v", m.Dark, m.Profile) }

// Theme returns the theme for the mode.
func (m Mode) Theme() *theme.Theme { return theme.New(m.Dark, m.Profile) }

// Full is the mode with all colors on dark.
var Full = Mode{true, colorprofile.TrueColor}

// HoldStyles holds how scenes look in every mode, in one golden file a mode: the texts with
// their styles, at the common size. Where they stand is for HoldTexts. In no mode and at no
// size may a scene be drawn beyond the screen.
func HoldStyles(t *testing.T, scenes []string, draw func(t *testing.T, scene string, size [2]int, m Mode) string) {
	for _, m := range Modes() {
		t.Run(m.String(), func(t *testing.T) {
			var b strings.Builder
			for _, scene := range scenes {
				for _, size := range Sizes {
					drawn := draw(t, scene, size, m)
					Inside(t, fmt.Sprintf("%s %v", scene, size), drawn, size)
					if size == Sizes[1] {
						fmt.Fprintf(&b, "-- %s --\n%s\n", scene, strings.Join(styles(drawn), "\n"))
					}
				}
			}
			golden.RequireEqual(t, b.String())
		})
	}
}

// HoldTexts holds scenes at every size in one golden file a size, without styles.
func HoldTexts(t *testing.T, scenes []string, draw func(t *testing.T, scene string, size [2]int, m Mode) string) {
	for _, size := range Sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			var b strings.Builder
			for _, scene := range scenes {
				drawn := draw(t, scene, size, Full)
				Inside(t, scene, drawn, size)
				fmt.Fprintf(&b, "-- %s --\n", scene)
				for line := range strings.Lines(ansi.Strip(drawn)) {
					b.WriteString(strings.TrimRight(line, " \n") + "\n")
				}
			}
			golden.RequireEqual(t, b.String())
		})
	}
}

// Inside checks that a screen has as many lines as the terminal and none that is wider.
func Inside(t *testing.T, what, screen string, size [2]int) {
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

// styles lists the texts of a screen with their styles, each pair once.
func styles(screen string) []string {
	var list []string
	seen := map[string]bool{}
	style := ""
	var text strings.Builder
	flush := func() {
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
			flush()
			if inner := seq[2 : len(seq)-1]; inner == "" || inner == "0" {
				style = ""
			} else if style = strings.Trim(style+";"+inner, ";"); strings.HasPrefix(inner, "0;") {
				style = inner
			}
		case width > 0:
			text.WriteString(seq)
		case seq == "\n":
			flush()
		}
		screen, state = screen[n:], next
	}
	flush()
	return list
}
