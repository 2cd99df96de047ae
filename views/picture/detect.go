package picture

import (
	"slices"
	"strconv"
	"strings"
)

// konsoleSixel is the KONSOLE_VERSION (year, month, patch) that brought Sixel.
const konsoleSixel = 220400

// sixelAttribute is the primary device attribute that stands for Sixel.
const sixelAttribute = 4

// Detect returns the protocol to use, by the environment that getenv reads
// (os.Getenv, or the remote side's). It never asks the terminal: where it
// returns [HalfBlock], the answer to a request for the primary device attributes
// may still say better, see [FromAttributes].
//
// Variables are inherited by whatever is started in a terminal, another terminal
// included, so the ones that every terminal sets itself are asked first: TERM,
// then TERM_PROGRAM, then the marks that only one terminal leaves.
//
// In tmux, screen and Zellij it is HalfBlock, whatever the terminal outside:
// they pass pictures on only with an option that cannot be seen from here.
func Detect(getenv func(string) string) Protocol {
	term := getenv("TERM")
	if term == "dumb" {
		return None
	}
	if multiplexed(term, getenv) {
		return HalfBlock
	}
	if p, ok := byTerm(term); ok {
		return p
	}
	if p, ok := byProgram(getenv("TERM_PROGRAM")); ok {
		return p
	}
	return byMark(getenv)
}

// FromAttributes reports whether a terminal that answered the request for its
// primary device attributes (DA1) with these draws Sixel. A multiplexer answers
// for itself, so this holds in tmux and Zellij as well.
func FromAttributes(da1 []int) (sixel bool) {
	return slices.Contains(da1, sixelAttribute)
}

func multiplexed(term string, getenv func(string) string) bool {
	for _, name := range []string{"TMUX", "STY", "ZELLIJ"} {
		if getenv(name) != "" {
			return true
		}
	}
	// Over SSH only TERM is left of a multiplexer on the near side.
	return strings.HasPrefix(term, "tmux") || strings.HasPrefix(term, "screen")
}

func byTerm(term string) (Protocol, bool) {
	name, _, _ := strings.Cut(strings.TrimPrefix(term, "xterm-"), "-")
	switch name {
	case "kitty", "ghostty":
		return Kitty, true
	case "wezterm":
		// WezTerm speaks Kitty's protocol but for the placeholders.
		return ITerm2, true
	case "foot", "contour", "mlterm", "yaft":
		return Sixel, true
	}
	return HalfBlock, false
}

func byProgram(program string) (Protocol, bool) {
	switch strings.ToLower(program) {
	case "":
		return HalfBlock, false
	case "kitty", "ghostty":
		return Kitty, true
	case "iterm.app", "wezterm", "mintty":
		return ITerm2, true
	}
	// A named terminal that is none of these: marks of others were inherited.
	return HalfBlock, true
}

func byMark(getenv func(string) string) Protocol {
	set := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return getenv(n) != "" })
	}
	switch {
	case set("KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR", "GHOSTTY_BIN_DIR"):
		return Kitty
	case set("WEZTERM_PANE", "WEZTERM_EXECUTABLE"), getenv("LC_TERMINAL") == "iTerm2":
		return ITerm2
	}
	if v, err := strconv.Atoi(getenv("KONSOLE_VERSION")); err == nil && v >= konsoleSixel {
		return Sixel
	}
	return HalfBlock
}
