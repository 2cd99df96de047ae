package notify

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// maxText bounds title and text, in bytes.
const maxText = 200

// Sequence returns the bytes that make a terminal with an environment show a notice: a bell, and
// the desktop notification of the terminals that have one:
//
//   - OSC 99: kitty.
//   - OSC 777: rxvt-unicode, foot, Ghostty, WezTerm, Konsole and VTE.
//   - OSC 9: iTerm2, Windows Terminal, Warp, Rio and mintty.
//
// tmux and screen pass the wrapped sequence on to their terminal. If the environment does not
// tell which that is, OSC 9 is used, which most understand. Sequences end in BEL, because ST
// would end screen's wrapping early.
func Sequence(getenv func(string) string, n Notice) string {
	title, text := plain(n.Title), plain(n.Text)
	notification := ""
	switch notificationOSC(getenv) {
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

// notificationOSC returns the OSC with which the terminal shows notifications; 0 for none.
func notificationOSC(getenv func(string) string) int {
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

// plain removes everything but ASCII letters, digits and a few marks, so that nothing in a text
// has a meaning for a terminal or the protocols above.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" ,.:_-", r):
			return r
		}
		return -1
	}, text)
	return text[:min(len(text), maxText)]
}
