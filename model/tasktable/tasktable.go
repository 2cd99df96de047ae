package tasktable

import (
	"fmt"
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

type Table struct {
	common.ViewCache
	env           *common.Env
	reducedMotion bool
	index         *index.Index
	filter        textinput.Model
	// marked are the tasks that the user picked for an action in bulk, by Seq, so that sorting,
	// filtering and new answers leave them as they are. A range begins at anchor; None for none.
	marked map[int32]bool
	anchor int32
	// fresh is until when the cells are bright of rows that have just changed their state; fading
	// says that a timer for their end runs, watching that one does for when a task may become slow.
	fresh            map[int32]time.Time
	fading, watching bool
	rows             int // the height of the window

	group    string              // the group that the table is filtered to; "" for none
	opened   int32               // the task in the pane
	clicked  int32               // the task that was clicked last
	followed int32               // the task that the cursor was asked to be on
	left     map[views.Tab]int32 // the task that the cursor was on when a tab was left
	before   views.Tab           // the tab that the failures were shown from
	unsure   int                 // questions about ids
	viewed   []int32             // what was last reported to the poller that the user looks at

	failed   int32 // the first task that was seen failed; None before there is one
	failures int   // how many failed with it, until the user has been shown that
}

// matchesWidth is the room for how many tasks the filter matches, in cells: 123456 of 123456.
const matchesWidth = 17

// New returns the table, and makes its tasks those of the Env. With reducedMotion a cell
// that has just changed is not drawn brighter for a moment.
func New(env *common.Env, reducedMotion bool) *Table {
	t := &Table{
		env: env, reducedMotion: reducedMotion, index: index.New(func(task *poller.Task) bool {
			slow, _ := env.Slow(task)
			return slow && !task.State.Terminal()
		}), marked: map[int32]bool{}, anchor: common.NoTask, fresh: map[int32]time.Time{}, viewed: []int32{common.NoTask}, left: map[views.Tab]int32{},
		filter: common.NewField(" / ", "id, endpoint, status or error; !word leaves out"),
		opened: common.NoTask, clicked: common.NoTask, followed: common.NoTask, failed: common.NoTask,
	}
	t.index.SetSort(views.ColumnActivity, false)
	env.Tasks = t.index
	return t
}

func (t *Table) SetSize(width, height int) { t.rows = height }

func (t *Table) Update(msg tea.Msg) tea.Cmd {
	t.Invalidate()
	cmd := t.handle(msg)
	if seq := t.index.CursorSeq(); seq != t.followed {
		t.followed = seq
		t.env.Post(common.CursorMoved{Seq: seq})
	}
	return cmd
}

func (t *Table) handle(msg tea.Msg) tea.Cmd {
	typing := t.env.Focus == views.OnFilter
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if typing {
			return t.pressFilter(msg)
		}
		t.press(msg)
	case common.Command:
		cmd, _ := common.HandleKey(keys, t, msg)
		return cmd
	case tea.PasteMsg:
		return t.typed(tea.PasteMsg{Content: safe.Line(msg.Content)})
	case common.Click:
		t.click(msg)
	case tea.MouseWheelMsg:
		t.index.ScrollBy(common.WheelLines(msg))
	case common.TasksChanged:
		return t.observe(msg.Update)
	case common.SecondPassed:
		t.postViewed()
	case freshOver:
		t.fading = false
		return t.fade()
	case slowDue:
		t.watching = false
		return t.watchSlow()
	default:
		t.learn(msg)
		if typing {
			return t.typed(msg) // perhaps one of the field's own
		}
	}
	return nil
}

func (t *Table) learn(msg tea.Msg) {
	switch msg := msg.(type) {
	case common.TasksRemoved:
		t.remove(msg.Seqs)
	case common.TasksRestored:
		t.index.Restore(msg.Tasks)
		if len(msg.Tasks) > 0 {
			t.index.Select(msg.Tasks[0].Seq)
		}
	case common.PaneChanged:
		t.opened = msg.Seq
	case common.FocusChanged:
		t.showFirstFailure()
	case common.LayoutChanged:
		t.filter.SetWidth(max(t.env.Layout.Width-6-matchesWidth, 1))
		common.StyleField(&t.filter, t.env.Theme)
	case common.ShowOnly:
		t.showOnly(msg)
	case common.ClearMarks:
		t.clearMarks()
	case common.ToggleMarks:
		t.toggleMarks(msg.Tasks)
	case common.QuestionsChanged:
		t.unsure = msg.Count
	}
}

func (t *Table) remove(seqs []int32) {
	t.index.Remove(seqs...)
	for _, seq := range seqs {
		delete(t.marked, seq)
	}
}

func (t *Table) observe(u poller.Update) tea.Cmd {
	if len(u.Dropped) > 0 {
		t.remove(u.Dropped)
		t.env.Post(common.TasksRemoved{Seqs: u.Dropped})
	}
	if u.Persistence.Viewing != "" || t.env.Shared != nil {
		// What was removed here and comes late is passed over; what somebody else
		// tracks again comes back.
		t.index.Restore(slices.DeleteFunc(slices.Clone(u.Tasks), func(task *poller.Task) bool { return !t.index.Removed(task.Seq) }))
	}
	tasks := t.withUnsent(u)
	fresh := t.observeFresh(tasks)
	for _, task := range u.Tasks {
		if !t.index.Removed(task.Seq) { // else it was under way when it was removed
			t.env.Timings.Add(t.index.Get(task.Seq), task)
		}
	}
	t.index.Apply(tasks)
	t.dropUnsent(u.Payloads)
	if !t.env.UserActed && t.opened == common.NoTask {
		t.index.MoveTo(0) // what is active is at the top, and nobody has picked a row yet
	}
	slow := t.watchSlow()
	t.noteFailures(tasks)
	t.showFirstFailure()
	return tea.Batch(fresh, slow)
}

// postViewed posts which live tasks the user looks at, if that has changed.
func (t *Table) postViewed() {
	opened := common.NoTask
	if task := t.index.Get(t.opened); task != nil && !task.State.Terminal() {
		opened = task.Seq
	}
	rows, _ := t.index.Window(t.rows)
	visible := common.SeqsWhere(rows, func(task *poller.Task) bool { return !task.State.Terminal() })
	viewed := append([]int32{opened}, visible...)
	if !slices.Equal(viewed, t.viewed) {
		t.viewed = viewed
		t.env.Post(common.TasksViewed{Opened: opened, Visible: visible})
	}
}

func (t *Table) Shows() common.TableStatus {
	now := common.TableStatus{Tab: t.index.Tab(), Filter: t.index.Filter(), Marked: len(t.marked), Position: views.Position(t.index.CursorRank(), t.index.Matching())}
	if t.group != "" {
		now.Filter = strings.TrimSpace("group: " + t.group + "  " + now.Filter)
	}
	if t.env.Focus == views.OnFilter {
		text := fmt.Sprintf("%d of %d", t.index.Matching(), t.index.Tab().Count(t.index.Counts()))
		now.Field = t.filter.View() + t.env.Theme.Field.Dim.Render(fmt.Sprintf("%*s", matchesWidth, text))
	}
	return now
}

// Cursor returns the task under the cursor, nil for none.
func (t *Table) Cursor() *poller.Task { return t.index.Cursor() }

func (t *Table) View() string {
	return t.Draw(func() string { return views.DrawTable(t.env.Frame, t.props()) })
}

func (t *Table) props() *views.Table {
	rows, first := t.index.Window(t.rows)
	p := views.Table{
		Tab: t.index.Tab(), Rows: rows, Info: t.notes(rows), First: first, Total: t.index.Matching(),
		Cursor: t.index.CursorRank() - first, Sort: t.index.Sort(), Descending: t.index.Descending(), Empty: t.empty(), Labeled: t.index.Labeled(),
	}
	if t.index.Filter() != "" {
		p.Find = t.index.Find
	}
	return &p
}

func (t *Table) empty() []string {
	switch {
	case t.index.Total() == 0 && !t.env.Allows("a"):
		return []string{"No tasks yet: operators add them.", "", "? shows all keys"}
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

func (t *Table) Bindings() []key.Binding {
	k, brief, other := &common.Keys, common.Brief, t.env.Binding
	if t.env.Focus == views.OnFilter {
		return []key.Binding{k.Accept, brief(k.Escape, "clear")}
	}
	// What is still to be answered stays on the screen when its notice is gone.
	unsure := other("e", strconv.Itoa(t.unsure)+" unsure")
	unsure.SetEnabled(t.unsure > 0)
	help, quit, cancel, download := other("?", "help"), other("q", "quit"), other("x", "cancel"), other("d", "download")
	if t.index.Total() == 0 {
		return []key.Binding{unsure, other("a", "add"), help, quit}
	}
	if len(t.marked) > 0 {
		return []key.Binding{cancel, download, other("del", "stop tracking"), other("y", "copy"), brief(k.Escape, "no marks"), help, quit}
	}
	failure := nextKey
	failure.SetEnabled(t.env.FailedCount()+t.env.UnknownCount() > 0)
	inspect, pause := k.Enter, other("p", "pause")
	if t.opened != common.NoTask {
		inspect = brief(k.Escape, "close")
	}
	if t.env.Polling.Paused {
		pause = other("p", "go on")
	}
	shown := []key.Binding{unsure, inspect}
	shown = append(shown, t.env.TaskBindings(t.index.Cursor())...)
	if ended := t.index.Cursor(); t.opened == common.NoTask && ended != nil && ended.State.Terminal() {
		shown = append(shown, other("y", "copy")) // the pane has it in its title
	}
	isShown := func(b key.Binding) bool {
		return slices.ContainsFunc(shown, func(s key.Binding) bool { return s.Help().Key == b.Help().Key })
	}
	return append(shown, slices.DeleteFunc([]key.Binding{failure, filterKey, k.Mark, other("a", "add"), help, quit,
		brief(failuresKey, "failures"), other("g", "groups"), other("t", "stats"), pause, brief(sortKey, "sort")}, isShown)...)
}
