package dialog

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/views"
	"polltop/views/safe"
)

// field is a dialog in which one line is typed: a part of such boxes.
type field struct {
	env   *common.Env
	input textinput.Model
}

func newField(env *common.Env, prompt string) field {
	return field{env: env, input: common.NewField(prompt, "")}
}

// opened gives the keys to the field, with a text in it.
func (f *field) opened(text string) tea.Cmd {
	f.input.SetValue(text)
	f.input.CursorEnd()
	return f.input.Focus()
}

func (f *field) resize(l views.Layout) {
	f.input.SetWidth(max(min(l.Width, views.DialogWidth)-6-len(f.input.Prompt)-1, 1))
	common.StyleField(&f.input, f.env.Theme)
}

func (f *field) pass(msg tea.Msg) (cmd tea.Cmd) {
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: safe.Line(paste.Content)}
	}
	f.input, cmd = f.input.Update(msg)
	return cmd
}

func (f *field) close() {
	f.input.Blur()
	f.env.Post(common.Release{Focus: common.OnDialog})
}

func (f *field) click(int, int) tea.Cmd { return nil }
func (f *field) wheel(int)              {}
func (f *field) typing() bool           { return true }

// prompt is a dialog of one field.
type prompt struct {
	field
	title, hint string
	// below returns what stands below the field, given its text.
	below func(text string) string
	// next returns the text that tab makes of it; nil for nothing.
	next func(text string) string
	// enter takes the text; it returns why it can't, "" where it does.
	enter func(text string) (refused string)
	keys  []key.Binding
	kept  *string // what has the text when the dialog is closed; nil for nothing
}

func (p *prompt) press(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &common.Keys; {
	case key.Matches(msg, k.Escape):
		p.close()
	case p.next != nil && key.Matches(msg, k.Field):
		return p.opened(p.next(p.input.Value()))
	case key.Matches(msg, k.Accept):
		if refused := p.enter(strings.TrimSpace(p.input.Value())); refused != "" {
			p.env.Say(views.LevelWarn, refused)
			return nil
		}
		p.close()
	default:
		return p.pass(msg)
	}
	return nil
}

func (p *prompt) close() {
	if p.kept != nil {
		*p.kept = p.input.Value()
	}
	p.field.close()
}

func (p *prompt) view() (d views.Dialog, from, to int) {
	return views.Dialog{Title: p.title, Hint: p.hint, Body: []string{p.input.View(), "", p.below(p.input.Value())}}, 0, 0
}

func (p *prompt) bindings() []key.Binding { return p.keys }
