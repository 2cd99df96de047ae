package tasktable

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/tasktable/index"
	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// Table is the table.
type Table struct {
	env           *common.Env
	reducedMotion bool
	index         *index.Index
	filter        textinput.Model
	marks         marks
	signs         signs
	hosts         []poller.HostStatus
	rows          int // the height of the window

	group    string // the group that the table is filtered to; "" for none
	opened   int32  // the task in the pane
	clicked  int32  // the task that was clicked last
	moved    bool   // the user has moved the cursor
	paused   bool
	unsure   int // questions about ids
	lookedAt common.Watch
	told     common.TableShows

	failed       int32 // the first task that was seen failed, until the pane has shown it
	shownFailure bool
}

// New returns the table, and makes its tasks those of the Env. With reducedMotion a cell
// that has just changed is not drawn brighter for a moment.
func New(env *common.Env, reducedMotion bool) *Table {
	t := &Table{
		env: env, reducedMotion: reducedMotion, index: index.New(), marks: newMarks(),
		filter: common.NewField(" / ", "id, endpoint, status or error; !word leaves out"),
		opened: common.None, clicked: common.None, failed: common.None, lookedAt: common.Watch{Opened: common.None},
		signs: signs{fresh: map[int32]time.Time{}},
	}
	env.Tasks = t.index
	return t
}

// SetSize tells the width of the table and how many rows its window has.
func (t *Table) SetSize(width, height int) { t.rows = height }

// Update takes in a message.
func (t *Table) Update(msg tea.Msg) tea.Cmd {
	cmd := t.handle(msg)
	t.tell()
	return cmd
}

func (t *Table) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if t.env.Top == common.OnFilter {
			return t.pressFilter(msg)
		}
		t.press(msg)
	case common.PassKey:
		t.press(msg.KeyPressMsg)
	case tea.PasteMsg:
		return t.typed(tea.PasteMsg{Content: safe.Line(msg.Content)})
	case common.Click:
		t.click(msg)
	case tea.MouseWheelMsg:
		t.index.ScrollBy(common.WheelLines(msg))
		t.follow(true)
	case common.TasksChanged:
		return t.observe(msg.Update)
	case common.TasksGone:
		for _, seq := range msg.Seqs {
			t.index.Remove(seq)
			t.marks.set(seq, false)
		}
	case common.TasksBack:
		t.index.Restore(msg.Tasks)
	case common.PaneShows:
		t.opened = msg.Seq
	case common.FocusChanged:
		t.openFirstFailure()
	case common.SizeChanged:
		t.filter.SetWidth(max(t.env.Layout.Width-6, 1))
		common.StyleField(&t.filter, t.env.Theme)
	case common.ShowOnly:
		t.showOnly(msg)
	case common.ClearMarks:
		t.marks.clear()
	case common.Unanswered:
		t.unsure = msg.Count
	case common.Second:
		t.watch()
	case freshOver:
		return t.freshOver()
	case slowDue:
		t.signs.watching = false
		return t.watchSlow()
	default:
		if t.env.Top == common.OnFilter {
			return t.typed(msg)
		}
	}
	return nil
}

// observe takes in what changed at the poller.
func (t *Table) observe(u poller.Update) tea.Cmd {
	t.paused, t.hosts = u.Paused, u.Hosts
	if len(u.Dropped) > 0 {
		for _, seq := range u.Dropped {
			t.index.Remove(seq)
			t.marks.set(seq, false)
		}
		t.env.Post(common.TasksGone{Seqs: u.Dropped})
	}
	if u.Persistence.Viewing != "" {
		// What was removed here and comes late is passed over; what another process
		// tracks again comes back.
		t.index.Restore(slices.DeleteFunc(slices.Clone(u.Tasks), func(task *poller.Task) bool { return !t.index.Removed(task.Seq) }))
	}
	fresh := t.observeFresh(u.Tasks)
	t.flagSlow(u.Tasks)
	t.index.Apply(u.Tasks)
	slow := t.watchSlow()
	t.noteFailure(u.Tasks)
	t.openFirstFailure()
	return tea.Batch(fresh, slow)
}

// press takes in a key that is no text.
func (t *Table) press(msg tea.KeyPressMsg) {
	k := &common.Keys
	if by, ok := common.Motion(msg, t.rows); ok && t.env.Top == common.OnTable {
		t.moveBy(by)
		return
	}
	marking := t.env.Top != common.OnPane
	switch {
	case marking && key.Matches(msg, k.Mark):
		t.mark()
	case marking && key.Matches(msg, k.MarkRange):
		t.markRange()
	case marking && key.Matches(msg, k.MarkAll):
		t.markAll()
	case key.Matches(msg, k.Enter):
		t.inspect()
	case key.Matches(msg, k.Escape):
		t.escape()
	case key.Matches(msg, k.Switch):
		t.switchFocus()
	case key.Matches(msg, k.Filter):
		t.filter.CursorEnd()
		t.filter.Focus()
		t.env.Post(common.Take{Focus: common.OnFilter})
	default:
		t.pressView(msg)
	}
}

// pressView does what a key means for what the table shows; any other is a command.
func (t *Table) pressView(msg tea.KeyPressMsg) {
	k := &common.Keys
	switch {
	case key.Matches(msg, k.Failures):
		tab := views.TabFailed
		if t.index.Tab() == tab {
			tab = views.TabAll
		}
		t.showTab(tab)
	case key.Matches(msg, k.NextFailure):
		t.nextFailure(1)
	case key.Matches(msg, k.PreviousFailure):
		t.nextFailure(-1)
	case key.Matches(msg, k.Tabs):
		t.showTab(views.Tab(msg.String()[0] - '1'))
	case key.Matches(msg, k.NextTab):
		t.showTab(t.index.Tab().Beside(1, t.index.Counts()))
	case key.Matches(msg, k.PreviousTab):
		t.showTab(t.index.Tab().Beside(-1, t.index.Counts()))
	case key.Matches(msg, k.Sort):
		t.sortBy((t.index.Sort() + 1) % views.ColumnCount)
	case key.Matches(msg, k.Reverse):
		t.index.SetSort(t.index.Sort(), !t.index.Descending())
	default:
		if wish := common.Command(msg); wish != nil {
			t.env.Post(wish)
		}
	}
}

// moveBy moves the cursor by lines.
func (t *Table) moveBy(lines int) {
	t.index.MoveBy(lines)
	t.follow(true)
}

// follow makes an open pane show the task under the cursor, after the cursor moved.
func (t *Table) follow(moved bool) {
	t.moved = t.moved || moved
	if seq, ok := t.index.CursorSeq(); ok {
		t.env.Post(common.CursorMoved{Seq: seq})
	}
}

// inspect opens the pane on the task under the cursor; if it is open on it
// already, the pane takes the focus.
func (t *Table) inspect() {
	seq, ok := t.index.CursorSeq()
	switch {
	case !ok:
	case t.opened == seq:
		t.env.Post(common.Take{Focus: common.OnPane})
	default:
		t.env.Post(common.OpenTask{Seq: seq})
	}
}

// switchFocus moves the keys between table and pane.
func (t *Table) switchFocus() {
	switch {
	case t.env.Top == common.OnPane && t.rows > 0:
		t.env.Post(common.Release{Focus: common.OnPane})
	case t.opened != common.None:
		t.env.Post(common.Take{Focus: common.OnPane})
	}
}

// escape closes or clears what is on top: the marks, the pane, the group, the filter,
// the tab.
func (t *Table) escape() {
	switch {
	case t.env.Top == common.OnTable && t.marks.any():
		t.marks.clear()
	case t.opened != common.None:
		t.env.Post(common.ClosePane{})
	case t.group != "":
		t.group = ""
		t.index.SetMatch(nil)
	case t.index.Filter() != "":
		t.setFilter("")
	case t.index.Tab() != views.TabAll:
		t.showTab(views.TabAll)
	}
}

// showTab shows the tasks of a tab.
func (t *Table) showTab(tab views.Tab) {
	t.index.SetTab(tab)
	t.follow(false)
}

// showOnly filters the table to a group of tasks.
func (t *Table) showOnly(msg common.ShowOnly) {
	t.index.SetTab(views.TabAll)
	t.index.SetMatch(msg.Match)
	t.index.First()
	t.group = msg.Label
	t.follow(true)
	t.env.Say(views.LevelInfo, "only "+msg.Label+": esc shows all again")
}

// sortBy sorts by a column, and says by which, as a narrow screen may not show
// it. Times start with the longest, which is what one looks for in them.
func (t *Table) sortBy(column views.Column) {
	t.index.SetSort(column, column == views.ColumnQueued || column == views.ColumnRun)
	t.env.Say(views.LevelInfo, "sorted by "+views.ColumnTitle(column))
}

// pressFilter takes in a key while the filter is typed. The table narrows with
// every key; the cursor keys still move in it.
func (t *Table) pressFilter(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, common.Keys.Accept), key.Matches(msg, common.Keys.Escape):
		if !key.Matches(msg, common.Keys.Accept) {
			t.setFilter("")
		}
		t.filter.Blur()
		t.env.Post(common.Release{Focus: common.OnFilter})
		return nil
	case msg.String() == "up":
		t.index.MoveBy(-1)
	case msg.String() == "down":
		t.index.MoveBy(1)
	default:
		return t.typed(msg)
	}
	t.follow(false)
	return nil
}

// typed gives the filter's field a message.
func (t *Table) typed(msg tea.Msg) (cmd tea.Cmd) {
	t.filter, cmd = t.filter.Update(msg)
	t.index.SetFilter(t.filter.Value())
	return cmd
}

func (t *Table) setFilter(text string) {
	t.filter.SetValue(text)
	t.index.SetFilter(text)
}

// click selects the row that was clicked, and opens it on the second click; a click on a
// tab shows that.
func (t *Table) click(msg common.Click) {
	for tab := range views.TabCount {
		if msg.ID == tab.ID() {
			t.showTab(tab)
			return
		}
	}
	rows, first := t.index.Window(t.rows)
	row := msg.Y - (t.env.Layout.RowsTop - t.env.Layout.AreaTop())
	if row < 0 || row >= len(rows) {
		return
	}
	again := t.clicked == rows[row].Seq
	t.clicked = rows[row].Seq
	t.index.MoveTo(first + row)
	focused := t.env.Top == common.OnPane
	t.env.Post(common.Release{Focus: common.OnPane})
	if t.moved = true; again && !focused {
		t.inspect()
		return
	}
	t.follow(true)
}

// watch posts what the user looks at, if that has changed: it is asked more often.
func (t *Table) watch() {
	now := common.Watch{Opened: common.None}
	if task := t.index.Get(t.opened); task != nil && !task.State.Terminal() {
		now.Opened = task.Seq
	}
	rows, _ := t.index.Window(t.rows)
	now.Visible = common.Seqs(rows, func(task *poller.Task) bool { return !task.State.Terminal() })
	if now.Opened != t.lookedAt.Opened || !slices.Equal(now.Visible, t.lookedAt.Visible) {
		t.lookedAt = now
		t.env.Post(now)
	}
}

// tell posts what the table shows, if that has changed.
func (t *Table) tell() {
	now := common.TableShows{Tab: t.index.Tab(), Filter: t.index.Filter(), Marked: len(t.marks.seqs), Position: t.position()}
	if t.group != "" {
		now.Filter = strings.TrimSpace("group: " + t.group + "  " + now.Filter)
	}
	if t.env.Top == common.OnFilter {
		now.Field = t.filter.View()
	}
	if now != t.told {
		t.told = now
		t.env.Post(now)
	}
}

func (t *Table) position() string {
	p := views.Table{Total: t.index.Matching(), Cursor: t.index.CursorRank()}
	return p.Position()
}

// Cursor returns the task under the cursor, nil for none.
func (t *Table) Cursor() *poller.Task { return t.index.Cursor() }

// View returns the table.
func (t *Table) View() string {
	rows, first := t.index.Window(t.rows)
	return views.DrawTable(t.env.Frame, &views.Table{
		Rows: rows, Notes: t.notes(rows), First: first, Total: t.index.Matching(),
		Cursor: t.index.CursorRank() - first, Sort: t.index.Sort(), Descending: t.index.Descending(), Empty: t.empty(),
	})
}

// empty returns what to say where no row is shown.
func (t *Table) empty() []string {
	switch {
	case t.index.Total() == 0:
		return []string{
			"No tasks yet.", "",
			"Paste request ids, status URLs or create-task answers here,",
			"press a to type them,",
			"or start with a file: polltop tasks.txt", "",
			"? shows all keys",
		}
	case t.index.Filter() != "":
		return []string{"nothing matches the filter", "esc clears it"}
	}
	return []string{"no task is " + t.index.Tab().Title(), "1 shows all"}
}

// Bindings are the keys of the table, or of the filter while it is typed.
func (t *Table) Bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	if t.env.Top == common.OnFilter {
		return []key.Binding{k.Accept, brief(k.Escape, "clear")}
	}
	// What is still to be answered stays on the screen when its notice is gone.
	unsure := brief(k.Problems, strconv.Itoa(t.unsure)+" unsure")
	unsure.SetEnabled(t.unsure > 0)
	if t.index.Total() == 0 {
		return []key.Binding{unsure, brief(k.Add, "add"), k.Help, k.Quit}
	}
	if len(t.marks.seqs) > 0 {
		return []key.Binding{brief(k.Cancel, "cancel"), brief(k.Download, "download"), brief(k.Remove, "remove"), brief(k.Copy, "copy"), brief(k.Escape, "no marks"), k.Help, k.Quit}
	}
	failure := brief(k.NextFailure, "next failure")
	failure.SetEnabled(t.env.Failed()+t.env.Unknown() > 0)
	inspect, pause := k.Enter, brief(k.Pause, "pause")
	if t.opened != common.None {
		inspect = brief(k.Escape, "close")
	}
	if t.paused {
		pause = brief(k.Pause, "go on")
	}
	return []key.Binding{unsure, common.Move, inspect, k.Filter, failure, brief(k.Failures, "failures"), brief(k.Add, "add"), brief(k.Cancel, "cancel"), k.Help, k.Quit,
		brief(k.Groups, "groups"), brief(k.Stats, "stats"), brief(k.Download, "download"), brief(k.Mark, "mark"), pause, brief(k.Sort, "sort")}
}
