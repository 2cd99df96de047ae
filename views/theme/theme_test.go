package theme

import (
	"image/color"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
)

// backgrounds are those of terminal themes in common use.
var backgrounds = map[bool][]string{
	true: {
		"#000000", "#0c0c0c", "#1e1e1e", // black, Windows, VS Code
		"#282c34", "#282a36", "#2e3440", // One Dark, Dracula, Nord
		"#002b36", "#1a1b26", "#282828", // Solarized, Tokyo Night, Gruvbox
	},
	false: {
		"#ffffff", "#f6f8fa", "#fafafa", // white, GitHub, One Light
		"#fdf6e3", "#eff1f5", "#fbf1c7", // Solarized, Catppuccin, Gruvbox
	},
}

// TestContrast holds every color that is read against the backgrounds that it
// can stand on: 4.5 to 1, which WCAG 2.2 (1.4.3) asks for text.
func TestContrast(t *testing.T) {
	const least = 4.5
	for _, isDark := range []bool{true, false} {
		for _, profile := range []colorprofile.Profile{colorprofile.ANSI256, colorprofile.TrueColor} {
			p := newPalette(isDark, profile)
			grounds := []color.Color{p.color(cursor), p.color(unfocused), p.color(marked)}
			for _, hex := range backgrounds[isDark] {
				grounds = append(grounds, lipgloss.Color(hex))
			}
			inks := []role{dim, accent, warn}
			for s := range poller.StateCount {
				inks = append(inks, state+role(s))
			}
			for _, ground := range grounds {
				for _, ink := range inks {
					if got := contrast(p.color(ink), ground); got < least {
						t.Errorf("dark %t, %v: %s on %v has a contrast of %.2f, want %.1f", isDark, profile, colors[ink][p.column], ground, got, least)
					}
				}
			}
			for _, ground := range []role{cursor, unfocused, marked} {
				if got := contrast(p.color(onRow), p.color(ground)); got < 7 {
					t.Errorf("dark %t, %v: text on %s has a contrast of %.2f, want 7", isDark, profile, colors[ground][p.column], got)
				}
			}
			for _, ground := range []role{accent, warn} {
				if got := contrast(p.color(onAccent), p.color(ground)); got < least {
					t.Errorf("dark %t, %v: text on %s has a contrast of %.2f, want %.1f", isDark, profile, colors[ground][p.column], got, least)
				}
			}
		}
	}
}

// contrast returns the contrast ratio of two colors as WCAG 2.2 defines it.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// styles returns every style of a theme by its name.
func styles(t *Theme) map[string]string {
	found := map[string]string{}
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		if style, ok := v.Interface().(lipgloss.Style); ok {
			before, _, _ := strings.Cut(style.Render("x"), "x")
			found[name] = "\x1b[0m"
			if before != "" {
				found[name] = strings.Replace(before, "[", "[0;", 1)
			}
			return
		}
		switch v.Kind() {
		case reflect.String:
			found[name] = v.String()
		case reflect.Struct:
			for i := range v.NumField() {
				walk(name+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Array:
			for i := range v.Len() {
				walk(name+"."+poller.State(i).String(), v.Index(i))
			}
		}
	}
	walk("Theme", reflect.ValueOf(*t))
	return found
}

// TestStyles checks the form of all styles: one sequence that begins with a
// reset, and only colors that the terminal has.
func TestStyles(t *testing.T) {
	tests := []struct {
		profile colorprofile.Profile
		allowed string
	}{
		{colorprofile.Unknown, `^\x1b\[0(;[1479])*m$`},
		{colorprofile.NoTTY, `^\x1b\[0(;[1479])*m$`},
		{colorprofile.ASCII, `^\x1b\[0(;[1479])*m$`},
		{colorprofile.ANSI, `^\x1b\[0(;[12479]|;3[0-7]|;9[0-7])*m$`},
		{colorprofile.ANSI256, `^\x1b\[0(;1|;9|;[34]8;5;\d+)*m$`},
		{colorprofile.TrueColor, `^\x1b\[0(;1|;9|;[34]8;2;\d+;\d+;\d+)*m$`},
	}
	for _, tt := range tests {
		allowed := regexp.MustCompile(tt.allowed)
		for _, isDark := range []bool{true, false} {
			for name, style := range styles(New(isDark, tt.profile)) {
				if !allowed.MatchString(style) {
					t.Errorf("dark %t, %v: %s is %q, want a match of %s", isDark, tt.profile, name, style, tt.allowed)
				}
			}
		}
	}
}

// TestBasicIsReadable checks that the sixteen color theme keeps off the colors
// that common palettes make unreadable.
func TestBasicIsReadable(t *testing.T) {
	avoid := map[bool]*regexp.Regexp{
		true:  regexp.MustCompile(`;(30|34|90|94)(;|m)`),
		false: regexp.MustCompile(`;(33|37|9\d)(;|m)`),
	}
	for isDark, bad := range avoid {
		for name, style := range styles(New(isDark, colorprofile.ANSI)) {
			if bad.MatchString(style) {
				t.Errorf("dark %t: %s is %q", isDark, name, style)
			}
		}
	}
}

// TestSelectionStandsOut checks that the selected row differs from the others
// in every theme, and from the selected row without the keys.
func TestSelectionStandsOut(t *testing.T) {
	for _, profile := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
		for _, isDark := range []bool{true, false} {
			th := New(isDark, profile)
			if th.Plain.Text == th.Cursor.Text || th.Plain.Text == th.Unfocused.Text || th.Cursor.Text == th.Unfocused.Text {
				t.Errorf("dark %t, %v: text is %q, selected %q, unfocused %q", isDark, profile, th.Plain.Text, th.Cursor.Text, th.Unfocused.Text)
			}
			if tinted := th.Marked.Text != th.Plain.Text; tinted != (profile > colorprofile.ASCII) || th.Marked.Text == th.Cursor.Text || th.Marked.Text == th.Unfocused.Text {
				t.Errorf("dark %t, %v: text of a marked row is %q, of others %q", isDark, profile, th.Marked.Text, th.Plain.Text)
			}
			for s := range poller.StateCount {
				for _, ink := range []Styles{th.Plain, th.Cursor, th.Unfocused, th.Marked} {
					if ink.Fresh[s] == ink.State[s] {
						t.Errorf("dark %t, %v: a fresh %v looks as an old one does: %q", isDark, profile, s, ink.State[s])
					}
				}
			}
		}
	}
}

// TestSymbols checks that each state has a symbol of its own, of one cell by
// both measures of width.
func TestSymbols(t *testing.T) {
	seen := map[string]poller.State{}
	for s := range poller.StateCount {
		symbol := Symbol(s)
		if ansi.StringWidth(symbol) != 1 || ansi.StringWidthWc(symbol) != 1 {
			t.Errorf("%v: %q takes %d or %d cells, want 1", s, symbol, ansi.StringWidth(symbol), ansi.StringWidthWc(symbol))
		}
		if other, ok := seen[symbol]; ok {
			t.Errorf("%v has the symbol of %v", s, other)
		}
		seen[symbol] = s
	}
	if got := Symbol(poller.StateCount); strings.TrimSpace(got) == "" {
		t.Errorf("a state that is none has the symbol %q", got)
	}
}
