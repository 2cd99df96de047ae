package common

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// Keys are those that mean the same in several components. What one component alone takes
// is a binding of its own package. What a key means depends on what has the keys: the
// focused component takes it, or passes it on as a Command to all components. Footer, help
// and documentation are made from the bindings, so that they can't say anything else than
// what the keys do.
var Keys = struct {
	Up, PageDown                key.Binding // of the motions, for footers
	Enter, Escape, Switch, Mark key.Binding // of what has the keys
	Accept, Submit, Field       key.Binding // in dialogs and fields
}{
	Up:       Bind("↑/k", "up", "up", "k"),
	PageDown: Bind("pgdn/^f", "page down", "pgdown", "ctrl+f"),
	Enter:    Bind("enter", "inspect", "enter"),
	Escape:   Bind("esc", "close, clear", "esc"),
	Switch:   Bind("tab", "table or detail", "tab", "shift+tab"),
	Mark:     Bind("space", "mark", "space"),
	Accept:   Bind("enter", "keep", "enter"),
	Submit:   Bind("^s", "add", "ctrl+s"),
	Field:    Bind("tab", "endpoint or text", "tab", "shift+tab"),
}

// motions are the keys that move a cursor or scroll, as Motion and the help have them. The root
// makes home of gg.
var motions = []key.Binding{
	Keys.Up, Bind("↓/j", "down", "down", "j"),
	Bind("pgup/^b", "page up", "pgup", "ctrl+b"), Keys.PageDown,
	Bind("^u", "half a page up", "ctrl+u"), Bind("^d", "half a page down", "ctrl+d"),
	Bind("home/gg", "first", "home"), Bind("end/G", "last", "end", "G"),
}

// whole is further than anything scrolls.
const whole = 1 << 20

// Motion returns by how many lines a key moves in a window of page lines, down where it
// is positive; false if the key does not move.
func Motion(msg tea.KeyPressMsg, page int) (by int, ok bool) {
	page = max(page, 1)
	half := max(page/2, 1)
	for i, lines := range [...]int{-1, 1, -page, page, -half, half, -whole, whole} {
		if key.Matches(msg, motions[i]) {
			return lines, true
		}
	}
	return 0, false
}

// Bind returns a binding of keys, with how they are shown and what they do.
func Bind(help, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
}

// KeyPress returns the press of a key by the name that a binding has for it, such as "enter".
func KeyPress(name string) tea.KeyPressMsg { return tea.KeyPressMsg{Code: tea.KeyExtended, Text: name} }

// Move is the keys that move, for the footer.
var Move = Bind("↑↓", "move", "up", "down")

// Brief returns a binding with a shorter word for what it does, for the footer.
func Brief(b key.Binding, does string) key.Binding {
	b.SetHelp(b.Help().Key, does)
	return b
}

func NewField(prompt, placeholder string) textinput.Model {
	field := textinput.New()
	field.Prompt, field.Placeholder = prompt, placeholder
	return field
}

// StyleField gives a text field the theme's colors and none of the widget's. Its cursor
// does not blink, as a blink a half second is a frame a half second.
func StyleField(field *textinput.Model, th *theme.Theme) {
	dim := th.Field.Dim
	state := textinput.StyleState{Placeholder: dim, Suggestion: dim, Prompt: dim}
	field.SetStyles(textinput.Styles{Focused: state, Blurred: state, Cursor: textinput.CursorStyle{Color: th.Field.Cursor}})
}

func StyleArea(area *textarea.Model, th *theme.Theme) {
	dim := th.Field.Dim
	state := textarea.StyleState{
		CursorLineNumber: dim, EndOfBuffer: dim, LineNumber: dim, Placeholder: dim, Prompt: dim,
		Selection: lipgloss.NewStyle().Reverse(true),
	}
	area.SetStyles(textarea.Styles{Focused: state, Blurred: state, Cursor: textarea.CursorStyle{Color: th.Field.Cursor}})
}

type HelpGroup struct {
	Title string
	Keys  []key.Binding
}

type Keyed[C any] struct {
	title string
	key.Binding
	do func(C, Command) tea.Cmd
}

// On returns what a component does with a key. The title is that of the key's group in the help.
func On[C any](title string, b key.Binding, do func(C, Command) tea.Cmd) Keyed[C] {
	return Keyed[C]{title, b, do}
}

// Do does what a key is for; false if it is none of those given.
func Do[C any](keys []Keyed[C], c C, msg Command) (cmd tea.Cmd, ok bool) {
	for _, k := range keys {
		if key.Matches(msg.KeyPressMsg, k.Binding) {
			return k.do(c, msg), true
		}
	}
	return nil, false
}

func HelpOf[C any](keys []Keyed[C]) (groups []HelpGroup) {
	for _, k := range keys {
		groups = append(groups, HelpGroup{Title: k.title, Keys: []key.Binding{k.Binding}})
	}
	return groups
}

func HelpGroups(components ...[]HelpGroup) []HelpGroup {
	all := []HelpGroup{{Title: "Move", Keys: slices.Clone(motions)}}
	for _, group := range slices.Concat(components...) {
		at := slices.IndexFunc(all, func(g HelpGroup) bool { return g.Title == group.Title })
		if at < 0 {
			all, at = append(all, HelpGroup{Title: group.Title}), len(all)
		}
		all[at].Keys = append(all[at].Keys, group.Keys...)
	}
	return all
}

// Key returns a binding of another component with a shorter word for what it does, for the
// footer; a disabled one if the help has none of that name.
func (e *Env) Key(name, does string) key.Binding {
	for _, group := range e.Help {
		for _, b := range group.Keys {
			if b.Help().Key == name {
				return Brief(b, does)
			}
		}
	}
	return key.NewBinding(key.WithDisabled())
}

// Offers returns the keys for what can be done with a task in its state; none for nil.
func (e *Env) Offers(t *poller.Task) []key.Binding {
	switch {
	case t == nil:
		return nil
	case t.Unsent() && !t.State.Terminal():
		return []key.Binding{e.Key("del", "give up")}
	case !t.State.Terminal():
		return []key.Binding{e.Key("x", "cancel")}
	case t.Unsent():
		return []key.Binding{e.Key("R", "submit again"), e.Key("E", "edit"), e.Key("del", "give up")}
	case t.State == poller.Succeeded:
		return []key.Binding{e.Key("o", "open"), e.Key("d", "download")}
	}
	return []key.Binding{e.Key("g", "why"), e.Key("R", "submit again")}
}

func newHelp(th *theme.Theme) help.Model {
	h := help.New()
	h.ShortSeparator = "  "
	h.Styles = help.Styles{ShortKey: th.Field.Key, ShortDesc: th.Field.Dim, FullKey: th.Field.Key}
	return h
}

// Footer returns as many keys as fit into room cells, the first ones first.
func Footer(th *theme.Theme, keys []key.Binding, room int) string {
	// The widget's own bound lets a key through that leaves no room for the ellipsis.
	left, count := room+2, 0
	for _, k := range keys {
		if k.Enabled() {
			left -= safe.Width(k.Help().Key) + 1 + safe.Width(k.Help().Desc) + 2
		}
		if left < 0 {
			break
		}
		count++
	}
	return newHelp(th).ShortHelpView(keys[:count])
}

// KeyAt returns the key that stands at cell x of a line in which Footer wrote from a cell on; false
// for none.
func KeyAt(line string, keys []key.Binding, from, x int) (key.Binding, bool) {
	line = ansi.Strip(line)
	for _, k := range keys {
		if !k.Enabled() {
			continue
		}
		text := k.Help().Key + " " + k.Help().Desc
		to := from + safe.Width(text)
		if ansi.Cut(line, from, to) != text {
			break
		}
		if x >= from && x < to {
			return k, true
		}
		from = to + 2
	}
	return key.Binding{}, false
}

// HelpBody returns the help as lines: each group below its title, in as many columns of at
// most width cells in all as there is room for. Groups keep their order: each goes below
// the one before it until its column has its share of the height.
func HelpBody(th *theme.Theme, groups []HelpGroup, width int) []string {
	const gap = 4
	h := newHelp(th)
	widest, total := 0, 0
	blocks := make([]string, len(groups))
	for i, g := range groups {
		blocks[i] = lipgloss.NewStyle().Bold(true).Render(g.Title) + "\n" + h.FullHelpView([][]key.Binding{g.Keys}) + "\n"
		widest, total = max(widest, lipgloss.Width(blocks[i])), total+lipgloss.Height(blocks[i])
	}
	columns := make([]string, max(min((width+gap)/(widest+gap), len(groups)), 1))
	above := 0
	for _, block := range blocks {
		height := lipgloss.Height(block)
		columns[(above+height/2)*len(columns)/total] += block + "\n"
		above += height
	}
	for i := range columns[1:] {
		columns[i] = lipgloss.NewStyle().PaddingRight(gap).Render(columns[i])
	}
	lines := strings.Split(strings.TrimRight(lipgloss.JoinHorizontal(lipgloss.Top, columns...), " \n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}
