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

// answerDelay is how long a new question ignores keys: one that was pressed before the user could
// read the question is no answer.
const answerDelay = 200 * time.Millisecond

// answerable makes a question be drawn again, with the keys that it accepts from then on.
type answerable struct{}

// list is a text with choices below it. The user picks one by its key, by the cursor and enter, or
// by a click.
type list struct {
	env            *common.Env
	ask            common.Ask
	answerableFrom time.Time // when a question accepts keys; zero for a menu
	cursor         int
	text           []string // the lines above the choices, made for width and theme
	width          int
	theme          *theme.Theme
	textHeight     int          // the number of lines above the choices of a menu
	buttons        []views.Rect // the positions of the choices of a question
	scroll         *viewport.Model
}

func (l *list) handleKey(msg tea.KeyPressMsg) tea.Cmd {
	by, moves := common.Motion(msg, l.scroll.Height())
	switch {
	case l.env.Time.Before(l.answerableFrom):
	case moves && (by == 1 || by == -1 || !l.ask.Question):
		l.move(by)
	case moves:
		l.scrollBy(by)
	case l.ask.Question && l.moveSideways(msg):
	case len(l.ask.Choices) == 0, key.Matches(msg, common.Keys.Escape):
		l.close()
	case key.Matches(msg, common.Keys.Enter):
		return l.choose(l.cursor)
	default:
		for i, c := range l.ask.Choices {
			if strings.EqualFold(c.Key, msg.String()) || c.Key == deleteName && key.Matches(msg, deleteKeys) {
				return l.choose(i)
			}
		}
	}
	return nil
}

// deleteName is the name of deleteKeys in the help.
const deleteName = "del"

var deleteKeys = key.NewBinding(key.WithKeys("delete", "backspace"))

func (l *list) moveSideways(msg tea.KeyPressMsg) bool {
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

// choose returns the command of a choice. It closes the dialog first, because the command may open
// another one.
func (l *list) choose(i int) tea.Cmd {
	l.close()
	return l.ask.Choices[i].Do
}

func (l *list) close() { l.env.Post(common.ReleaseFocus{Focus: views.OnDialog}) }

func (l *list) handleClick(x, line int) tea.Cmd {
	if l.env.Time.Before(l.answerableFrom) {
		return nil
	}
	for i := range l.ask.Choices {
		if l.ask.Question && l.buttons[i].Contains(x, line) || !l.ask.Question && line == l.textHeight+i {
			return l.choose(i)
		}
	}
	l.close()
	return nil
}

// scrollBy moves the cursor of a menu, and scrolls any other text.
func (l *list) scrollBy(lines int) {
	if !l.ask.Question && len(l.ask.Choices) > 0 {
		l.move(lines)
		return
	}
	l.scroll.SetYOffset(l.scroll.YOffset() + lines)
}

func (l *list) move(lines int) {
	if len(l.ask.Choices) == 0 {
		l.scrollBy(lines)
		return
	}
	l.cursor = max(0, min(l.cursor+lines, len(l.ask.Choices)-1))
}

func (l *list) handleMsg(tea.Msg) tea.Cmd { return nil }
func (l *list) typing() bool              { return false }

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
		l.buttons = views.AddButtons(l.env.Frame, &d, items, l.cursor, l.env.Time.Before(l.answerableFrom))
		return d, 0, 0
	}
	if len(d.Body) > 0 && len(items) > 0 {
		d.Body = append(d.Body, "")
	}
	l.textHeight = len(d.Body)
	d.Body = append(d.Body, views.MenuBody(items, l.cursor, l.env.Theme.Cursor.Text, width)...)
	if l.cursor > 0 {
		from, to = l.textHeight+l.cursor, l.textHeight+l.cursor+1
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
