package common

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"polltop/views/theme"
)

func keyOf(name, does string) key.Binding {
	return key.NewBinding(key.WithKeys(name), key.WithHelp(name, does))
}

// exampleKeys returns the help's groups, as long as the real ones.
func exampleKeys() []HelpGroup {
	return []HelpGroup{
		{Title: "Move", Keys: []key.Binding{
			keyOf("↑/k", "up"), keyOf("↓/j", "down"), keyOf("pgup/^b", "page up"),
			keyOf("pgdn/^f", "page down"), keyOf("^u", "half a page up"), keyOf("^d", "half a page down"),
			keyOf("home/g", "first"), keyOf("end/G", "last"),
		}},
		{Title: "Find", Keys: []key.Binding{
			keyOf("/", "filter"), keyOf("f", "failures only"), keyOf("n", "next failure"),
			keyOf("N", "previous failure"), keyOf("1-6", "state tabs"), keyOf("→/l", "next tab"),
			keyOf("←/h", "previous tab"), keyOf("s", "sort by the next column"), keyOf("S", "reverse the order"),
		}},
		{Title: "Act", Keys: []key.Binding{
			keyOf("enter", "inspect"), keyOf("tab", "table or detail"), keyOf("esc", "close, clear"),
			keyOf("a", "add tasks"), keyOf("e", "lines not understood"), keyOf("r", "poll this task now"),
			keyOf("p", "pause or go on"),
		}},
		{Title: "polltop", Keys: []key.Binding{keyOf("?", "help"), keyOf("^z", "suspend"), keyOf("q", "quit")}},
	}
}

func TestHelpAtWidths(t *testing.T) {
	for _, width := range []int{36, 76, 96} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			golden.RequireEqual(t, strings.Join(HelpBody(theme.New(true, colorprofile.TrueColor), exampleKeys(), width), "\n"))
		})
	}
}

// TestHelpBody checks that every key and what it does is in the help at any
// width that has room for it, in as many columns as fit.
func TestHelpBody(t *testing.T) {
	heights := []int{}
	for width := 1; width <= 140; width++ {
		lines := HelpBody(theme.New(true, colorprofile.TrueColor), exampleKeys(), width)
		heights = append(heights, len(lines))
		text := ansi.Strip(strings.Join(lines, "\n"))
		if width < 34 {
			continue // a dialog cuts them
		}
		for _, line := range lines {
			if got := ansi.StringWidth(line); got > width {
				t.Fatalf("width %d: %q takes %d cells", width, line, got)
			}
		}
		for _, group := range exampleKeys() {
			for _, k := range group.Keys {
				if !strings.Contains(text, k.Help().Key) || !strings.Contains(text, k.Help().Desc) {
					t.Fatalf("width %d: %q %q is not in the help:\n%s", width, k.Help().Key, k.Help().Desc, text)
				}
			}
		}
	}
	if !slices.IsSortedFunc(heights, func(a, b int) int { return b - a }) {
		t.Errorf("the help grows with the width: %v lines", heights)
	}
}

// The footer shows whole keys only, and those that are enabled.
func TestFooterFits(t *testing.T) {
	off := keyOf("x", "cancel")
	off.SetEnabled(false)
	keys := []key.Binding{keyOf("a", "add"), off, keyOf("?", "help")}
	for room, want := range map[int]string{4: "", 5: "a add", 12: "a add", 13: "a add  ? help", 40: "a add  ? help"} {
		if got := ansi.Strip(Footer(theme.New(true, colorprofile.TrueColor), keys, room)); got != want {
			t.Errorf("in %d cells %q, want %q", room, got, want)
		}
	}
}
