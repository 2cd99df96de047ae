package model

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"

	"polltop/views"
)

// keyMap holds every key of the dashboard. The footer and the help are made
// from it, so that they can't say anything else than what the keys do.
type keyMap struct {
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Top, Bottom key.Binding
	Enter, Escape, Switch                                     key.Binding
	Filter, Failures, NextFailure, PreviousFailure            key.Binding
	Tabs, NextTab, PreviousTab                                key.Binding
	Sort, Reverse                                             key.Binding
	Add, Problems, PollNow, Pause, Rekey                      key.Binding
	Mark, MarkRange, MarkAll                                  key.Binding
	Cancel, Download, Open, Copy, CopyMenu                    key.Binding
	Remove, Undo, ClearDone, Export                           key.Binding
	Groups, Stats                                             key.Binding
	Help, Suspend, Quit                                       key.Binding

	Accept, Submit, Field key.Binding // in dialogs and fields
}

func bind(help, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
}

func newKeyMap() keyMap {
	return keyMap{
		Up:       bind("↑/k", "up", "up", "k"),
		Down:     bind("↓/j", "down", "down", "j"),
		PageUp:   bind("pgup/^b", "page up", "pgup", "ctrl+b"),
		PageDown: bind("pgdn/^f", "page down", "pgdown", "ctrl+f"),
		HalfUp:   bind("^u", "half a page up", "ctrl+u"),
		HalfDown: bind("^d", "half a page down", "ctrl+d"),
		Top:      bind("home", "first", "home"),
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

		Add:      bind("a", "add tasks", "a"),
		Problems: bind("e", "unsure and refused lines", "e"),
		PollNow:  bind("r", "poll now, try again", "r"),
		Pause:    bind("p", "pause or go on", "p"),
		Rekey:    bind("K", "read the key again", "K"),

		Mark:      bind("space", "mark", "space"),
		MarkRange: bind("V", "mark a range", "V"),
		MarkAll:   bind("*", "mark all shown", "*"),

		Cancel:   bind("x", "cancel", "x"),
		Download: bind("d", "download outputs", "d"),
		Open:     bind("o", "open an output", "o"),
		Copy:     bind("y", "copy request id", "y"),
		CopyMenu: bind("Y", "copy something else", "Y"),

		Remove:    bind("del", "stop tracking", "delete"),
		Undo:      bind("u", "bring back", "u"),
		ClearDone: bind("c", "clear succeeded", "c"),
		Export:    bind("E", "export the marked, or all shown", "E"),

		Groups: bind("g", "group failures", "g"),
		Stats:  bind("t", "statistics", "t"),

		Help:    bind("?", "help", "?"),
		Suspend: bind("^z", "suspend", "ctrl+z"),
		Quit:    bind("q", "quit", "q", "ctrl+c"),

		Accept: bind("enter", "keep", "enter"),
		Submit: bind("^s", "add", "ctrl+s"),
		Field:  bind("tab", "endpoint or text", "tab", "shift+tab"),
	}
}

// groups returns the keys for the help, in groups.
func (k keyMap) groups() []views.HelpGroup {
	return []views.HelpGroup{
		group("Move", k.Up, k.Down, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown, k.Top, k.Bottom),
		group("Find", k.Filter, k.Failures, k.NextFailure, k.PreviousFailure, k.Tabs, k.NextTab, k.PreviousTab, k.Sort, k.Reverse, k.Groups, k.Stats),
		group("Inspect", k.Enter, k.Switch, k.Escape, k.Open, k.Copy, k.CopyMenu),
		group("Mark", k.Mark, k.MarkRange, k.MarkAll),
		group("Act on the marked, or on the cursor's", k.PollNow, k.Cancel, k.Download, k.Remove),
		group("polltop", k.Add, k.Problems, k.Undo, k.ClearDone, k.Export, k.Pause, k.Rekey, k.Help, k.Suspend, k.Quit),
	}
}

func group(title string, bindings ...key.Binding) views.HelpGroup {
	return views.HelpGroup{Title: title, Keys: helps(bindings...)}
}

func helps(bindings ...key.Binding) []views.KeyHelp {
	out := make([]views.KeyHelp, 0, len(bindings))
	for _, b := range bindings {
		if b.Enabled() {
			out = append(out, views.KeyHelp{Key: b.Help().Key, Help: b.Help().Desc})
		}
	}
	return out
}

// brief returns bindings with a shorter word for what they do, for the footer.
func brief(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}

// footer returns the keys that apply now, the most useful first: what does not
// fit is left out at the end.
func (m *Model) footer() []views.KeyHelp {
	k := m.keys
	help, quit := k.Help, k.Quit
	switch m.focus {
	case onFilter:
		return helps(k.Accept, brief(k.Escape, "clear"))
	case onAdd:
		return helps(k.Submit, k.Field, brief(k.Escape, "close"))
	case onExport:
		return helps(brief(k.Accept, "write"), brief(k.Field, "next format"), brief(k.Escape, "close"))
	case onAsking:
		return helps(brief(k.Accept, "take all"), brief(k.Escape, "close"), brief(k.Up, "move"))
	case onDialog:
		return helps(brief(k.Escape, "close"), brief(k.Up, "scroll"))
	}
	switch m.overview.screen {
	case groupsScreen:
		return helps(brief(k.Escape, "table"), brief(k.Enter, "show these"), brief(k.Switch, "group by"), help, quit)
	case statsScreen:
		return helps(brief(k.Escape, "table"), brief(k.Switch, "next endpoint"), brief(k.Up, "scroll"), help, quit)
	}
	switch m.focus {
	case onDetail:
		return helps(brief(k.Escape, "close"), help, quit, brief(k.Up, "scroll"), brief(k.Switch, "table"), k.NextFailure, brief(k.PollNow, "poll now"), brief(k.Open, "open"), brief(k.Copy, "copy"))
	}
	// What is still to be answered stays on the screen when its notice is gone.
	unsure := brief(k.Problems, fmt.Sprintf("%d unsure", len(m.asking.questions)))
	unsure.SetEnabled(len(m.asking.questions) > 0)
	move := bind("↑↓", "move")
	if m.index.Total() == 0 {
		return helps(unsure, brief(k.Add, "add"), help, quit)
	}
	failure := brief(k.NextFailure, "next failure")
	failure.SetEnabled(m.failures()+m.unknown() > 0)
	inspect := k.Enter
	if m.detail.open() {
		inspect = brief(k.Escape, "close")
	}
	pause := brief(k.Pause, "pause")
	if m.paused {
		pause = brief(k.Pause, "go on")
	}
	if len(m.marks.seqs) > 0 {
		return helps(brief(k.Cancel, "cancel"), brief(k.Download, "download"), brief(k.Remove, "remove"), brief(k.Copy, "copy"), brief(k.Escape, "no marks"), help, quit)
	}
	return helps(unsure, move, inspect, k.Filter, failure, brief(k.Failures, "failures"), brief(k.Add, "add"), brief(k.Cancel, "cancel"), help, quit,
		brief(k.Groups, "groups"), brief(k.Stats, "stats"), brief(k.Download, "download"), brief(k.Mark, "mark"), pause, brief(k.Sort, "sort"))
}

// KeyTable returns all keys as the documentation shows them: a Markdown table with a
// line for each, and a line break at the end.
func KeyTable() string {
	k := newKeyMap()
	var b strings.Builder
	b.WriteString("| key | what it does |\n| --- | --- |\n")
	for _, g := range k.groups() {
		for _, h := range g.Keys {
			b.WriteString("| `" + h.Key + "` | " + h.Help + " |\n")
		}
	}
	return b.String()
}
