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

// content is the inside of a dialog.
type content interface {
	handleKey(msg tea.KeyPressMsg) tea.Cmd
	handleMsg(msg tea.Msg) tea.Cmd   // any other message: a paste, or one of a text field
	handleClick(x, line int) tea.Cmd // on a cell of a line of the body; line is -1 outside of it
	scrollBy(lines int)
	view() (d views.Dialog, from, to int) // the lines from from to to must be visible, unless they are equal
	bindings() []key.Binding
	typing() bool // keys are text
}

type Dialogs struct {
	env            *common.Env
	open           content // nil if no dialog is open
	scroll         viewport.Model
	shown          views.Dialog    // the last view of open
	layer          *lipgloss.Layer // shown as a layer; nil before it is drawn
	addTasks       *addDialog      // nil until it is first opened, as is addPayloads
	addPayloads    *addDialog
	exportPath     string             // the path in the export dialog when it was last closed
	addedUnlabeled map[queue.Key]bool // the requests that were last added here without a label
	questions      *questions
	problems       problems
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
		// they change no dialog
	default:
		d.layout()
	}
	return cmd
}

func (d *Dialogs) layout() {
	if d.layer = nil; d.open == nil {
		return
	}
	var from, to int
	d.shown, from, to = d.open.view()
	d.scroll.SetHeight(d.shown.Rows(d.env.Layout))
	d.scroll.SetContentLines(d.shown.Body)
	if from < to {
		d.scroll.EnsureVisible(to-1, 0, 0)
		d.scroll.EnsureVisible(from, 0, 0)
	}
	d.shown.Scroll = d.scroll.YOffset()
}

func (d *Dialogs) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.Command:
		cmd, _ := common.HandleKey(keys, d, msg)
		return cmd
	case common.Ask:
		return d.openList(msg)
	case common.TasksRead:
		d.reportRead(msg)
	case common.FocusChanged:
		if d.env.Focus != views.OnDialog {
			d.open = nil
		}
	default:
		if d.open != nil {
			return d.handleInput(msg)
		}
	}
	return nil
}

func (d *Dialogs) handleInput(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return d.open.handleKey(msg)
	case tea.MouseWheelMsg:
		d.open.scrollBy(common.WheelLines(msg))
	case common.Click:
		line := -1
		if msg.ID == views.DialogID {
			line = d.shown.BodyLine(d.env.Layout, msg.Y)
		}
		return d.open.handleClick(msg.X-2, line) // the text begins behind a border and a blank
	case tea.PasteMsg:
		if d.open.typing() {
			return d.open.handleMsg(msg)
		}
		d.env.Post(common.Paste{Text: msg.Content, Source: d.env.Source})
	default:
		return d.open.handleMsg(msg)
	}
	return nil
}

var keys = []common.KeyHandler[*Dialogs]{
	common.OnKey("polltop", common.Bind("a", "add tasks", "a"), func(d *Dialogs, _ common.Command) tea.Cmd { return d.openAdd(&d.addTasks, taskKind) }),
	common.OnKey("polltop", common.Bind("A", "submit payloads", "A"), func(d *Dialogs, _ common.Command) tea.Cmd { return d.openAdd(&d.addPayloads, payloadKind) }),
	common.OnKey("polltop", common.Bind("e", "unsure and refused lines", "e"), (*Dialogs).showProblems),
	common.OnKey("polltop", common.Bind("L", "label the marked or last added", "L"), (*Dialogs).showLabel),
	common.OnKey("polltop", common.Bind("E", "export, or edit a payload", "E"), (*Dialogs).askExport),
	common.OnKey("polltop", common.Bind(PeersKey, "who is connected, on polltop serve", PeersKey), (*Dialogs).showPeers),
	common.OnKey("polltop", common.Bind("?", "help", "?"), (*Dialogs).showHelp),
}

// PeersKey shows who is connected.
const PeersKey = "w"

var Help = common.HelpOf(keys)

func (d *Dialogs) showHelp(common.Command) tea.Cmd {
	return d.openList(common.Ask{Title: "Keys", Hint: readHint, Text: func(width int) []string { return common.HelpBody(d.env.Theme, d.env.Help, width) }})
}

func (d *Dialogs) showPeers(common.Command) tea.Cmd {
	if d.env.Shared == nil {
		d.env.Say(views.LevelInfo, "nobody else sees this dashboard: polltop serve shares one over ssh")
		return nil
	}
	return d.openList(common.Ask{Title: "Connected", Hint: readHint, Text: d.peers})
}

// peers returns a line of at most width cells for each connected user.
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

// openAdd opens the dialog that adds tasks or payloads. It creates the dialog the first time:
// its text area takes 240 KB, which counts if many dashboards are served.
func (d *Dialogs) openAdd(dialog **addDialog, kind addKind) tea.Cmd {
	if *dialog == nil {
		*dialog = newAdd(d.env, kind)
	}
	return d.show(*dialog, (*dialog).focusText())
}

func (d *Dialogs) showProblems(common.Command) tea.Cmd {
	switch {
	case len(d.questions.open) > 0:
		return d.show(d.questions, nil)
	case len(d.problems.recent) > 0:
		return d.openList(common.Ask{Title: "Lines refused", Hint: readHint, Text: d.problems.body})
	}
	d.env.Say(views.LevelInfo, "no line was refused so far, and nothing is unsure")
	return nil
}

func (d *Dialogs) openList(ask common.Ask) tea.Cmd {
	l := &list{env: d.env, ask: ask, scroll: &d.scroll}
	if !ask.Question {
		return d.show(l, nil)
	}
	l.answerableFrom, l.cursor = d.env.Time.Add(answerDelay), len(ask.Choices)-1
	return d.show(l, common.After(answerDelay, answerable{}))
}

func (d *Dialogs) show(c content, cmd tea.Cmd) tea.Cmd {
	d.open = c
	d.scroll.GotoTop()
	d.env.Post(common.RequestFocus{Focus: views.OnDialog})
	return cmd
}

func (d *Dialogs) Typing() bool { return d.open != nil && d.open.typing() }

// SetSize does nothing: dialogs use the Env's layout.
func (d *Dialogs) SetSize(int, int) {}

// Box returns the open dialog as a layer of the screen; nil if none is open.
func (d *Dialogs) Box() *lipgloss.Layer {
	if d.open == nil {
		return nil
	}
	if d.layer == nil {
		d.layer = views.DialogLayer(d.env.Frame, &d.shown)
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
