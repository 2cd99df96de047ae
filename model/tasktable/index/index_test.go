package index

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// pick returns one of some values by the next digit of a number, and takes the
// digit off.
func pick[T any](from *uint64, values ...T) T {
	v := values[*from%uint64(len(values))]
	*from /= uint64(len(values))
	return v
}

// slow says which tasks are slow in these tests: the index does not look at Fetched.
func slow(t *poller.Task) bool { return t.Fetched }

// someTask returns a snapshot that a number stands for. There are few values of
// each field, so that ties and changes back to what was are frequent.
func someTask(seq int32, variant uint64) *poller.Task {
	v := &variant
	stamps := []poller.Stamp{0, 1000, 2000, 3000, 4000}
	t := &poller.Task{
		Seq:       seq,
		State:     pick(v, poller.New, poller.Queued, poller.Running, poller.Succeeded, poller.Failed, poller.Canceled, poller.NotFound),
		Request:   queue.Request{ID: "mmsu_01hx" + string(rune('A'+seq%7)), Endpoint: pick(v, "wan26_i2v", "nano_banana_2", ""), Label: pick(v, "", "cats", "Dogs")},
		Queued:    pick(v, stamps...),
		Started:   pick(v, stamps...),
		Ended:     pick(v, stamps...),
		Seen:      pick(v, stamps...),
		ErrorType: pick(v, "", "", queue.ErrorBlocked, queue.ErrorTimeout),
		Error:     pick(v, "", "", "Task execution failed", "Task execution timed out"),
	}
	t.InferenceTime = pick(v, -1, 0, 1.5, 12.34)
	if pick(v, false, true) {
		t.Trouble = &queue.Fault{Message: "Connection refused"}
	}
	t.Fetched = pick(v, false, false, true)
	return t
}

// machine drives an Index and the naive one side by side.
type machine struct {
	index *Index
	naive naive
}

func newMachine() *machine {
	return &machine{index: New(slow), naive: naive{tasks: map[int32]*poller.Task{}, gone: map[int32]bool{}}}
}

// apply applies a batch of snapshots.
func (m *machine) apply(batch []*poller.Task) {
	m.index.Apply(batch)
	m.naive.change(func() {
		for _, task := range batch {
			if !m.naive.gone[task.Seq] {
				m.naive.tasks[task.Seq] = task
			}
		}
	})
}

func (m *machine) Apply(t *rapid.T) {
	var batch []*poller.Task
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		seq := rapid.Int32Range(0, 60).Draw(t, "seq")
		batch = append(batch, someTask(seq, rapid.Uint64().Draw(t, "variant")))
	}
	m.apply(batch)
}

// ApplyMany applies so many snapshots that all are sorted anew.
func (m *machine) ApplyMany(t *rapid.T) {
	from := rapid.Int32Range(0, 40).Draw(t, "from")
	random := rapid.Uint64().Draw(t, "random")
	var batch []*poller.Task
	for seq := range int32(70) {
		random = random*6364136223846793005 + 1442695040888963407
		batch = append(batch, someTask(from+seq, random>>8))
	}
	m.apply(batch)
}

func (m *machine) Remove(t *rapid.T) {
	seq := rapid.Int32Range(-1, 62).Draw(t, "seq")
	if m.naive.cursor != nil && rapid.Bool().Draw(t, "the cursor's") {
		seq = m.naive.cursor.Seq
	}
	if got, want := m.index.Remove(seq), m.naive.tasks[seq] != nil; got != want {
		t.Fatalf("Remove(%d) = %v", seq, got)
	}
	m.naive.change(func() {
		if m.naive.tasks[seq] != nil {
			m.naive.gone[seq] = true
		}
		delete(m.naive.tasks, seq)
	})
}

// Restore takes back tasks that were removed, and with them one that was not.
func (m *machine) Restore(t *rapid.T) {
	var back []*poller.Task
	for range rapid.IntRange(0, 3).Draw(t, "how many") {
		back = append(back, someTask(rapid.Int32Range(0, 60).Draw(t, "seq"), rapid.Uint64().Draw(t, "variant")))
	}
	m.index.Restore(back)
	m.naive.change(func() {
		for _, task := range back {
			delete(m.naive.gone, task.Seq)
			m.naive.tasks[task.Seq] = task
		}
	})
}

func (m *machine) SetMatch(t *rapid.T) {
	odd := rapid.Bool().Draw(t, "odd")
	if odd {
		m.index.SetMatch(func(t *poller.Task) bool { return t.Seq%2 == 1 })
	} else {
		m.index.SetMatch(nil)
	}
	m.naive.change(func() { m.naive.odd = odd })
}

func (m *machine) SetSort(t *rapid.T) {
	column := views.Column(rapid.IntRange(0, int(views.ColumnCount)-1).Draw(t, "column"))
	descending := rapid.Bool().Draw(t, "descending")
	m.index.SetSort(column, descending)
	m.naive.change(func() { m.naive.column, m.naive.descending = column, descending })
}

func (m *machine) SetTab(t *rapid.T) {
	tab := views.Tab(rapid.IntRange(0, int(views.TabCount)-1).Draw(t, "tab"))
	m.index.SetTab(tab)
	m.naive.change(func() { m.naive.tab = tab })
}

func (m *machine) SetFilter(t *rapid.T) {
	var source []string
	var terms []naiveTerm
	for range rapid.IntRange(0, 2).Draw(t, "terms") {
		text := rapid.SampledFrom([]string{"f", "failed", "not found", "done", "hxA", "hxb", "wan", "nano", "TIMEOUT", "execution", "refused", "n f", "slow", "zzz", "label:", "label:CAT", "dogs", "abel"}).Draw(t, "text")
		term := naiveTerm{text: text, exclude: rapid.Bool().Draw(t, "exclude")}
		terms = append(terms, term)
		if strings.Contains(text, " ") {
			text = `"` + text + `"`
		}
		if term.exclude {
			text = "!" + text
		}
		source = append(source, text)
	}
	m.index.SetFilter(strings.Join(source, " "))
	m.naive.change(func() { m.naive.terms = terms })
}

func (m *machine) Move(t *rapid.T) {
	n := len(m.naive.rows())
	rank := max(m.naive.rank(m.naive.rows()), 0)
	switch rapid.IntRange(0, 3).Draw(t, "move") {
	case 0:
		to := rapid.IntRange(-2, n+2).Draw(t, "to")
		m.index.MoveTo(to)
		m.naive.moveTo(to, m.naive.first)
	case 1:
		by := rapid.IntRange(-n-2, n+2).Draw(t, "by")
		m.index.MoveBy(by)
		m.naive.moveTo(rank+by, m.naive.first)
	case 2:
		m.index.MoveTo(0)
		m.naive.moveTo(0, m.naive.first)
	case 3:
		m.index.MoveTo(m.index.Matching())
		m.naive.moveTo(n-1, m.naive.first)
	}
}

func (m *machine) Select(t *rapid.T) {
	seq := rapid.Int32Range(-2, 62).Draw(t, "seq")
	rows := m.naive.rows()
	rank := slices.IndexFunc(rows, func(t *poller.Task) bool { return t.Seq == seq })
	if got := m.index.Select(seq); got != (rank >= 0) {
		t.Fatalf("Select(%d) = %v", seq, got)
	}
	if rank >= 0 {
		m.naive.moveTo(rank, m.naive.first)
	}
}

func (m *machine) Scroll(t *rapid.T) {
	n, height := len(m.naive.rows()), max(m.naive.height, 1)
	by := rapid.IntRange(-n-2, n+2).Draw(t, "by")
	m.index.ScrollBy(by)
	first := max(min(m.naive.first+by, n-height), 0)
	rank := max(m.naive.rank(m.naive.rows()), 0)
	m.naive.moveTo(min(max(rank, first), first+height-1), first)
}

func (m *machine) Resize(t *rapid.T) {
	m.naive.height = rapid.IntRange(0, 12).Draw(t, "height")
	m.naive.moveTo(m.naive.rank(m.naive.rows()), m.naive.first)
	m.index.Window(m.naive.height)
}

func (m *machine) Failure(t *rapid.T) {
	direction := rapid.SampledFrom([]int{1, -1}).Draw(t, "direction")
	rows := m.naive.rows()
	from := max(m.naive.rank(rows), 0)
	wantFound, wantWrapped := false, false
	for step := 1; step <= len(rows) && !wantFound; step++ {
		to := from + direction*step
		rank := ((to % len(rows)) + len(rows)) % len(rows)
		if state := rows[rank].State; state == poller.Failed || state == poller.NotFound {
			wantFound, wantWrapped = true, rank != to
			m.naive.moveTo(rank, m.naive.first)
		}
	}
	if wrapped, found := m.index.MoveToFailure(direction); wrapped != wantWrapped || found != wantFound {
		t.Fatalf("MoveToFailure(%d) = %v, %v, want %v, %v", direction, wrapped, found, wantWrapped, wantFound)
	}
}

// Check compares all that the two tell.
func (m *machine) Check(t *rapid.T) {
	x, n := m.index, &m.naive
	rows := n.rows()
	var counts [poller.StateCount]int
	for _, task := range n.tasks {
		counts[task.State]++
	}
	live := 0
	for task := range x.Live() {
		if task != n.tasks[task.Seq] || task.State.Terminal() {
			t.Fatalf("%d is told as live, as it is not", task.Seq)
		}
		live++
	}
	if want := counts[poller.New] + counts[poller.Queued] + counts[poller.Running]; live != want {
		t.Fatalf("%d are told as live, and %d are", live, want)
	}
	labeled := false
	for _, task := range n.tasks {
		labeled = labeled || task.Request.Label != ""
	}
	if x.Labeled() != labeled || x.Total() != len(n.tasks) || x.Matching() != len(rows) || x.Counts() != counts {
		t.Fatalf("%d of %d rows, counts %v; want %d of %d, %v", x.Matching(), x.Total(), x.Counts(), len(rows), len(n.tasks), counts)
	}
	for rank := -1; rank <= len(rows); rank++ {
		var want *poller.Task
		if rank >= 0 && rank < len(rows) {
			want = rows[rank]
		}
		if got := x.At(rank); got != want {
			t.Fatalf("row %d is %+v, want %+v", rank, got, want)
		}
	}
	for seq := int32(-1); seq < 120; seq++ {
		if got := x.Get(seq); got != n.tasks[seq] {
			t.Fatalf("Get(%d) = %+v, want %+v", seq, got, n.tasks[seq])
		}
	}
	rank := n.rank(rows)
	if x.CursorRank() != rank || x.Cursor() != n.cursor {
		t.Fatalf("the cursor is on row %d, %+v; want row %d, %+v", x.CursorRank(), x.Cursor(), rank, n.cursor)
	}
	if seq := x.CursorSeq(); seq >= 0 != (rank >= 0) || seq >= 0 && seq != n.cursor.Seq {
		t.Fatalf("CursorSeq() = %d", seq)
	}
	window, first := x.Window(n.height)
	if want := rows[n.first:min(n.first+n.height, len(rows))]; first != n.first || !slices.Equal(window, want) {
		t.Fatalf("the window shows %d rows from %d, want %d from %d", len(window), first, len(want), n.first)
	}
}

func TestIndexAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		t.Repeat(rapid.StateMachineActions(m))
	})
}
