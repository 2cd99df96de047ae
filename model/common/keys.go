package common

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Keys are those that mean the same in several components. What one component alone takes
// is a binding of its own package. What a key means depends on what has the keys: the
// focused component takes it, or passes it on with PassKey to the table, which passes what
// it does not take on as a Command to all components. Footer, help and documentation are
// made from the bindings, so that they can't say anything else than what the keys do.
var Keys = struct {
	// Move moves a cursor or scrolls, see Motion. The root makes Top of gg.
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Top, Bottom key.Binding
	// Of what has the keys.
	Enter, Escape, Switch, Mark key.Binding
	// In dialogs and fields.
	Accept, Submit, Field key.Binding
}{
	Up:       Bind("↑/k", "up", "up", "k"),
	Down:     Bind("↓/j", "down", "down", "j"),
	PageUp:   Bind("pgup/^b", "page up", "pgup", "ctrl+b"),
	PageDown: Bind("pgdn/^f", "page down", "pgdown", "ctrl+f"),
	HalfUp:   Bind("^u", "half a page up", "ctrl+u"),
	HalfDown: Bind("^d", "half a page down", "ctrl+d"),
	Top:      Bind("home/gg", "first", "home"),
	Bottom:   Bind("end/G", "last", "end", "G"),

	Enter:  Bind("enter", "inspect", "enter"),
	Escape: Bind("esc", "close, clear", "esc"),
	Switch: Bind("tab", "table or detail", "tab", "shift+tab"),
	Mark:   Bind("space", "mark", "space"),

	Accept: Bind("enter", "keep", "enter"),
	Submit: Bind("^s", "add", "ctrl+s"),
	Field:  Bind("tab", "endpoint or text", "tab", "shift+tab"),
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

// Bind returns a binding of keys, with how they are told and what they do.
func Bind(help, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
}

// KeyPress returns the press of a key by its name, such as "enter", "ctrl+d" or "k".
func KeyPress(name string) tea.KeyPressMsg {
	named := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "backspace": {Code: tea.KeyBackspace},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
		"ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl}, "ctrl+s": {Code: 's', Mod: tea.ModCtrl},
		"space": {Code: tea.KeySpace, Text: " "}, "delete": {Code: tea.KeyDelete},
	}
	if msg, ok := named[name]; ok {
		return msg
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// Move is the keys that move, for the footer.
var Move = Bind("↑↓", "move", "up", "down")

// Brief returns a binding with a shorter word for what it does, for the footer.
func Brief(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}
