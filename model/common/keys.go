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

// Keys are those that several components use. A key of one component alone is a binding of
// its own package. The focused component handles a key, or posts it as a Command for all
// components. Footer, help and documentation are made from the bindings, so they always
// agree with what the keys do.
var Keys = struct {
	Up, PageDown                key.Binding // among motions; here for footers
	Enter, Escape, Switch, Mark key.Binding // in the table and the views in its area
	Accept, Submit, Field       key.Binding // in dialogs and text fields
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

// motions are the keys that move a cursor or scroll, in the order of Motion and of the help.
// The root turns gg into home.
var motions = []key.Binding{
	Keys.Up, Bind("↓/j", "down", "down", "j"),
	Bind("pgup/^b", "page up", "pgup", "ctrl+b"), Keys.PageDown,
	Bind("^u", "half a page up", "ctrl+u"), Bind("^d", "half a page down", "ctrl+d"),
	Bind("home/gg", "first", "home"), Bind("end/G", "last", "end", "G"),
}

// scrollLimit is more lines than any view has.
const scrollLimit = 1 << 20

// Motion returns by how many lines a key moves down in a window of page lines, up if that
// is negative; false if it is no motion key.
func Motion(msg tea.KeyPressMsg, page int) (by int, ok bool) {
	page = max(page, 1)
	half := max(page/2, 1)
	for i, lines := range [...]int{-1, 1, -page, page, -half, half, -scrollLimit, scrollLimit} {
		if key.Matches(msg, motions[i]) {
			return lines, true
		}
	}
	return 0, false
}

// Bind returns a binding of keys, with their name in the help and what they do.
func Bind(help, description string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, description))
}

// KeyPress returns the press of a key by its name in a binding, such as "enter".
func KeyPress(name string) tea.KeyPressMsg { return tea.KeyPressMsg{Code: tea.KeyExtended, Text: name} }

// MoveKeys shows the motion keys in a footer.
var MoveKeys = Bind("↑↓", "move", "up", "down")

// Brief returns a binding with a shorter description, for the footer.
func Brief(b key.Binding, description string) key.Binding {
	b.SetHelp(b.Help().Key, description)
	return b
}

func NewField(prompt, placeholder string) textinput.Model {
	field := textinput.New()
	field.Prompt, field.Placeholder = prompt, placeholder
	return field
}

// StyleField gives a text field only the theme's colors. Its cursor does not blink, because
// each blink would draw a frame.
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

// KeyHandler is a key and what a component of type C does with it.
type KeyHandler[C any] struct {
	title string
	key.Binding
	do func(C, Command) tea.Cmd
}

// OnKey returns the handler of a key. The title names the key's group in the help.
func OnKey[C any](title string, b key.Binding, do func(C, Command) tea.Cmd) KeyHandler[C] {
	return KeyHandler[C]{title, b, do}
}

// HandleKey calls the handler of a key; false if none of those given is for it.
func HandleKey[C any](keys []KeyHandler[C], c C, msg Command) (cmd tea.Cmd, ok bool) {
	for _, k := range keys {
		if key.Matches(msg.KeyPressMsg, k.Binding) {
			return k.do(c, msg), true
		}
	}
	return nil, false
}

func HelpOf[C any](keys []KeyHandler[C]) (groups []HelpGroup) {
	for _, k := range keys {
		groups = append(groups, HelpGroup{Title: k.title, Keys: []key.Binding{k.Binding}})
	}
	return groups
}

func MergeHelp(components ...[]HelpGroup) []HelpGroup {
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

// Binding returns another component's binding, by its name in the help, with a shorter
// description for the footer; a disabled one if the help has none of that name.
func (e *Env) Binding(name, description string) key.Binding {
	for _, group := range e.Help {
		for _, b := range group.Keys {
			if b.Help().Key == name {
				return Brief(b, description)
			}
		}
	}
	return key.NewBinding(key.WithDisabled())
}

// TaskBindings returns the keys for what can be done with a task in its state; none for nil.
func (e *Env) TaskBindings(t *poller.Task) []key.Binding {
	switch {
	case t == nil:
		return nil
	case t.Unsent() && !t.State.Terminal():
		return []key.Binding{e.Binding("del", "give up")}
	case !t.State.Terminal():
		return []key.Binding{e.Binding("x", "cancel")}
	case t.Unsent():
		return []key.Binding{e.Binding("R", "submit again"), e.Binding("E", "edit"), e.Binding("del", "give up")}
	case t.State == poller.Succeeded:
		return []key.Binding{e.Binding("o", "open"), e.Binding("d", "download")}
	}
	return []key.Binding{e.Binding("g", "why"), e.Binding("R", "submit again")}
}

func newHelp(th *theme.Theme) help.Model {
	h := help.New()
	h.ShortSeparator = "  "
	h.Styles = help.Styles{ShortKey: th.Field.Key, ShortDesc: th.Field.Dim, FullKey: th.Field.Key}
	return h
}

// Footer returns the first of some keys, as many as fit into width cells.
func Footer(th *theme.Theme, keys []key.Binding, width int) string {
	// The widget's own limit shows a last key that leaves no cells for its ellipsis.
	left, count := width+2, 0
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

// KeyAt returns the key at cell x of a line that has the text of Footer from a cell on;
// false for none.
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

// HelpBody returns the help as lines of at most width cells: each group below its title, in as
// many columns as fit. Groups keep their order. Each column gets about the same height.
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
