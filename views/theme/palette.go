package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
)

// role is what a color is used for.
type role int

const (
	terminalColor role = iota // the terminal's own foreground or background
	dim
	rule
	accent
	warn
	onAccent // text on the accent and warning colors
	onRow    // text on a row's background: the terminal's own foreground may be unreadable there
	// The backgrounds of rows. Those for 256 colors follow each: the nearest colors to the RGB ones
	// have too little contrast.
	cursor
	cursor256
	unfocused
	unfocused256
	marked
	marked256
	state // of the first state; those of the others follow
)

// colors has the colors of each role: with many colors on a dark and on a light background, then
// with sixteen. A color is RGB in hexadecimal or a number among the terminal's own; "" is the
// terminal's own foreground or background.
//
// A test holds each text color against the backgrounds of common terminal themes: 4.5 to 1, as WCAG 2
// demands. Of the sixteen colors, which the user chooses, those are not used that common palettes make
// unreadable: bright black, which is Solarized's background; blue on dark; white, yellow and the
// bright colors on light.
var colors = [...][4]string{
	dim:          {"#a3adbb", "#57606a"},
	rule:         {"#566070", "#b9c1ca"},
	accent:       {"#5fd0dc", "#0b6472", "6", "4"},
	warn:         {"#e5b84b", "#7a4b00", "3", "5"},
	onAccent:     {"#10151c", "#ffffff"},
	onRow:        {"#f2f4f8", "#1b1f24"},
	cursor:       {"#343b47", "#d3e3f8"},
	cursor256:    {"237", "195"},
	unfocused:    {"#282d35", "#e4e7ec"},
	unfocused256: {"235", "255"},
	marked:       {"#3a2a4c", "#fbeccb"},
	marked256:    {"53", "230"},

	state + role(poller.New):       {"#a3adbb", "#57606a"},
	state + role(poller.Queued):    {"#b4c2de", "#475675"},
	state + role(poller.Running):   {"#74baff", "#0550ae", "6", "4"},
	state + role(poller.Reading):   {"#8fd3e8", "#0b5c7a", "6", "4"},
	state + role(poller.Succeeded): {"#72d58b", "#12652b", "2", "2"},
	state + role(poller.Failed):    {"#ff8a82", "#b31d28", "9", "1"},
	state + role(poller.Canceled):  {"#d2a8ff", "#6639ba", "13", "5"},
	state + role(poller.Expired):   {"#f2b279", "#8a3a1a", "3", "1"},
	state + role(poller.NotFound):  {"#ffab62", "#8a4100", "3", "1"},
	state + role(poller.Unread):    {"#e5b84b", "#7a4b00", "3", "1"},
	state + role(poller.Retried):   {"#a3adbb", "#57606a"},
}

// palette makes styles.
type palette struct {
	column  int                  // of colors
	profile colorprofile.Profile // NoTTY turns all colors into the terminal's own
	base    ansi.Style           // attributes of all styles
	faint   bool                 // dim and rule are faint text, not a color
	bold    [poller.StateCount]bool
	// underline underlines Fresh, whose bold does not stand out where the state is always bold.
	underline bool
}

func newPalette(isDark bool, profile colorprofile.Profile) (p palette) {
	p.profile = profile
	if !isDark {
		p.column++
	}
	if profile <= colorprofile.ANSI {
		p.column += 2
	}
	return p
}

// tintedTheme returns the theme for 256 colors and more, in which rows have backgrounds.
func tintedTheme(p palette) *Theme {
	return &Theme{
		Plain:     p.styles(terminalColor, terminalColor),
		Cursor:    p.styles(onRow, cursor),
		Unfocused: p.styles(onRow, unfocused),
		Marked:    p.styles(onRow, marked),
		Tab:       p.style(onAccent, accent).Bold().String(),
		Chip:      p.style(onAccent, warn).String(),
		Faded:     p.style(rule, terminalColor).String(),
		Field:     p.field(),
	}
}

// reversedTheme returns the theme for sixteen colors or none, in which the selected row is reversed.
// It has no other colors, as they would become patches of background.
func reversedTheme(p palette) *Theme {
	colored := p.profile == colorprofile.ANSI
	p.underline, p.faint = true, colored
	p.bold[poller.Failed] = true
	for _, s := range []poller.State{poller.Expired, poller.NotFound, poller.Unread} {
		p.bold[s] = !colored
	}
	t := &Theme{
		Plain: p.styles(terminalColor, terminalColor),
		Tab:   p.style(terminalColor, terminalColor).Bold().Reverse(true).String(),
		Chip:  p.style(terminalColor, terminalColor).Reverse(true).String(),
		Faded: p.style(terminalColor, terminalColor).String(),
		Field: p.field(),
	}
	row := palette{base: ansi.NewStyle().Reverse(true), bold: p.bold, underline: true}
	t.Cursor = row.styles(terminalColor, terminalColor)
	row.base = ansi.NewStyle().Bold()
	t.Unfocused = row.styles(terminalColor, terminalColor)
	row.profile, row.column = p.profile, p.column
	states := row.styles(terminalColor, terminalColor)
	t.Unfocused.State, t.Unfocused.Fresh = states.State, states.Fresh
	if !colored {
		t.Marked = t.Plain // only the sign before the row shows the mark
		t.Plain.Heading = p.style(terminalColor, terminalColor).Underline(true).String()
		return t
	}
	t.Faded = p.style(terminalColor, terminalColor).Faint().String()
	p.faint = false
	t.Marked = p.styles(accent, terminalColor)
	t.Marked.Dim = t.Marked.Text
	return t
}

// styles returns the styles on a background.
func (p palette) styles(text, background role) Styles {
	style := func(c role) ansi.Style { return p.style(c, background) }
	second, line := style(dim), style(rule)
	if p.faint { // headings are not: terminals differ on bold and faint together
		second, line = second.Faint(), line.Faint()
	}
	styles := Styles{
		Text:    style(text).String(),
		Strong:  style(text).Bold().String(),
		Dim:     second.String(),
		Rule:    line.String(),
		Heading: style(dim).Bold().String(),
		Accent:  style(accent).Bold().String(),
		Good:    style(state + role(poller.Succeeded)).String(),
		Warn:    style(warn).String(),
		Bad:     style(state + role(poller.Failed)).Bold().String(),
	}
	for s := range poller.StateCount {
		old, fresh := style(state+role(s)), style(state+role(s)).Bold()
		if p.bold[s] {
			old = old.Bold()
		}
		if s == poller.Retried {
			old = old.Strikethrough(true)
		}
		if p.underline {
			fresh = fresh.Underline(true)
		}
		styles.State[s], styles.Fresh[s] = old.String(), fresh.String()
	}
	styles.State[poller.StateCount], styles.Fresh[poller.StateCount] = styles.Text, styles.Text
	return styles
}

// style returns the style of a text color on a background.
func (p palette) style(text, background role) ansi.Style {
	style := append(ansi.NewStyle().Reset(), p.base...)
	if c := p.color(background); c != nil {
		style = style.BackgroundColor(c)
	}
	if c := p.color(text); c != nil {
		style = style.ForegroundColor(c)
	}
	return style
}

// color returns a role's color as the terminal can show it; nil for the terminal's own.
func (p palette) color(r role) color.Color {
	if p.profile == colorprofile.ANSI256 && (r == cursor || r == unfocused || r == marked) {
		r++
	}
	if colors[r][p.column] == "" {
		return nil
	}
	return p.profile.Convert(lipgloss.Color(colors[r][p.column]))
}

func (p palette) field() Field {
	return Field{
		Dim:    lipgloss.NewStyle().Foreground(p.color(dim)).Faint(p.faint),
		Key:    lipgloss.NewStyle().Foreground(p.color(accent)).Bold(true),
		Cursor: p.color(accent),
	}
}
