package dialog

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"polltop/model/common"
	"polltop/poller/paste"
	"polltop/poller/paste/words"
	"polltop/views"
	"polltop/views/safe"
)

// maxPasteShown is the longest paste that the add dialog inserts into its text, in bytes. A longer
// one is submitted at once, with the dialog's endpoint, because nobody edits it by hand.
const maxPasteShown = 8 << 10

// tabSign represents a tab in the text area, which would replace tabs with blanks.
const tabSign = "␉"

// addDialog is the dialog in which tasks or payloads are typed or pasted. It keeps its text when
// it is closed without submitting.
type addDialog struct {
	field // the endpoint
	kind  addKind
	text  longText
}

// addKind is what an addDialog adds, and the words for it.
type addKind struct {
	title, verb, prompt, placeholder, noun string
	// submit posts the text. A text of payloads stays in the dialog until they are stored.
	submit func(a *addDialog, text string, source paste.Source)
}

var (
	taskKind = addKind{
		"Add tasks", "add", "endpoint for bare ids  ", "request ids, URLs, create-task answers, log lines: one or more a line", "request ids",
		func(a *addDialog, text string, source paste.Source) {
			a.text.set("", "")
			a.env.Post(common.Paste{Text: text, Source: source})
		},
	}
	payloadKind = addKind{
		"Submit payloads", "submit", "endpoint  ", `{"prompt": "a cat"}: a JSON object a line, with the model's parameters`, "payloads",
		func(a *addDialog, text string, source paste.Source) {
			if shown := shownText(text); shown != a.text.Value() { // a long paste was not inserted
				a.text.set(shown, "")
			}
			submitted := a.text.Value()
			a.env.Post(common.AddPayloads{Text: text, Source: source, Stored: func() {
				if a.text.Value() == submitted { // else the user has edited it meanwhile
					a.text.set("", "")
				}
			}})
		},
	}
)

func newAdd(env *common.Env, kind addKind) *addDialog {
	text := textarea.New()
	text.Placeholder, text.Prompt = kind.placeholder, ""
	text.ShowLineNumbers, text.CharLimit, text.MaxHeight = false, 0, 0
	a := &addDialog{field: newField(env, kind.prompt), kind: kind, text: longText{Model: text}}
	a.input.Placeholder = "none: give it on each line"
	a.input.SetValue(env.Source.Endpoint)
	return a
}

func (a *addDialog) focusText() tea.Cmd {
	a.input.Blur()
	return a.text.Focus()
}

func (a *addDialog) switchField() tea.Cmd {
	if !a.text.Focused() {
		return a.focusText()
	}
	a.text.Blur()
	return a.input.Focus()
}

func (a *addDialog) handleKey(msg tea.KeyPressMsg) tea.Cmd {
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
	return a.handleMsg(msg)
}

func (a *addDialog) handleMsg(msg tea.Msg) tea.Cmd {
	if !a.text.Focused() {
		return a.field.handleMsg(msg)
	}
	if pasted, ok := msg.(tea.PasteMsg); ok {
		text := pasted.Content
		if len(text) > maxPasteShown {
			if typed := a.text.Value(); typed != "" {
				text = typed + "\n" + text
			}
			a.submit(text)
			return nil
		}
		a.paste(text)
		msg = nil
	}
	return a.text.update(msg)
}

// paste inserts a pasted text. If the cursor is right behind an id, the text begins a line of its own.
func (a *addDialog) paste(text string) {
	head, _ := a.text.split()
	head = strings.ReplaceAll(head, tabSign, "\t")
	if word := head[strings.LastIndexAny(head, " \t\n/")+1:]; words.IDKind(word).IsID() && text != "" && words.IsAlnum(text[0]) {
		a.text.insert("\n")
	}
	a.text.insert(shownText(text))
}

// shownText returns a text as the text area can show it.
func shownText(text string) string {
	lines := safe.Lines(strings.ReplaceAll(text, "\t", tabSign))
	if strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\r") {
		lines = append(lines, "")
	}
	return strings.Join(lines, "\n")
}

func (a *addDialog) close() {
	a.text.Blur()
	a.field.close()
}

// submit submits a text with the dialog's endpoint, and closes the dialog.
func (a *addDialog) submit(text string) {
	text = strings.ReplaceAll(text, tabSign, "\t")
	if strings.TrimSpace(text) == "" {
		a.env.Say(views.LevelWarn, "nothing to add yet: type or paste "+a.kind.noun+", esc closes")
		return
	}
	source := a.env.Source
	source.Endpoint = strings.TrimSpace(a.input.Value())
	a.close()
	a.kind.submit(a, text, source)
}

func (a *addDialog) view() (d views.Dialog, from, to int) {
	l := a.env.Layout
	a.text.SetWidth(max(views.DialogTextWidth(l.Width)-2, 1))
	a.text.SetHeight(max(min(l.Height-9, 10), 1))
	common.StyleArea(&a.text.Model, a.env.Theme)
	d = views.Dialog{
		Title: a.kind.title, Hint: "^s " + a.kind.verb + "  tab endpoint  esc close (keeps the text)",
		Body: append([]string{a.draw(), a.hiddenNote(a.text.before, "above")}, strings.Split(a.text.View(), "\n")...),
	}
	if a.text.after != "" {
		d.Body = append(d.Body, a.hiddenNote(a.text.after, "below"))
	}
	return d, 0, 0
}

// hiddenNote says how much text the text area does not have above or below; "" for none.
func (a *addDialog) hiddenNote(text, where string) string {
	if text == "" {
		return ""
	}
	return a.env.Theme.Field.Dim.Render("… " + humanize.Bytes(uint64(len(text))) + " more " + where)
}

func (a *addDialog) bindings() []key.Binding {
	k := &common.Keys
	return []key.Binding{common.Brief(k.Submit, a.kind.verb), k.Field, common.Brief(k.Escape, "close")}
}
