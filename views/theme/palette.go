package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
)

// shades is a palette for one kind of background, in hexadecimal RGB. A test
// holds every color that is read against the backgrounds of common terminal
// themes: 4.5 to 1, as WCAG 2 asks for text.
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

// rich returns the theme for 256 colors and more.
func rich(isDark bool, profile colorprofile.Profile) *Theme {
	s := light
	if isDark {
		s = dark
	}
	if profile == colorprofile.ANSI256 {
		s.cursor, s.resting, s.marked = s.cursor256, s.resting256, s.marked256
	}
	hex := func(text string) color.Color { return profile.Convert(lipgloss.Color(text)) }
	p := palette{
		dim: hex(s.dim), rule: hex(s.rule), accent: hex(s.accent), warn: hex(s.warn),
		good: hex(s.state[poller.Succeeded]), bad: hex(s.state[poller.Failed]),
	}
	for i, text := range s.state {
		p.state[i] = hex(text)
	}
	t := &Theme{Plain: p.ink(), Shade: p.style(p.rule).String(), Field: p.field()}

	p.text, p.ground = hex(s.text), hex(s.cursor)
	t.Cursor = p.ink()
	p.ground = hex(s.resting)
	t.Resting = p.ink()
	p.ground = hex(s.marked)
	t.Marked = p.ink()

	p.ground = hex(s.accent)
	t.Tab = p.style(hex(s.onAccent)).Bold().String()
	p.ground = hex(s.warn)
	t.Chip = p.style(hex(s.onAccent)).String()
	return t
}

// basic returns the theme for the sixteen colors, whose look is the user's own choice. Left out
// are those that common palettes make unreadable: bright black, which Solarized uses for its
// background; blue on dark; white, yellow and the bright colors on light.
func basic(isDark bool) *Theme {
	p := palette{
		faint: true, underline: true,
		accent: ansi.Cyan, good: ansi.Green, warn: ansi.Yellow, bad: ansi.BrightRed,
	}
	canceled, unknown := ansi.BrightMagenta, ansi.Yellow
	if !isDark {
		p.accent, p.warn, p.bad = ansi.Blue, ansi.Magenta, ansi.Red
		canceled, unknown = ansi.Magenta, ansi.Red
	}
	p.bold[poller.Failed] = true
	p.state = [poller.StateCount]color.Color{
		poller.Running: p.accent, poller.Reading: p.accent, poller.Succeeded: p.good, poller.Failed: p.bad,
		poller.Canceled: canceled, poller.Expired: unknown, poller.NotFound: unknown, poller.Unread: unknown,
	}
	t := &Theme{Plain: p.ink(), Shade: p.style(nil).Faint().String(), Field: p.field()}
	t.reverse(p)
	// Without a background to tint, the text of a marked row has a color.
	marked := p
	marked.text, marked.dim, marked.faint = p.accent, p.accent, false
	t.Marked = marked.ink()
	return t
}

func plain() *Theme {
	p := palette{underline: true}
	p.bold[poller.Failed] = true
	p.bold[poller.Expired], p.bold[poller.NotFound], p.bold[poller.Unread] = true, true, true
	t := &Theme{Plain: p.ink(), Shade: p.style(nil).String(), Field: p.field()}
	t.Plain.Heading = p.style(nil).Underline(true).String()
	t.reverse(p)
	// There is nothing to tint with: the sign before the row tells the mark.
	t.Marked = t.Plain
	return t
}

// reverse fills in the styles for which a palette without background colors needs reversed
// text. A reversed row is all one color: colors in it would turn to patches of background.
func (t *Theme) reverse(p palette) {
	row := palette{base: ansi.NewStyle().Reverse(true), bold: p.bold, underline: p.underline}
	t.Cursor = row.ink()
	row.base = ansi.NewStyle().Bold()
	row.state = p.state
	t.Resting = row.ink()
	t.Tab = p.style(nil).Bold().Reverse(true).String()
	t.Chip = p.style(nil).Reverse(true).String()
}
