package dialog

import (
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
