package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
)

// Reset ends every style.
const Reset = ansi.ResetStyle

// Styles is the styles for text on one ground: the terminal's own, or that of a
// selected row. Each is an escape sequence to write before the text.
type Styles struct {
	Text    string // ordinary text
	Strong  string // text that stands out, such as a title
	Dim     string // text of second rank
	Rule    string // lines, tracks and other things that are not read
	Heading string // headings of columns and sections
	Accent  string // keys, links, what is in force
	Good    string
	Warn    string
	Bad     string
	// State is of each state of a task, the last one of what is none; Fresh of a state that a
	// task came into a moment ago.
	State, Fresh [poller.StateCount + 1]string
}

// Theme is all styles of the dashboard.
type Theme struct {
	Plain             Styles // for the terminal's own background
	Cursor, Unfocused Styles // for the selected row, and for it while keys go elsewhere
	Marked            Styles // for the rows that the user marked
	Tab, Chip, Faded  string // for the active tab, the filter in force, the screen beneath a dialog
	Field             Field  // for what draws itself: text fields and the help
}

// Field is the styles of what draws itself: of labels and placeholders, and of keys, and
// the color of a cursor.
type Field struct {
	Dim, Key lipgloss.Style
	Cursor   color.Color
}

// symbols show the states without color. All take one cell by every measure of
// width, and are in the fonts that terminals commonly come with.
var symbols = [poller.StateCount + 1]string{
	poller.New:       "∘",
	poller.Queued:    "·",
	poller.Running:   "▸",
	poller.Reading:   "▹",
	poller.Succeeded: "✓",
	poller.Failed:    "✗",
	poller.Canceled:  "⊘",
	poller.Expired:   "∄",
	poller.NotFound:  "?",
	poller.Unread:    "‽",
	poller.Retried:   "↻",

	poller.StateCount: "?",
}

// Symbol returns the symbol of a state, one cell wide; a question mark for a
// state that is none.
func Symbol(s poller.State) string { return symbols[min(s, poller.StateCount)] }

// New returns the theme for a terminal with a dark or a light background and
// the given color profile. A profile that is unknown, or that of no terminal,
// gets no color, only bold, underlined and reversed text: as does NO_COLOR,
// which the colorprofile module makes known as its ASCII profile.
func New(isDark bool, profile colorprofile.Profile) *Theme {
	if profile <= colorprofile.ANSI {
		return poor(newPalette(isDark, profile))
	}
	return rich(newPalette(isDark, profile))
}
