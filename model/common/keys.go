package common

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/views"
)

// Keys is every key of the dashboard. Footer, help and documentation are made from it,
// so that they can't say anything else than what the keys do. What a key means depends
// on what is in focus: first comes what the focused component takes of Move, Enter,
// Escape and Switch, then what the table takes, then Commands.
var Keys = struct {
	// Move moves a cursor or scrolls, see Motion. The root makes Top of gg.
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Top, Bottom key.Binding
	// Of what is in focus.
	Enter, Escape, Switch key.Binding
	// Of the table.
	Filter, Failures, NextFailure, PreviousFailure key.Binding
	Tabs, NextTab, PreviousTab                     key.Binding
	Sort, Reverse                                  key.Binding
	Mark, MarkRange, MarkAll                       key.Binding
	// Of the whole dashboard, see Commands.
	PollNow, Cancel, Download, Open, Copy, CopyMenu, Remove key.Binding
	Add, Problems, Undo, ClearDone, Export, Pause, Rekey    key.Binding
	Groups, Stats, Help, Suspend, Quit                      key.Binding
	// In dialogs and fields.
	Accept, Submit, Field key.Binding
}{
	Up:       bind("↑/k", "up", "up", "k"),
	Down:     bind("↓/j", "down", "down", "j"),
	PageUp:   bind("pgup/^b", "page up", "pgup", "ctrl+b"),
	PageDown: bind("pgdn/^f", "page down", "pgdown", "ctrl+f"),
	HalfUp:   bind("^u", "half a page up", "ctrl+u"),
	HalfDown: bind("^d", "half a page down", "ctrl+d"),
	Top:      bind("home/gg", "first", "home"),
	Bottom:   bind("end/G", "last", "end", "G"),

	Enter:  bind("enter", "inspect", "enter"),
	Escape: bind("esc", "close, clear", "esc"),
	Switch: bind("tab", "table or detail", "tab", "shift+tab"),

	Filter:          bind("/", "filter", "/"),
	Failures:        bind("f", "failures only", "f"),
	NextFailure:     bind("n", "next failure", "n"),
	PreviousFailure: bind("N", "previous failure", "N"),
	Tabs:            bind("1-7", "state tabs", "1", "2", "3", "4", "5", "6", "7"),
	NextTab:         bind("→/l", "next tab", "right", "l"),
	PreviousTab:     bind("←/h", "previous tab", "left", "h"),
	Sort:            bind("s", "sort by the next column", "s"),
	Reverse:         bind("S", "reverse the order", "S"),
	Mark:            bind("space", "mark", "space"),
	MarkRange:       bind("V", "mark a range", "V"),
	MarkAll:         bind("*", "mark all shown", "*"),

	PollNow:   bind("r", "poll now, try again", "r"),
	Cancel:    bind("x", "cancel", "x"),
	Download:  bind("d", "download outputs", "d"),
	Open:      bind("o", "open an output", "o"),
	Copy:      bind("y", "copy request id", "y"),
	CopyMenu:  bind("Y", "copy something else", "Y"),
	Remove:    bind("del", "stop tracking", "delete"),
	Add:       bind("a", "add tasks", "a"),
	Problems:  bind("e", "unsure and refused lines", "e"),
	Undo:      bind("u", "bring back", "u"),
	ClearDone: bind("c", "clear succeeded", "c"),
	Export:    bind("E", "export the marked, or all shown", "E"),
	Pause:     bind("p", "pause or go on", "p"),
	Rekey:     bind("K", "read the key again", "K"),
	Groups:    bind("g", "group failures", "g"),
	Stats:     bind("t", "statistics", "t"),
	Help:      bind("?", "help", "?"),
	Suspend:   bind("^z", "suspend", "ctrl+z"),
	Quit:      bind("q", "quit", "q", "ctrl+c"),

	Accept: bind("enter", "keep", "enter"),
	Submit: bind("^s", "add", "ctrl+s"),
	Field:  bind("tab", "endpoint or text", "tab", "shift+tab"),
}

// commands are the keys that mean the same wherever no text is typed, and what each
// wishes.
var commands = []struct {
	key  *key.Binding
	wish tea.Msg
}{
	{&Keys.PollNow, Act{Verb: PollNow}}, {&Keys.Cancel, Act{Verb: Cancel}}, {&Keys.Download, Act{Verb: Download}},
	{&Keys.Open, Act{Verb: OpenOutput}}, {&Keys.Copy, Act{Verb: CopyIDs}}, {&Keys.CopyMenu, Act{Verb: CopyMenu}},
	{&Keys.Remove, Act{Verb: Remove}}, {&Keys.Undo, Act{Verb: Undo}}, {&Keys.ClearDone, Act{Verb: ClearDone}},
	{&Keys.Pause, Act{Verb: Pause}}, {&Keys.Rekey, Act{Verb: Rekey}}, {&Keys.Quit, Act{Verb: Quit}},
	{&Keys.Add, Open{Dialog: "add"}}, {&Keys.Problems, Open{Dialog: "problems"}}, {&Keys.Help, Open{Dialog: "help"}},
	{&Keys.Export, Open{Dialog: "export"}},
	{&Keys.Groups, Toggle{OnGroups}}, {&Keys.Stats, Toggle{OnStats}},
}

// Command returns what a key wishes wherever no text is typed; nil for nothing.
func Command(msg tea.KeyPressMsg) tea.Msg {
	for _, c := range commands {
		if key.Matches(msg, *c.key) {
			return c.wish
		}
	}
	return nil
}

// whole is further than anything scrolls.
const whole = 1 << 20

// Motion returns by how many lines a key moves in a window of page lines, down where it
// is positive; false if the key does not move.
func Motion(msg tea.KeyPressMsg, page int) (by int, ok bool) {
	k, page := &Keys, max(page, 1)
	for _, m := range []struct {
		key key.Binding
		by  int
	}{
		{k.Up, -1}, {k.Down, 1}, {k.PageUp, -page}, {k.PageDown, page},
		{k.HalfUp, -max(page/2, 1)}, {k.HalfDown, max(page/2, 1)}, {k.Top, -whole}, {k.Bottom, whole},
	} {
		if key.Matches(msg, m.key) {
			return m.by, true
		}
	}
	return 0, false
}

func bind(help, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
}

// Move is the keys that move, for the footer.
var Move = bind("↑↓", "move", "up", "down")

// Brief returns a binding with a shorter word for what it does, for the footer.
func Brief(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}

// Helps returns what is said of the bindings that are enabled.
func Helps(bindings ...key.Binding) []key.Help {
	out := make([]key.Help, 0, len(bindings))
	for _, b := range bindings {
		if b.Enabled() {
			out = append(out, b.Help())
		}
	}
	return out
}

// HelpGroups returns all keys for the help, in groups.
func HelpGroups() []views.HelpGroup {
	k := &Keys
	group := func(title string, bindings ...key.Binding) views.HelpGroup {
		return views.HelpGroup{Title: title, Keys: Helps(bindings...)}
	}
	return []views.HelpGroup{
		group("Move", k.Up, k.Down, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown, k.Top, k.Bottom),
		group("Find", k.Filter, k.Failures, k.NextFailure, k.PreviousFailure, k.Tabs, k.NextTab, k.PreviousTab, k.Sort, k.Reverse, k.Groups, k.Stats),
		group("Inspect", k.Enter, k.Switch, k.Escape, k.Open, k.Copy, k.CopyMenu),
		group("Mark", k.Mark, k.MarkRange, k.MarkAll),
		group("Act on the marked, or on the cursor's", k.PollNow, k.Cancel, k.Download, k.Remove),
		group("polltop", k.Add, k.Problems, k.Undo, k.ClearDone, k.Export, k.Pause, k.Rekey, k.Help, k.Suspend, k.Quit),
	}
}

// KeyTable returns all keys as the documentation shows them: a Markdown table with a
// line for each, and a line break at the end.
func KeyTable() string {
	var b strings.Builder
	b.WriteString("| key | what it does |\n| --- | --- |\n")
	for _, g := range HelpGroups() {
		for _, h := range g.Keys {
			b.WriteString("| `" + h.Key + "` | " + h.Desc + " |\n")
		}
	}
	return b.String()
}
