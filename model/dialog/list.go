package dialog

import (
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/views"
	"polltop/views/theme"
)

const readHint = "↑↓ scroll  esc close"

// answerDelay is how long a question that has just opened takes no answer: a key that
// was pressed before it could be read was not meant for it.
const answerDelay = 200 * time.Millisecond

// answerable has a question drawn anew with the keys that it takes from now on.
type answerable struct{}

// list is a text and below it choices, of which one can be picked by its key, by the
// cursor and enter, or by a click. Without choices it is there to be read.
type list struct {
	env    *common.Env
	ask    common.Ask
	from   time.Time // when it takes keys
	cursor int
	text   []string // what stands above the choices, in a width and a theme
	width  int
	theme  *theme.Theme
	above  int          // how many lines stand above the choices of a menu
	at     []views.Rect // where those of a question are
	scroll *viewport.Model
}

func (l *list) press(msg tea.KeyPressMsg) tea.Cmd {
	by, moves := common.Motion(msg, l.scroll.Height())
	switch {
	case l.env.Time.Before(l.from):
	case moves && (by == 1 || by == -1 || !l.ask.Question):
		l.move(by)
	case moves:
		l.wheel(by)
	case l.ask.Question && l.pressBeside(msg):
	case len(l.ask.Choices) == 0, key.Matches(msg, common.Keys.Escape):
		l.close()
	case key.Matches(msg, common.Keys.Enter):
		return l.choose(l.cursor)
	default:
		for i, c := range l.ask.Choices {
			if strings.EqualFold(c.Key, msg.String()) || c.Key == deleteKey && key.Matches(msg, deletes) {
				return l.choose(i)
			}
		}
	}
	return nil
}

// deleteKey is how the key of deletes is shown, as the help does.
const deleteKey = "del"

var deletes = key.NewBinding(key.WithKeys("delete", "backspace"))

func (l *list) pressBeside(msg tea.KeyPressMsg) bool {
	by := 1
	switch msg.String() {
	case "left", "h", "shift+tab":
		by = -1
	case "right", "l", "tab":
	default:
		return false
	}
	n := len(l.ask.Choices)
	l.cursor = (l.cursor + by + n) % n
	return true
}

// choose does what a choice is for. The dialog is closed first, as that may open another.
func (l *list) choose(i int) tea.Cmd {
	l.close()
	return l.ask.Choices[i].Do
}

func (l *list) close() { l.env.Post(common.ReleaseFocus{Focus: views.OnDialog}) }

func (l *list) click(x, line int) tea.Cmd {
	if l.env.Time.Before(l.from) {
		return nil
	}
	for i := range l.ask.Choices {
		if l.ask.Question && l.at[i].Contains(x, line) || !l.ask.Question && line == l.above+i {
			return l.choose(i)
		}
	}
	l.close()
	return nil
}

// wheel moves the cursor of a menu by lines, and scrolls any other text.
func (l *list) wheel(lines int) {
	if !l.ask.Question && len(l.ask.Choices) > 0 {
		l.move(lines)
		return
	}
	l.scroll.SetYOffset(l.scroll.YOffset() + lines)
}

func (l *list) move(lines int) {
	if len(l.ask.Choices) == 0 {
		l.wheel(lines)
		return
	}
	l.cursor = max(0, min(l.cursor+lines, len(l.ask.Choices)-1))
}

func (l *list) pass(tea.Msg) tea.Cmd { return nil }
func (l *list) typing() bool         { return false }

func (l *list) view() (d views.Dialog, from, to int) {
	width := views.DialogTextWidth(l.env.Layout.Width)
	if l.ask.Text != nil && (width != l.width || l.env.Theme != l.theme) {
		l.text, l.width, l.theme = l.ask.Text(width), width, l.env.Theme
	}
	d = views.Dialog{Title: l.ask.Title, Hint: l.ask.Hint, Body: slices.Clip(l.text)}
	items := make([]views.MenuItem, len(l.ask.Choices))
	for i, c := range l.ask.Choices {
		items[i] = c.MenuItem
	}
	if l.ask.Question {
		l.at = views.AddButtons(l.env.Frame, &d, items, l.cursor, l.env.Time.Before(l.from))
		return d, 0, 0
	}
	if len(d.Body) > 0 && len(items) > 0 {
		d.Body = append(d.Body, "")
	}
	l.above = len(d.Body)
	d.Body = append(d.Body, views.MenuBody(items, l.cursor, l.env.Theme.Cursor.Text, width)...)
	if l.cursor > 0 {
		from, to = l.above+l.cursor, l.above+l.cursor+1
	}
	return d, from, to
}

func (l *list) bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	switch {
	case l.ask.Question:
		return []key.Binding{brief(k.Escape, "close"), common.Bind("←→", "choose", "left", "right"), brief(k.Enter, "take")}
	case len(l.ask.Choices) > 0:
		return []key.Binding{brief(k.Escape, "close"), brief(common.MoveKeys, "choose"), brief(k.Enter, "take")}
	}
	return []key.Binding{brief(k.Escape, "close"), brief(k.Up, "scroll")}
}
