package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
)

// role is what a color is for: text, or the background below it.
type role int

const (
	own role = iota // the terminal's own color
	dim
	rule
	accent
	warn
	onAccent // what is written on the accent and warning colors
	// onCursor is what is written on a row with a background, as the terminal's own
	// foreground may not be readable where that was guessed wrong.
	onCursor
	// Backgrounds of the selected row, of it while keys go elsewhere, and of marked rows. Those
	// for 256 colors follow: the nearest ones to them are too far off to be read on.
	cursor
	cursor256
	resting
	resting256
	marked
	marked256
	state // of the first state; those of the others follow
)

// colors are those for many colors on a dark and on a light background, and for sixteen: in
// hexadecimal RGB, or a number among the terminal's own. A test holds every color that is read
// against the backgrounds of common terminal themes: 4.5 to 1, as WCAG 2 asks for text. Of the
// sixteen, whose look is the user's own choice, those are left out that common palettes make
// unreadable: bright black, which Solarized uses for its background; blue on dark; white, yellow
// and the bright colors on light.
var colors = [...][4]string{
	dim:        {"#a3adbb", "#57606a"},
	rule:       {"#566070", "#b9c1ca"},
	accent:     {"#5fd0dc", "#0b6472", "6", "4"},
	warn:       {"#e5b84b", "#7a4b00", "3", "5"},
	onAccent:   {"#10151c", "#ffffff"},
	onCursor:   {"#f2f4f8", "#1b1f24"},
	cursor:     {"#343b47", "#d3e3f8"},
	cursor256:  {"237", "195"},
	resting:    {"#282d35", "#e4e7ec"},
	resting256: {"235", "255"},
	marked:     {"#3a2a4c", "#fbeccb"},
	marked256:  {"53", "230"},

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

// palette is what styles are made from.
type palette struct {
	column  int                  // of colors
	profile colorprofile.Profile // that of no terminal turns all colors into the terminal's own
	base    ansi.Style           // attributes that all of the styles share
	faint   bool                 // dim and rule are shown by faint text rather than by a color
	bold    [poller.StateCount]bool
	// underline has a fresh state underlined, where bold alone may be what the state always is.
	underline bool
}

// newPalette returns the palette for a terminal, without a word on how it looks.
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

// rich returns the theme for 256 colors and more.
func rich(p palette) *Theme {
	return &Theme{
		Plain:     p.ink(own, own),
		Cursor:    p.ink(onCursor, cursor),
		Unfocused: p.ink(onCursor, resting),
		Marked:    p.ink(onCursor, marked),
		Tab:       p.style(onAccent, accent).Bold().String(),
		Chip:      p.style(onAccent, warn).String(),
		Faded:     p.style(rule, own).String(),
		Field:     p.field(),
	}
}

// poor returns the theme for sixteen colors or none, in which reversed text stands for a
// background. A reversed row is all one color: colors in it would turn to patches of background.
func poor(p palette) *Theme {
	colored := p.profile == colorprofile.ANSI
	p.underline, p.faint = true, colored
	p.bold[poller.Failed] = true
	for _, s := range []poller.State{poller.Expired, poller.NotFound, poller.Unread} {
		p.bold[s] = !colored
	}
	t := &Theme{
		Plain: p.ink(own, own),
		Tab:   p.style(own, own).Bold().Reverse(true).String(),
		Chip:  p.style(own, own).Reverse(true).String(),
		Faded: p.style(own, own).String(),
		Field: p.field(),
	}
	row := palette{base: ansi.NewStyle().Reverse(true), bold: p.bold, underline: true}
	t.Cursor = row.ink(own, own)
	row.base = ansi.NewStyle().Bold()
	t.Unfocused = row.ink(own, own)
	row.profile, row.column = p.profile, p.column
	states := row.ink(own, own)
	t.Unfocused.State, t.Unfocused.Fresh = states.State, states.Fresh
	if !colored {
		t.Marked = t.Plain // there is nothing to tint with: the sign before the row shows the mark
		t.Plain.Heading = p.style(own, own).Underline(true).String()
		return t
	}
	t.Faded = p.style(own, own).Faint().String()
	// Without a background to tint, the text of a marked row has a color.
	p.faint = false
	t.Marked = p.ink(accent, own)
	t.Marked.Dim = t.Marked.Text
	return t
}

// ink returns the styles for text on a background.
func (p palette) ink(text, ground role) Styles {
	style := func(c role) ansi.Style { return p.style(c, ground) }
	second, line := style(dim), style(rule)
	if p.faint { // but for headings: bold and faint together are faint on one terminal, bold on another
		second, line = second.Faint(), line.Faint()
	}
	ink := Styles{
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
		ink.State[s], ink.Fresh[s] = old.String(), fresh.String()
	}
	ink.State[poller.StateCount], ink.Fresh[poller.StateCount] = ink.Text, ink.Text
	return ink
}

// style returns the style for text on a background.
func (p palette) style(text, ground role) ansi.Style {
	style := append(ansi.NewStyle().Reset(), p.base...)
	if c := p.color(ground); c != nil {
		style = style.BackgroundColor(c)
	}
	if c := p.color(text); c != nil {
		style = style.ForegroundColor(c)
	}
	return style
}

// color returns a color as the terminal can show it; nil for the terminal's own.
func (p palette) color(r role) color.Color {
	if p.profile == colorprofile.ANSI256 && (r == cursor || r == resting || r == marked) {
		r++
	}
	if colors[r][p.column] == "" {
		return nil
	}
	return p.profile.Convert(lipgloss.Color(colors[r][p.column]))
}

// field returns the styles of a palette for what draws itself.
func (p palette) field() Field {
	return Field{
		Dim:    lipgloss.NewStyle().Foreground(p.color(dim)).Faint(p.faint),
		Key:    lipgloss.NewStyle().Foreground(p.color(accent)).Bold(true),
		Cursor: p.color(accent),
	}
}
