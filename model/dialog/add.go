package dialog

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"polltop/model/common"
	"polltop/poller/paste"
	"polltop/views"
	"polltop/views/safe"
)

// pasteMost is the longest paste, in bytes, that the add dialog shows: a longer
// one is added at once, with the dialog's endpoint, as nobody edits it by hand.
const pasteMost = 8 << 10

// add is the dialog in which tasks, or payloads, are typed or pasted. What stands in it
// survives its closing: nothing that was typed is lost by pressing esc.
type add struct {
	field // the endpoint
	of    addable
	text  longText
}

// addable is what can be added, and the words for it.
type addable struct {
	title, verb, prompt, placeholder, what string
	// submit adds what is in the text. The text of payloads stays until it was read without an
	// error.
	submit func(a *add, text string, source paste.Source)
}

var (
	ofTasks = addable{
		"Add tasks", "add", "endpoint for bare ids  ", "request ids, URLs, create-task answers, log lines: one or more a line", "request ids",
		func(a *add, text string, source paste.Source) {
			a.text.set("", "")
			a.env.Post(common.Paste{Text: text, Source: source})
		},
	}
	ofPayloads = addable{
		"Submit payloads", "submit", "endpoint  ", `{"prompt": "a cat"}: a JSON object a line, with the model's parameters`, "payloads",
		func(a *add, text string, source paste.Source) {
			if text != a.text.Value() { // of a long paste it has none yet
				a.text.set(strings.Join(safe.Lines(text), "\n"), "")
			}
			submitted := a.text.Value()
			a.env.Post(common.AddPayloads{Text: text, Source: source, Stored: func() {
				if a.text.Value() == submitted { // else the user has gone on with it meanwhile
					a.text.set("", "")
				}
			}})
		},
	}
)

func newAdd(env *common.Env, of addable) *add {
	text := textarea.New()
	text.Placeholder, text.Prompt = of.placeholder, ""
	text.ShowLineNumbers, text.CharLimit, text.MaxHeight = false, 0, 0
	a := &add{field: newField(env, of.prompt), of: of, text: longText{Model: text}}
	a.input.Placeholder = "none: give it on each line"
	a.input.SetValue(env.Source.Endpoint)
	return a
}

func (a *add) opened() tea.Cmd {
	a.input.Blur()
	return a.text.Focus()
}

func (a *add) switchField() tea.Cmd {
	if !a.text.Focused() {
		return a.opened()
	}
	a.text.Blur()
	return a.input.Focus()
}

func (a *add) press(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &common.Keys; {
	case key.Matches(msg, k.Escape):
		a.close()
		return nil
	case key.Matches(msg, k.Submit):
		a.submit(a.text.Value())
		return nil
	case key.Matches(msg, k.Field), !a.text.Focused() && key.Matches(msg, k.Accept):
		return a.switchField()
	}
	return a.pass(msg)
}

func (a *add) pass(msg tea.Msg) tea.Cmd {
	if !a.text.Focused() {
		return a.field.pass(msg)
	}
	if pasted, ok := msg.(tea.PasteMsg); ok {
		text := pasted.Content
		if len(text) > pasteMost {
			if typed := a.text.Value(); typed != "" {
				text = typed + "\n" + text
			}
			a.submit(text)
			return nil
		}
		a.text.insert(strings.Join(safe.Lines(text), "\n"))
		msg = nil
	}
	return a.text.update(msg)
}

func (a *add) close() {
	a.text.Blur()
	a.field.close()
}

// submit adds what is in a text under the dialog's endpoint, and closes the dialog.
func (a *add) submit(text string) {
	if strings.TrimSpace(text) == "" {
		a.env.Say(views.LevelWarn, "nothing to add yet: type or paste "+a.of.what+", esc closes")
		return
	}
	source := a.env.Source
	source.Endpoint = strings.TrimSpace(a.input.Value())
	a.close()
	a.of.submit(a, text, source)
}

func (a *add) view() (d views.Dialog, from, to int) {
	l := a.env.Layout
	a.text.SetWidth(max(min(l.Width, views.DialogWidth)-6, 1))
	a.text.SetHeight(max(min(l.Height-9, 10), 1))
	common.StyleArea(&a.text.Model, a.env.Theme)
	d = views.Dialog{
		Title: a.of.title, Hint: "^s " + a.of.verb + "  tab endpoint  esc close (keeps the text)",
		Body: append([]string{a.draw(), a.more(a.text.before, "above")}, strings.Split(a.text.View(), "\n")...),
	}
	if a.text.after != "" {
		d.Body = append(d.Body, a.more(a.text.after, "below"))
	}
	return d, 0, 0
}

// more says how much of the text is out of the text area's reach; "" for nothing.
func (a *add) more(text, where string) string {
	if text == "" {
		return ""
	}
	return a.env.Theme.Field.Dim.Render("… " + humanize.Bytes(uint64(len(text))) + " more " + where)
}

func (a *add) bindings() []key.Binding {
	k := &common.Keys
	return []key.Binding{common.Brief(k.Submit, a.of.verb), k.Field, common.Brief(k.Escape, "close")}
}
