package model

import (
	"reflect"

	tea "charm.land/bubbletea/v2"

	"polltop/model/crash"
)

// guarded is the dashboard as Bubble Tea runs it: a panic in it is caught and
// reported, where Bubble Tea would print its stack, which may hold what is not
// to be shown. After one in Update or View nothing of the dashboard is run any
// more, as its state may be half changed; the last screen stays until it closes.
type guarded struct {
	model   *Model
	catcher *crash.Catcher
	drawer  *drawer // nil where Bubble Tea draws by itself
	broken  bool
	view    tea.View // the last that was drawn whole
}

// Init starts what runs besides the keys.
func (g *guarded) Init() (cmd tea.Cmd) {
	g.guard(func() { cmd = g.command(g.model.Init()) })
	return cmd
}

// Update takes in a message.
func (g *guarded) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	g.guard(func() {
		_, cmd = g.model.Update(msg)
		cmd = g.command(cmd)
	})
	return g, cmd
}

// View returns the screen, and has it drawn: Bubble Tea calls it after each message,
// and then takes what it returns.
func (g *guarded) View() tea.View {
	defer g.drawer.soon()
	g.guard(func() { g.view = g.model.View() })
	return g.view
}

// filter returns a filter of messages that catches its own panic, and loses the
// message then.
func (g *guarded) filter(next func(tea.Model, tea.Msg) tea.Msg) func(tea.Model, tea.Msg) tea.Msg {
	return func(m tea.Model, msg tea.Msg) (filtered tea.Msg) {
		defer g.catcher.Catch()
		return next(m, msg)
	}
}

// guard runs a part of the dashboard, unless one before has panicked.
func (g *guarded) guard(part func()) {
	if g.broken {
		return
	}
	defer g.catcher.Catch()
	g.broken = true // until it has run through
	part()
	g.broken = false
}

// command returns a command that catches its own panic. Bubble Tea runs each in
// a goroutine of its own.
func (g *guarded) command(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer g.catcher.Catch()
		return g.commandsIn(cmd())
	}
}

// commandsIn returns a message with the commands that it holds, if any, as ones
// that catch their own panics. The type of the message that holds a sequence of
// them is Bubble Tea's own.
func (g *guarded) commandsIn(msg tea.Msg) tea.Msg {
	cmds := reflect.ValueOf(msg)
	if cmds.Kind() != reflect.Slice || cmds.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		return msg
	}
	safe := reflect.MakeSlice(cmds.Type(), cmds.Len(), cmds.Len())
	for i := range cmds.Len() {
		safe.Index(i).Set(reflect.ValueOf(g.command(cmds.Index(i).Interface().(tea.Cmd))))
	}
	return safe.Interface()
}
