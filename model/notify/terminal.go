package notify

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// textMost bounds what is reported, in bytes.
const textMost = 200

// Sequence returns what to write to the terminal with the given environment so
// that it shows a notice: a bell, which every terminal has, and behind it the
// desktop notification of those that are known to have one.
//
//   - OSC 99: kitty.
//   - OSC 777: rxvt-unicode, foot, Ghostty, WezTerm, Konsole and VTE.
//   - OSC 9: iTerm2, Windows Terminal, Warp, Rio and mintty.
//
// Inside tmux and screen it is wrapped, to be passed on to the terminal outside, of which nothing
// is known but what the environment kept: OSC 9 is then the one that most understand. Sequences end
// in BEL, as ST would end screen's wrapping early.
func Sequence(getenv func(string) string, n Notice) string {
	title, text := plain(n.Title), plain(n.Text)
	notification := ""
	switch dialect(getenv) {
	case 99:
		notification = "\x1b]99;i=polltop:d=0;" + title + "\a\x1b]99;i=polltop:p=body;" + text + "\a"
	case 777:
		notification = "\x1b]777;notify;" + title + ";" + text + "\a"
	case 9:
		notification = "\x1b]9;" + title + ": " + text + "\a"
	}
	switch {
	case notification == "":
	case getenv("TMUX") != "":
		notification = ansi.TmuxPassthrough(notification)
	case getenv("STY") != "":
		notification = ansi.ScreenPassthrough(notification, 768)
	}
	return "\a" + notification
}

// dialect returns the number of the OSC that the terminal is notified by, 0 for none that is known.
func dialect(getenv func(string) string) int {
	term, program := getenv("TERM"), strings.ToLower(getenv("TERM_PROGRAM"))
	switch {
	case getenv("KITTY_WINDOW_ID") != "" || strings.Contains(term, "kitty"):
		return 99
	case program == "ghostty", program == "wezterm", getenv("KONSOLE_VERSION") != "", getenv("VTE_VERSION") != "",
		strings.HasPrefix(term, "foot"), strings.HasPrefix(term, "rxvt"), strings.Contains(term, "ghostty"):
		return 777
	case program == "iterm.app", program == "warpterminal", program == "rio", program == "mintty",
		getenv("WT_SESSION") != "", getenv("LC_TERMINAL") == "iTerm2",
		getenv("TMUX") != "", getenv("STY") != "":
		return 9
	}
	return 0
}

// plain returns a text with nothing in it that means something to a terminal or
// to the protocols above: letters, digits and a few marks. What is shown is made
// of polltop's own words and of error types, which lose nothing by it.
func plain(text string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" ,.:_-", r):
			return r
		}
		return -1
	}, text)
	return kept[:min(len(kept), textMost)]
}
