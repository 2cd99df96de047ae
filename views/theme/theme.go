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

// Ink is the styles for text on one ground: the terminal's own, or that of a
// selected row. Each is an escape sequence to write before the text.
type Ink struct {
	Text    string // ordinary text
	Strong  string // text that stands out, such as a title
	Dim     string // text of second rank
	Rule    string // lines, tracks and other things that are not read
	Heading string // headings of columns and sections
	Accent  string // keys, links, what is in force
	Good    string
	Warn    string
	Bad     string
	State   [poller.StateCount]string // of each state of a task
	Fresh   [poller.StateCount]string // of a state that a task came into a moment ago
}

// Theme is all styles of the dashboard.
type Theme struct {
	Plain            Ink    // for the terminal's own background
	Cursor, Resting  Ink    // for the selected row, and for it while keys go elsewhere
	Marked           Ink    // for the rows that the user marked
	Tab, Chip, Shade string // for the active tab, the filter in force, the screen beneath a dialog
	Field            Field  // for what draws itself: text fields and the help
}

// Field is the styles of what draws itself: of labels and placeholders, and of keys, and
// the color of a cursor.
type Field struct {
	Dim, Key lipgloss.Style
	Cursor   color.Color
}

// field returns the styles of a palette for what draws itself.
func (p palette) field() Field {
	own := func(c color.Color) color.Color {
		if c == nil {
			return lipgloss.NoColor{}
		}
		return c
	}
	return Field{
		Dim:    lipgloss.NewStyle().Foreground(own(p.dim)).Faint(p.faint),
		Key:    lipgloss.NewStyle().Foreground(own(p.accent)).Bold(true),
		Cursor: own(p.accent),
	}
}

// symbols tell the states without color. All take one cell by every measure of
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
func New(dark bool, profile colorprofile.Profile) *Theme {
	switch {
	case profile <= colorprofile.ASCII:
		return plain()
	case profile == colorprofile.ANSI:
		return basic(dark)
	}
	return rich(dark, profile)
}

// palette is what an Ink is made from. A nil color is the terminal's own.
type palette struct {
	base   ansi.Style // attributes that all of the styles share
	ground color.Color

	text, dim, rule, accent, good, warn, bad color.Color

	faint bool // dim and rule are told by faint text rather than by a color
	state [poller.StateCount]color.Color
	bold  [poller.StateCount]bool
	// underline has a fresh state underlined, where bold alone may be what the state always is.
	underline bool
}

func (p palette) ink() Ink {
	dim, rule := p.style(p.dim), p.style(p.rule)
	if p.faint {
		dim, rule = dim.Faint(), rule.Faint()
	}
	ink := Ink{
		Text:    p.style(p.text).String(),
		Strong:  p.style(p.text).Bold().String(),
		Dim:     dim.String(),
		Rule:    rule.String(),
		Heading: dim.Bold().String(),
		Accent:  p.style(p.accent).Bold().String(),
		Good:    p.style(p.good).String(),
		Warn:    p.style(p.warn).String(),
		Bad:     p.style(p.bad).Bold().String(),
	}
	if p.faint {
		// Bold and faint together are faint on one terminal, bold on another.
		ink.Heading = p.style(p.dim).Bold().String()
	}
	for s, c := range p.state {
		style := p.style(c)
		if p.bold[s] {
			style = style.Bold()
		}
		if poller.State(s) == poller.Retried {
			style = style.Strikethrough(true)
		}
		ink.State[s] = style.String()
		fresh := p.style(c).Bold()
		if p.underline {
			fresh = fresh.Underline(true)
		}
		ink.Fresh[s] = fresh.String()
	}
	return ink
}

func (p palette) style(c color.Color) ansi.Style {
	style := append(ansi.NewStyle().Reset(), p.base...)
	if p.ground != nil {
		style = style.BackgroundColor(p.ground)
	}
	if c != nil {
		style = style.ForegroundColor(c)
	}
	return style
}
