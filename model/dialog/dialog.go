package dialog

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"polltop/model/common"
	"polltop/poller/queue"
	"polltop/views"
)

// box is what is in a dialog.
type box interface {
	press(msg tea.KeyPressMsg) tea.Cmd
	pass(msg tea.Msg) tea.Cmd  // any other message: a paste, or one of a field's own
	click(x, line int) tea.Cmd // on a cell of a line of the body
	wheel(lines int)
	view() (d views.Dialog, from, to int) // what is shown, and which lines must be seen; none if they are the same
	bindings() []key.Binding
	typing() bool // keys are text
}

// Dialogs is all dialogs, of which one can be open.
type Dialogs struct {
	env       *common.Env
	open      box // nil when none is
	scroll    viewport.Model
	drawn     views.Dialog       // what open shows
	layer     *lipgloss.Layer    // and where; nil before it is drawn
	add       *add               // nil until it is first opened
	payloads  *add               // the same
	exported  string             // the file that was named last
	added     map[queue.Key]bool // the last that were added here without a label
	questions *questions
	problems  problems
}

func New(env *common.Env) *Dialogs {
	d := &Dialogs{env: env, scroll: viewport.New()}
	d.questions = &questions{field: newField(env, "endpoint  "), problems: &d.problems}
	return d
}

func (d *Dialogs) Update(msg tea.Msg) tea.Cmd {
	cmd := d.handle(msg)
	switch msg.(type) {
	case common.TasksChanged, common.CursorMoved, common.DownloadsChanged:
		// nothing of the dialogs
	default:
		d.lay()
	}
	return cmd
}

func (d *Dialogs) lay() {
	if d.layer = nil; d.open == nil {
		return
	}
	var from, to int
	d.drawn, from, to = d.open.view()
	d.scroll.SetHeight(d.drawn.Rows(d.env.Layout))
	d.scroll.SetContentLines(d.drawn.Body)
	if from < to {
		d.scroll.EnsureVisible(to-1, 0, 0)
		d.scroll.EnsureVisible(from, 0, 0)
	}
	d.drawn.Scroll = d.scroll.YOffset()
}

func (d *Dialogs) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.Command:
		cmd, _ := common.HandleKey(keys, d, msg)
		return cmd
	case common.Ask:
		return d.ask(msg)
	case common.TasksRead:
		d.read(msg)
	case common.FocusChanged:
		if d.env.Focus != views.OnDialog {
			d.open = nil
		}
	default:
		if d.open != nil {
			return d.pass(msg)
		}
	}
	return nil
}

func (d *Dialogs) pass(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return d.open.press(msg)
	case tea.MouseWheelMsg:
		d.open.wheel(common.WheelLines(msg))
	case common.Click:
		line := -1
		if msg.ID == views.DialogID {
			line = d.drawn.BodyLine(d.env.Layout, msg.Y)
		}
		return d.open.click(msg.X-2, line) // a border and a blank are before the text
	case tea.PasteMsg:
		if d.open.typing() {
			return d.open.pass(msg)
		}
		d.env.Post(common.Paste{Text: msg.Content, Source: d.env.Source})
	default:
		return d.open.pass(msg)
	}
	return nil
}

var keys = []common.KeyHandler[*Dialogs]{
	common.OnKey("polltop", common.Bind("a", "add tasks", "a"), func(d *Dialogs, _ common.Command) tea.Cmd { return d.takeAdd(&d.add, ofTasks) }),
	common.OnKey("polltop", common.Bind("A", "submit payloads", "A"), func(d *Dialogs, _ common.Command) tea.Cmd { return d.takeAdd(&d.payloads, ofPayloads) }),
	common.OnKey("polltop", common.Bind("e", "unsure and refused lines", "e"), (*Dialogs).showProblems),
	common.OnKey("polltop", common.Bind("L", "label the marked or last added", "L"), (*Dialogs).showLabel),
	common.OnKey("polltop", common.Bind("E", "export, or edit a payload", "E"), (*Dialogs).askExport),
	common.OnKey("polltop", common.Bind(Who, "who is connected, on polltop serve", Who), (*Dialogs).showPeers),
	common.OnKey("polltop", common.Bind("?", "help", "?"), (*Dialogs).showHelp),
}

// Who is the key that shows who is connected.
const Who = "w"

var Help = common.HelpOf(keys)

func (d *Dialogs) showHelp(common.Command) tea.Cmd {
	return d.ask(common.Ask{Title: "Keys", Hint: readHint, Text: func(width int) []string { return common.HelpBody(d.env.Theme, d.env.Help, width) }})
}

func (d *Dialogs) showPeers(common.Command) tea.Cmd {
	if d.env.Shared == nil {
		d.env.Say(views.LevelInfo, "nobody else sees this dashboard: polltop serve shares one over ssh")
		return nil
	}
	return d.ask(common.Ask{Title: "Connected", Hint: readHint, Text: d.peers})
}

// peers returns who is connected, a line of at most width cells each.
func (d *Dialogs) peers(width int) []string {
	var items []views.MenuItem
	for _, p := range d.env.Shared.Peers() {
		from := p.From + "  for " + views.Duration(d.env.Time.Sub(p.Since))
		if p.Self {
			from += "  (you)"
		}
		items = append(items, views.MenuItem{Key: p.Name, Label: p.Role, Value: from})
	}
	return views.MenuBody(items, -1, d.env.Theme.Cursor.Text, width)
}

// takeAdd opens a dialog for tasks or payloads. It is made when it is first opened, as its
// text area takes 240 KB, which counts where many dashboards are served.
func (d *Dialogs) takeAdd(kept **add, of addable) tea.Cmd {
	if *kept == nil {
		*kept = newAdd(d.env, of)
	}
	return d.take(*kept, (*kept).opened())
}

func (d *Dialogs) showProblems(common.Command) tea.Cmd {
	switch {
	case len(d.questions.open) > 0:
		return d.take(d.questions, nil)
	case len(d.problems.kept) > 0:
		return d.ask(common.Ask{Title: "Lines refused", Hint: readHint, Text: d.problems.body})
	}
	d.env.Say(views.LevelInfo, "no line was refused so far, and nothing is unsure")
	return nil
}

func (d *Dialogs) ask(ask common.Ask) tea.Cmd {
	l := &list{env: d.env, ask: ask, scroll: &d.scroll}
	if !ask.Question {
		return d.take(l, nil)
	}
	l.from, l.cursor = d.env.Time.Add(answerDelay), len(ask.Choices)-1
	return d.take(l, common.After(answerDelay, answerable{}))
}

func (d *Dialogs) take(b box, cmd tea.Cmd) tea.Cmd {
	d.open = b
	d.scroll.GotoTop()
	d.env.Post(common.RequestFocus{Focus: views.OnDialog})
	return cmd
}

// Typing reports whether keys are text.
func (d *Dialogs) Typing() bool { return d.open != nil && d.open.typing() }

// Asking reports whether a question with choices is open.
func (d *Dialogs) Asking() bool {
	l, ok := d.open.(*list)
	return ok && len(l.ask.Choices) > 0
}

// SetSize is for nothing: a dialog takes what it needs of the Env's layout.
func (d *Dialogs) SetSize(int, int) {}

// Box returns the open dialog as a layer of the screen, nil when none is.
func (d *Dialogs) Box() *lipgloss.Layer {
	if d.open == nil {
		return nil
	}
	if d.layer == nil {
		d.layer = views.DialogLayer(d.env.Frame, &d.drawn)
	}
	return d.layer
}

func (d *Dialogs) View() string {
	if d.open == nil {
		return ""
	}
	return d.Box().GetContent()
}

func (d *Dialogs) Bindings() []key.Binding {
	if d.open == nil {
		return nil
	}
	return d.open.bindings()
}
