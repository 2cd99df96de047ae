package dialog

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/views"
	"polltop/views/safe"
)

// pasteMost is the longest paste, in bytes, that the add dialog shows: a longer
// one is added at once, with the dialog's endpoint, as nobody edits it by hand
// and a text area of ten thousand lines is slow.
const pasteMost = 8 << 10

// add is the dialog in which tasks, or payloads, are typed or pasted. What stands in it
// survives its closing: nothing that was typed is lost by pressing esc.
type add struct {
	field      // the endpoint
	payloads   bool
	text       textarea.Model
	inEndpoint bool
}

func newAdd(env *common.Env, payloads bool) *add {
	text := textarea.New()
	endpoint := "endpoint for bare ids  "
	text.Placeholder = "request ids, URLs, create-task answers, log lines: one or more a line"
	if payloads {
		endpoint = "endpoint  "
		text.Placeholder = `{"prompt": "a cat"}: a JSON object a line, with the model's parameters`
	}
	text.ShowLineNumbers = false
	text.CharLimit = 0
	text.MaxHeight = 0
	text.Prompt = ""
	a := &add{field: newField(env, endpoint), payloads: payloads, text: text}
	a.input.Placeholder = "none: give it on each line"
	a.input.SetValue(env.Source.Endpoint)
	return a
}

func (a *add) opened() tea.Cmd {
	a.inEndpoint = true
	return a.switchField()
}

// switchField moves between the text and the endpoint.
func (a *add) switchField() tea.Cmd {
	a.inEndpoint = !a.inEndpoint
	if a.inEndpoint {
		a.text.Blur()
		return a.input.Focus()
	}
	a.input.Blur()
	return a.text.Focus()
}

func (a *add) resize(l views.Layout) {
	a.text.SetWidth(max(min(l.Width, views.DialogWidth)-6, 1))
	a.text.SetHeight(max(min(l.Height-9, 10), 1))
	common.StyleArea(&a.text, a.env.Theme)
	a.field.resize(l)
}

func (a *add) press(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &common.Keys; {
	case key.Matches(msg, k.Escape):
		a.close()
		return nil
	case key.Matches(msg, k.Submit):
		a.submit(a.text.Value())
		return nil
	case key.Matches(msg, k.Field), a.inEndpoint && key.Matches(msg, k.Accept):
		return a.switchField()
	}
	return a.pass(msg)
}

func (a *add) pass(msg tea.Msg) (cmd tea.Cmd) {
	if a.inEndpoint {
		return a.field.pass(msg)
	}
	if paste, ok := msg.(tea.PasteMsg); ok {
		text := paste.Content
		if len(text) > pasteMost {
			if typed := a.text.Value(); typed != "" {
				text = typed + "\n" + text
			}
			a.submit(text)
			return nil
		}
		msg = tea.PasteMsg{Content: strings.Join(safe.Lines(text), "\n")}
	}
	a.text, cmd = a.text.Update(msg)
	return cmd
}

func (a *add) close() {
	a.text.Blur()
	a.field.close()
}

// submit adds the tasks in a text under the dialog's endpoint, and closes the dialog.
func (a *add) submit(text string) {
	if strings.TrimSpace(text) == "" {
		what := "request ids"
		if a.payloads {
			what = "payloads"
		}
		a.env.Say(views.LevelWarn, "nothing to add yet: type or paste "+what+", esc closes")
		return
	}
	source := a.env.Source
	source.Endpoint = strings.TrimSpace(a.input.Value())
	if a.payloads {
		a.close() // the text stays until it was read without an error
		a.env.Post(common.AddPayloads{Text: text, Source: source})
		return
	}
	a.text.Reset()
	a.close()
	a.env.Post(common.Paste{Text: text, Source: source})
}

func (a *add) view() (d views.Dialog, from, to int) {
	title, verb := "Add tasks", "add"
	if a.payloads {
		title, verb = "Submit payloads", "submit"
	}
	return views.Dialog{
		Title: title, Hint: "^s " + verb + "  tab endpoint  esc close (keeps the text)",
		Body: append([]string{a.input.View(), ""}, strings.Split(a.text.View(), "\n")...),
	}, 0, 0
}

func (a *add) bindings() []key.Binding {
	k := &common.Keys
	submit := k.Submit
	if a.payloads {
		submit = common.Brief(submit, "submit")
	}
	return []key.Binding{submit, k.Field, common.Brief(k.Escape, "close")}
}
