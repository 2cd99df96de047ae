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

// Table is the table. Tasks are held by Seq, so that sorting, filtering and new answers change
// neither the marks nor what the cursor is on.
type Table struct {
	common.ViewCache
	env           *common.Env
	reducedMotion bool
	index         *index.Index
	filter        textinput.Model
	height        int // of the window, in rows

	marked map[int32]bool
	anchor int32 // where the range to mark begins; NoTask when none was begun

	highlightUntil map[int32]time.Time // when the highlight of rows ends whose state has just changed
	highlightTimer bool                // the timer for the end of highlights runs
	slowCheckedAt  time.Time

	groupLabel        string              // the group that the table is filtered to; "" for none
	paneTask          int32               // the task in the pane
	lastClicked       int32               // the task that was clicked last
	postedCursor      int32               // the task of the last CursorMoved
	postedViewed      []int32             // the tasks of the last TasksViewed
	tabCursors        map[views.Tab]int32 // the task under the cursor when a tab was left
	tabBeforeFailures views.Tab           // the tab to return to from the failures
	openQuestions     int                 // questions about ids

	firstFailed int32 // the first task that failed since the start; NoTask before
	newFailures int   // how many failed with it; 0 once the user was told
}

// matchesWidth is the width of a text such as "123456 of 123456" behind the filter, in cells.
const matchesWidth = 17

// New returns an empty table, and sets the Env's Tasks to its index. With reducedMotion cells
// that have just changed are not highlighted.
func New(env *common.Env, reducedMotion bool) *Table {
	t := &Table{
		env: env, reducedMotion: reducedMotion, index: index.New(func(task *poller.Task) bool {
			slow, _ := env.Slow(task)
			return slow && !task.State.Terminal()
		}), marked: map[int32]bool{}, anchor: common.NoTask, highlightUntil: map[int32]time.Time{}, postedViewed: []int32{common.NoTask}, tabCursors: map[views.Tab]int32{},
		filter:   common.NewField(" / ", "id, endpoint, status or error; !word leaves out"),
		paneTask: common.NoTask, lastClicked: common.NoTask, postedCursor: common.NoTask, firstFailed: common.NoTask,
	}
	t.index.SetSort(views.ColumnActivity, false)
	env.Tasks = t.index
	return t
}

func (t *Table) SetSize(width, height int) { t.height = height }

func (t *Table) Update(msg tea.Msg) tea.Cmd {
	t.Invalidate()
	cmd := t.handle(msg)
	if seq := t.index.CursorSeq(); seq != t.postedCursor {
		t.postedCursor = seq
		t.env.Post(common.CursorMoved{Seq: seq})
	}
	return cmd
}

func (t *Table) handle(msg tea.Msg) tea.Cmd {
	typing := t.env.Focus == views.OnFilter
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if typing {
			return t.handleFilterKey(msg)
		}
		t.handleKey(msg)
	case common.Command:
		cmd, _ := common.HandleKey(keys, t, msg)
		return cmd
	case tea.PasteMsg:
		return t.updateFilter(tea.PasteMsg{Content: safe.Line(msg.Content)})
	case common.Click:
		t.handleClick(msg)
	case tea.MouseWheelMsg:
		t.index.ScrollBy(common.WheelLines(msg))
	case common.TasksChanged:
		return t.applyUpdate(msg.Update)
	case common.SecondPassed:
		t.checkSlow()
		t.postViewed()
	case highlightExpired:
		t.highlightTimer = false
		return t.endHighlights()
	default:
		t.handleFact(msg)
		if typing {
			return t.updateFilter(msg) // it may be a message of the field
		}
	}
	return nil
}

func (t *Table) handleFact(msg tea.Msg) {
	switch msg := msg.(type) {
	case common.TasksRemoved:
		t.remove(msg.Seqs)
	case common.TasksRestored:
		t.index.Restore(msg.Tasks)
		if len(msg.Tasks) > 0 {
			t.index.Select(msg.Tasks[0].Seq)
		}
	case common.PaneChanged:
		t.paneTask = msg.Seq
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
		t.openQuestions = msg.Count
	}
}

// postViewed posts which live tasks the user looks at, if that has changed.
func (t *Table) postViewed() {
	opened := common.NoTask
	if task := t.index.Get(t.paneTask); task != nil && !task.State.Terminal() {
		opened = task.Seq
	}
	rows, _ := t.index.Window(t.height)
	visible := common.SeqsWhere(rows, func(task *poller.Task) bool { return !task.State.Terminal() })
	viewed := append([]int32{opened}, visible...)
	if !slices.Equal(viewed, t.postedViewed) {
		t.postedViewed = viewed
		t.env.Post(common.TasksViewed{Opened: opened, Visible: visible})
	}
}

func (t *Table) Status() views.TableStatus {
	status := views.TableStatus{Tab: t.index.Tab(), FilterText: t.index.Filter(), Marked: len(t.marked), Position: views.Position(t.index.CursorRank(), t.index.Matching())}
	if t.groupLabel != "" {
		status.FilterText = strings.TrimSpace("group: " + t.groupLabel + "  " + status.FilterText)
	}
	if t.env.Focus == views.OnFilter {
		text := fmt.Sprintf("%d of %d", t.index.Matching(), t.index.Tab().Count(t.index.Counts()))
		status.FilterField = t.filter.View() + t.env.Theme.Field.Dim.Render(fmt.Sprintf("%*s", matchesWidth, text))
	}
	return status
}

// Cursor returns the task under the cursor, nil for none.
func (t *Table) Cursor() *poller.Task { return t.index.Cursor() }

func (t *Table) View() string {
	return t.Draw(func() string { return views.DrawTable(t.env.Frame, t.props()) })
}

func (t *Table) props() *views.Table {
	rows, first := t.index.Window(t.height)
	p := views.Table{
		Tab: t.index.Tab(), Rows: rows, Info: t.rowInfos(rows), First: first, Total: t.index.Matching(),
		Cursor: t.index.CursorRank() - first, Sort: t.index.Sort(), Descending: t.index.Descending(), Empty: t.emptyText(), Labeled: t.index.Labeled(),
	}
	if t.index.Filter() != "" {
		p.Find = t.index.Find
	}
	return &p
}

func (t *Table) emptyText() []string {
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
	k, brief, binding := &common.Keys, common.Brief, t.env.Binding
	if t.env.Focus == views.OnFilter {
		return []key.Binding{k.Accept, brief(k.Escape, "clear")}
	}
	// Open questions stay in the footer after their notice has ended.
	questions := binding("e", strconv.Itoa(t.openQuestions)+" unsure")
	questions.SetEnabled(t.openQuestions > 0)
	help, quit, cancel, download := binding("?", "help"), binding("q", "quit"), binding("x", "cancel"), binding("d", "download")
	if t.index.Total() == 0 {
		return []key.Binding{questions, binding("a", "add"), help, quit}
	}
	if len(t.marked) > 0 {
		return []key.Binding{cancel, download, binding("del", "stop tracking"), binding("y", "copy"), brief(k.Escape, "no marks"), help, quit}
	}
	failure := nextKey
	failure.SetEnabled(t.env.FailedCount()+t.env.UnknownCount() > 0)
	inspect, pause := k.Enter, binding("p", "pause")
	if t.paneTask != common.NoTask {
		inspect = brief(k.Escape, "close")
	}
	if t.env.Polling.Paused {
		pause = binding("p", "go on")
	}
	shown := []key.Binding{questions, inspect}
	shown = append(shown, t.env.TaskBindings(t.index.Cursor())...)
	if cursor := t.index.Cursor(); t.paneTask == common.NoTask && cursor != nil && cursor.State.Terminal() {
		shown = append(shown, binding("y", "copy")) // the pane's title shows it
	}
	isShown := func(b key.Binding) bool {
		return slices.ContainsFunc(shown, func(s key.Binding) bool { return s.Help().Key == b.Help().Key })
	}
	return append(shown, slices.DeleteFunc([]key.Binding{failure, filterKey, k.Mark, binding("a", "add"), help, quit,
		brief(failuresKey, "failures"), binding("g", "groups"), binding("t", "stats"), pause, brief(sortKey, "sort")}, isShown)...)
}
