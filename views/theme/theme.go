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

// Styles are the escape sequences of the styles on one background.
type Styles struct {
	Text    string // ordinary text
	Strong  string // text that stands out, such as a title
	Dim     string // less important text
	Rule    string // lines and the empty parts of bars
	Heading string // titles of columns and sections
	Accent  string // keys, links and active choices
	Good    string
	Warn    string
	Bad     string
	// State has the style of each task state, and last that of an invalid one. Fresh is for a state
	// that has just changed.
	State, Fresh [poller.StateCount + 1]string
}

// Theme has all styles of the dashboard.
type Theme struct {
	Plain             Styles // on the terminal's own background
	Cursor, Unfocused Styles // of the selected row, while keys go to the table and while they do not
	Marked            Styles // of the rows that the user marked
	Tab, Chip, Faded  string // of the active tab, the filter, and the screen under a dialog
	Field             Field  // of text fields and the help
}

// Field has the styles of components that draw themselves, text fields and the help: of labels and
// placeholders, of keys, and the color of the cursor.
type Field struct {
	Dim, Key lipgloss.Style
	Cursor   color.Color
}

// symbols show the states without color. Each takes one cell by every measure of width, and is in
// the fonts that terminals commonly have.
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

// Symbol returns the symbol of a state, one cell wide; a question mark for an invalid state.
func Symbol(s poller.State) string { return symbols[min(s, poller.StateCount)] }

// New returns the theme for a background and a color profile. Profiles below ANSI (an unknown one,
// no terminal, and ASCII, which NO_COLOR sets) get no color, but bold, underlined and reversed text.
func New(isDark bool, profile colorprofile.Profile) *Theme {
	if profile <= colorprofile.ANSI {
		return reversedTheme(newPalette(isDark, profile))
	}
	return tintedTheme(newPalette(isDark, profile))
}
