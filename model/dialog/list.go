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
)

// readHint tells the keys of a dialog that is only read.
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
	text   []string     // what stands above the choices
	at     []views.Rect // where they are, of a question
	scroll *viewport.Model
}

func (l *list) resize(layout views.Layout) {
	l.text = nil
	if l.ask.Text != nil {
		l.text = l.ask.Text(views.DialogInner(layout.Width))
	}
	if len(l.text) > 0 && len(l.ask.Choices) > 0 && !l.ask.Question {
		l.text = append(l.text, "")
	}
}

func (l *list) items() []views.MenuItem {
	items := make([]views.MenuItem, 0, len(l.ask.Choices))
	for _, c := range l.ask.Choices {
		items = append(items, c.MenuItem)
	}
	return items
}

func (l *list) press(msg tea.KeyPressMsg) tea.Cmd {
	by, moves := common.Motion(msg, l.scroll.Height())
	switch {
	case l.env.Clock.Before(l.from):
	case moves && l.ask.Question && by != 1 && by != -1:
		l.scroll.SetYOffset(l.scroll.YOffset() + by)
	case moves:
		l.move(by)
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

// deleteKey is how the key of deletes is told, as the help does.
const deleteKey = "del"

var deletes = key.NewBinding(key.WithKeys("delete", "backspace"))

// pressBeside moves between buttons that stand beside each other.
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

func (l *list) close() { l.env.Post(common.Release{Focus: common.OnDialog}) }

func (l *list) click(x, line int) tea.Cmd {
	if l.env.Clock.Before(l.from) {
		return nil
	}
	for i := range l.ask.Choices {
		if l.ask.Question && l.at[i].Contains(x, line) || !l.ask.Question && line == len(l.text)+i {
			return l.choose(i)
		}
	}
	l.close()
	return nil
}

// wheel moves the cursor of a menu by lines, and scrolls any other text.
func (l *list) wheel(lines int) {
	if l.ask.Question {
		l.scroll.SetYOffset(l.scroll.YOffset() + lines)
		return
	}
	l.move(lines)
}

// move moves the cursor by lines, or scrolls where there is nothing to choose.
func (l *list) move(lines int) {
	if len(l.ask.Choices) == 0 {
		l.scroll.SetYOffset(l.scroll.YOffset() + lines)
		return
	}
	l.cursor = max(0, min(l.cursor+lines, len(l.ask.Choices)-1))
}

func (l *list) pass(tea.Msg) tea.Cmd { return nil }
func (l *list) typing() bool         { return false }

func (l *list) view() (d views.Dialog, from, to int) {
	d = views.Dialog{Title: l.ask.Title, Hint: l.ask.Hint, Body: slices.Clone(l.text)}
	if l.ask.Question {
		l.at = views.AddButtons(l.env.Frame, &d, l.items(), l.cursor, l.env.Clock.Before(l.from))
		return d, 0, 0
	}
	menu := views.MenuBody(l.items(), l.cursor, l.env.Theme.Cursor.Text, views.DialogInner(l.env.Layout.Width))
	d.Body = append(d.Body, menu...)
	if at := len(l.text) + l.cursor; len(menu) > 0 && l.cursor > 0 {
		return d, at, at + 1
	}
	return d, 0, 0
}

func (l *list) bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	switch {
	case l.ask.Question:
		return []key.Binding{brief(k.Escape, "close"), common.Bind("←→", "choose", "left", "right"), brief(k.Enter, "take")}
	case len(l.ask.Choices) > 0:
		return []key.Binding{brief(k.Escape, "close"), brief(common.Move, "choose"), brief(k.Enter, "take")}
	}
	return []key.Binding{brief(k.Escape, "close"), brief(k.Up, "scroll")}
}
