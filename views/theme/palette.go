package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
)

// shades is the colors for one kind of background: hexadecimal RGB, or a number among the
// terminal's own; "" for the terminal's foreground. A test holds every color that is read
// against the backgrounds of common terminal themes: 4.5 to 1, as WCAG 2 asks for text.
type shades struct {
	dim, rule, accent, warn string
	state                   [poller.StateCount]string
	// cursor and resting are backgrounds of the selected row; text is what is
	// written on them, as the terminal's own foreground may not be readable
	// where the background was guessed wrong.
	cursor, resting, text string
	marked                string // the background of the rows that the user marked
	// cursor256, resting256 and marked256 are the same among the 256 colors: the
	// nearest ones to the above are too far off to be read on.
	cursor256, resting256, marked256 string
	onAccent                         string // what is written on the accent and warning colors
}

var dark = shades{
	dim: "#a3adbb", rule: "#566070", accent: "#5fd0dc", warn: "#e5b84b",
	state: [poller.StateCount]string{
		poller.New:       "#a3adbb",
		poller.Queued:    "#b4c2de",
		poller.Running:   "#74baff",
		poller.Reading:   "#8fd3e8",
		poller.Succeeded: "#72d58b",
		poller.Failed:    "#ff8a82",
		poller.Canceled:  "#d2a8ff",
		poller.Expired:   "#f2b279",
		poller.NotFound:  "#ffab62",
		poller.Unread:    "#e5b84b",
		poller.Retried:   "#a3adbb",
	},
	cursor: "#343b47", resting: "#282d35", text: "#f2f4f8", onAccent: "#10151c",
	cursor256: "237", resting256: "235", marked: "#3a2a4c", marked256: "53",
}

var light = shades{
	dim: "#57606a", rule: "#b9c1ca", accent: "#0b6472", warn: "#7a4b00",
	state: [poller.StateCount]string{
		poller.New:       "#57606a",
		poller.Queued:    "#475675",
		poller.Running:   "#0550ae",
		poller.Reading:   "#0b5c7a",
		poller.Succeeded: "#12652b",
		poller.Failed:    "#b31d28",
		poller.Canceled:  "#6639ba",
		poller.Expired:   "#8a3a1a",
		poller.NotFound:  "#8a4100",
		poller.Unread:    "#7a4b00",
		poller.Retried:   "#57606a",
	},
	cursor: "#d3e3f8", resting: "#e4e7ec", text: "#1b1f24", onAccent: "#ffffff",
	cursor256: "195", resting256: "255", marked: "#fbeccb", marked256: "230",
}

// The sixteen colors, whose look is the user's own choice. Left out are those that common palettes
// make unreadable: bright black, which Solarized uses for its background; blue on dark; white,
// yellow and the bright colors on light.
var (
	basicDark  = basicShades("6", "3", "9", "13", "3")
	basicLight = basicShades("4", "5", "1", "5", "1")
)

func basicShades(accent, warn, bad, canceled, unknown string) shades {
	return shades{accent: accent, warn: warn, state: [poller.StateCount]string{
		poller.Running: accent, poller.Reading: accent, poller.Succeeded: "2", poller.Failed: bad,
		poller.Canceled: canceled, poller.Expired: unknown, poller.NotFound: unknown, poller.Unread: unknown,
	}}
}

// rich returns the theme for 256 colors and more.
func rich(s shades, profile colorprofile.Profile) *Theme {
	p := palette{shades: s, profile: profile}
	if profile == colorprofile.ANSI256 {
		p.cursor, p.resting, p.marked = s.cursor256, s.resting256, s.marked256
	}
	return &Theme{
		Plain:   p.ink("", ""),
		Cursor:  p.ink(p.text, p.cursor),
		Resting: p.ink(p.text, p.resting),
		Marked:  p.ink(p.text, p.marked),
		Tab:     p.style(p.onAccent, p.accent).Bold().String(),
		Chip:    p.style(p.onAccent, p.warn).String(),
		Shade:   p.style(p.rule, "").String(),
		Field:   p.field(),
	}
}

// basic returns the theme for sixteen colors. What others tell by a background is reversed there.
func basic(s shades) *Theme {
	p := palette{shades: s, profile: colorprofile.ANSI, faint: true, underline: true}
	p.bold[poller.Failed] = true
	t := &Theme{Plain: p.ink("", ""), Field: p.field(), Shade: p.style("", "").Faint().String()}
	t.reverse(p)
	// Without a background to tint, the text of a marked row has a color.
	p.dim, p.faint = p.accent, false
	t.Marked = p.ink(p.accent, "")
	return t
}

// plain returns the theme without colors.
func plain() *Theme {
	p := palette{underline: true}
	p.bold[poller.Failed], p.bold[poller.Expired], p.bold[poller.NotFound], p.bold[poller.Unread] = true, true, true, true
	t := &Theme{Plain: p.ink("", ""), Field: p.field(), Shade: p.style("", "").String()}
	// There is nothing to tint with: the sign before the row tells the mark.
	t.Marked = t.Plain
	t.Plain.Heading = p.style("", "").Underline(true).String()
	t.reverse(p)
	return t
}

// reverse fills in the styles for which a palette without background colors needs reversed
// text. A reversed row is all one color: colors in it would turn to patches of background.
func (t *Theme) reverse(p palette) {
	t.Tab = p.style("", "").Bold().Reverse(true).String()
	t.Chip = p.style("", "").Reverse(true).String()
	row := palette{base: ansi.NewStyle().Reverse(true), bold: p.bold, underline: p.underline}
	t.Cursor = row.ink("", "")
	row.base = ansi.NewStyle().Bold()
	row.profile, row.state = p.profile, p.state
	t.Resting = row.ink("", "")
}

// palette is what an Ink is made from.
type palette struct {
	shades
	profile colorprofile.Profile // that of no terminal turns all colors into the terminal's own
	base    ansi.Style           // attributes that all of the styles share
	faint   bool                 // dim and rule are told by faint text rather than by a color
	bold    [poller.StateCount]bool
	// underline has a fresh state underlined, where bold alone may be what the state always is.
	underline bool
}

// ink returns the styles for text on a background.
func (p palette) ink(text, ground string) Ink {
	style := func(c string) ansi.Style { return p.style(c, ground) }
	dim, rule, heading := style(p.dim), style(p.rule), style(p.dim).Bold()
	if p.faint { // but for headings: bold and faint together are faint on one terminal, bold on another
		dim, rule = dim.Faint(), rule.Faint()
	}
	ink := Ink{
		Text:    style(text).String(),
		Strong:  style(text).Bold().String(),
		Dim:     dim.String(),
		Rule:    rule.String(),
		Heading: heading.String(),
		Accent:  style(p.accent).Bold().String(),
		Good:    style(p.state[poller.Succeeded]).String(),
		Warn:    style(p.warn).String(),
		Bad:     style(p.state[poller.Failed]).Bold().String(),
	}
	for s, c := range p.state {
		old, fresh := style(c), style(c).Bold()
		if p.bold[s] {
			old = old.Bold()
		}
		if poller.State(s) == poller.Retried {
			old = old.Strikethrough(true)
		}
		if p.underline {
			fresh = fresh.Underline(true)
		}
		ink.State[s], ink.Fresh[s] = old.String(), fresh.String()
	}
	return ink
}

// style returns the style for text of a color on a background.
func (p palette) style(text, ground string) ansi.Style {
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
func (p palette) color(c string) color.Color {
	if c == "" {
		return nil
	}
	return p.profile.Convert(lipgloss.Color(c))
}

// field returns the styles of a palette for what draws itself.
func (p palette) field() Field {
	return Field{
		Dim:    lipgloss.NewStyle().Foreground(p.color(p.dim)).Faint(p.faint),
		Key:    lipgloss.NewStyle().Foreground(p.color(p.accent)).Bold(true),
		Cursor: p.color(p.accent),
	}
}
