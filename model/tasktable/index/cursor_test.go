package index

import (
	"strings"
	"testing"

	"polltop/poller"
	"polltop/views"
)

// running returns an index of tasks that run, with ids from a on, and a window
// of the given height.
func running(n, height int) *Index {
	x := New(slow)
	for i := range n {
		x.Apply([]*poller.Task{letter(i, poller.Running)})
	}
	x.Window(height)
	return x
}

// letter returns a task whose id is the letter of its seq.
func letter(seq int, state poller.State) *poller.Task {
	t := row(string(rune('a'+seq)), inState(state))
	t.Seq = int32(seq)
	return t
}

// screen returns the ids in the window, the cursor's in capitals.
func screen(x *Index, height int) string {
	var b strings.Builder
	rows, _ := x.Window(height)
	for _, t := range rows {
		id := t.Request.ID
		if t == x.Cursor() {
			id = strings.ToUpper(id)
		}
		b.WriteString(id)
	}
	return b.String()
}

// step is a thing done, and the screen that comes of it.
type step struct {
	do   func(x *Index)
	want string
}

// end returns a step's doing: tasks end well.
func end(seqs ...int) func(*Index) {
	return func(x *Index) {
		var batch []*poller.Task
		for _, seq := range seqs {
			batch = append(batch, letter(seq, poller.Succeeded))
		}
		x.Apply(batch)
	}
}

// cursorCases each start from ten tasks that run, the cursor on the first of
// them that the tab shows.
var cursorCases = []struct {
	name  string
	tab   views.Tab
	steps []step
}{
	{"moving scrolls no more than it must", views.TabAll, []step{
		{func(x *Index) {}, "Abcd"},
		{func(x *Index) { x.MoveBy(2) }, "abCd"},
		{func(x *Index) { x.MoveBy(2) }, "bcdE"},
		{func(x *Index) { x.MoveBy(-2) }, "bCde"},
		{func(x *Index) { x.MoveTo(0) }, "Abcd"},
		{func(x *Index) { x.MoveBy(-1) }, "Abcd"},
		{func(x *Index) { x.MoveTo(x.Matching()) }, "ghiJ"},
		{func(x *Index) { x.MoveBy(1) }, "ghiJ"},
		{func(x *Index) { x.Select(5) }, "Fghi"},
		{func(x *Index) { x.MoveTo(0) }, "Abcd"},
	}},
	{"scrolling draws the cursor along at the edge", views.TabAll, []step{
		{func(x *Index) { x.MoveTo(2) }, "abCd"},
		{func(x *Index) { x.ScrollBy(1) }, "bCde"},
		{func(x *Index) { x.ScrollBy(2) }, "Defg"},
		{func(x *Index) { x.ScrollBy(100) }, "Ghij"},
		{func(x *Index) { x.ScrollBy(-2) }, "efGh"},
		{func(x *Index) { x.ScrollBy(-100) }, "abcD"},
	}},
	{"the row stays on its line when rows above leave", views.TabRunning, []step{
		{func(x *Index) { x.MoveTo(5) }, "cdeF"},
		{end(0), "cdeF"},
		{end(3), "bceF"},
		{end(1, 2), "eFgh"}, // nothing is left above
	}},
	{"the row stays on its line when rows above come", views.TabDone, []step{
		{end(2, 4, 5, 6, 8), "Cefg"},
		{func(x *Index) { x.MoveTo(2) }, "ceFg"},
		{end(0, 1), "ceFg"},
		{end(3), "deFg"},
		{end(9), "deFg"},
	}},
	{"the next row takes the place of one that leaves, at last the last", views.TabRunning, []step{
		{func(x *Index) { x.MoveTo(1) }, "aBcd"},
		{end(1), "aCde"},
		{end(0, 2, 3), "Efgh"}, // its next leaves at the same time
		{func(x *Index) { x.MoveTo(x.Matching()) }, "ghiJ"},
		{end(9), "fghI"},
		{end(4, 5, 6, 7, 8), ""},
		{func(x *Index) { x.Apply([]*poller.Task{letter(10, poller.Running)}) }, "K"},
	}},
	{"it does not return when the task does", views.TabAll, []step{
		{func(x *Index) { x.Select(2) }, "abCd"},
		{func(x *Index) { x.SetFilter("!c") }, "abDe"},
		{func(x *Index) { x.SetFilter("") }, "bcDe"},
	}},
	{"a sort takes the window along", views.TabAll, []step{
		{func(x *Index) { x.Select(2) }, "abCd"},
		{func(x *Index) { x.SetSort(views.ColumnID, true) }, "edCb"},
		{func(x *Index) { x.SetSort(views.ColumnAdded, false) }, "abCd"},
	}},
	{"a removed task stays so", views.TabAll, []step{
		{func(x *Index) { x.Remove(0) }, "Bcde"},
		{end(0), "Bcde"},
		{func(x *Index) { x.Select(0) }, "Bcde"},
	}},
}

func TestCursorAndWindow(t *testing.T) {
	for _, tt := range cursorCases {
		t.Run(tt.name, func(t *testing.T) {
			x := running(10, 4)
			x.SetTab(tt.tab)
			for i, s := range tt.steps {
				s.do(x)
				if got := screen(x, 4); got != s.want {
					t.Errorf("step %d shows %q, want %q", i, got, s.want)
				}
			}
		})
	}
}

func TestWindowOfAnotherHeightHoldsTheCursor(t *testing.T) {
	x := running(10, 4)
	x.MoveTo(5)
	for _, tt := range []struct {
		height int
		want   string
	}{
		{4, "cdeF"}, {2, "eF"}, {1, "F"}, {0, ""}, {-1, ""}, {3, "Fgh"}, {6, "eFghij"}, {20, "abcdeFghij"},
	} {
		if got := screen(x, tt.height); got != tt.want {
			t.Errorf("a window of %d rows shows %q, want %q", tt.height, got, tt.want)
		}
	}
}

func TestMoveToFailure(t *testing.T) {
	x := running(6, 6)
	if _, found := x.MoveToFailure(1); found {
		t.Error("found a failure where there is none")
	}
	x.Apply([]*poller.Task{letter(1, poller.Failed), letter(2, poller.Canceled), letter(4, poller.NotFound)})
	for _, tt := range []struct {
		from, direction, rank int
		wrapped               bool
	}{
		{0, 1, 1, false},
		{1, 1, 4, false},
		{4, 1, 1, true},
		{5, 1, 1, true},
		{5, -1, 4, false},
		{4, -1, 1, false},
		{1, -1, 4, true},
		{0, -1, 4, true},
	} {
		x.MoveTo(tt.from)
		wrapped, found := x.MoveToFailure(tt.direction)
		if rank := x.CursorRank(); rank != tt.rank || wrapped != tt.wrapped || !found {
			t.Errorf("from %d in direction %d: %d, %v, %v; want %d, %v", tt.from, tt.direction, rank, wrapped, found, tt.rank, tt.wrapped)
		}
	}
	x.SetSort(views.ColumnID, true)
	x.MoveTo(0)
	if x.MoveToFailure(1); x.CursorRank() != 1 {
		t.Errorf("in descending order the first failure is in row %d, want 1", x.CursorRank())
	}
}

func TestEmpty(t *testing.T) {
	x := New(slow)
	x.MoveBy(1)
	x.MoveTo(x.Matching())
	x.ScrollBy(-1)
	x.SetFilter("a")
	x.SetTab(views.TabDone)
	x.SetSort(views.ColumnID, true)
	if wrapped, found := x.MoveToFailure(1); wrapped || found {
		t.Error("found a failure among no tasks")
	}
	if x.Select(0) || x.Remove(0) || x.Get(0) != nil || x.At(0) != nil || x.Cursor() != nil || x.CursorRank() != -1 {
		t.Error("an empty index has a task")
	}
	if rows, first := x.Window(10); len(rows) != 0 || first != 0 {
		t.Errorf("an empty index shows %v from %d", rows, first)
	}
	if x.Filter() != "a" || x.Tab() != views.TabDone || x.Sort() != views.ColumnID || !x.Descending() {
		t.Error("what was set is not told")
	}
}

func TestDrawingDoesNotAllocate(t *testing.T) {
	x := running(20, 10)
	tasks := []*poller.Task{letter(3, poller.Running), letter(7, poller.Running)}
	n := testing.AllocsPerRun(100, func() {
		x.Apply(tasks)
		x.MoveBy(1)
		x.Window(10)
	})
	if n != 0 {
		t.Errorf("a frame allocates %v times", n)
	}
}
