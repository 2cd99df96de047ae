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

// terms and programs are the protocols of terminals by TERM and by TERM_PROGRAM. WezTerm
// speaks Kitty's protocol but for the placeholders.
var (
	terms = map[string]Protocol{
		"kitty": Kitty, "ghostty": Kitty, "wezterm": ITerm2, "foot": Sixel, "contour": Sixel, "mlterm": Sixel, "yaft": Sixel,
	}
	programs = map[string]Protocol{"kitty": Kitty, "ghostty": Kitty, "iterm.app": ITerm2, "wezterm": ITerm2, "mintty": ITerm2}
)

// Detect returns the protocol to use, by the environment that getenv reads (os.Getenv, or the
// remote side's). It never asks the terminal: where it returns [HalfBlock], the answer to a
// request for the primary device attributes may still say better, see [FromAttributes].
//
// Variables are inherited by whatever is started in a terminal, another terminal
// included, so the ones that every terminal sets itself are asked first: TERM,
// then TERM_PROGRAM, then the marks that only one terminal leaves.
//
// In tmux, screen and Zellij it is HalfBlock, whatever the terminal outside:
// they pass pictures on only with an option that cannot be seen from here.
func Detect(getenv func(string) string) Protocol {
	set := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return getenv(n) != "" })
	}
	term, program := getenv("TERM"), strings.ToLower(getenv("TERM_PROGRAM"))
	name, _, _ := strings.Cut(strings.TrimPrefix(term, "xterm-"), "-")
	switch {
	case term == "dumb":
		return None
	case set("TMUX", "STY", "ZELLIJ"), strings.HasPrefix(term, "tmux"), strings.HasPrefix(term, "screen"):
		return HalfBlock // over SSH only TERM is left of a multiplexer on the near side
	case terms[name] != HalfBlock:
		return terms[name]
	case program != "":
		return programs[program] // of another one that is named, marks of others were inherited
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

// FromAttributes reports whether a terminal that answered the request for its
// primary device attributes (DA1) with these draws Sixel. A multiplexer answers
// for itself, so this holds in tmux and Zellij as well.
func FromAttributes(da1 []int) (sixel bool) { return slices.Contains(da1, sixelAttribute) }
