package index

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// row is a task for the tests below; the ids tell them apart.
func row(id string, change func(t *poller.Task)) *poller.Task {
	t := &poller.Task{Request: queue.Request{ID: id}, InferenceTime: -1, QueuePosition: -1}
	if change != nil {
		change(t)
	}
	return t
}

// inState returns a change to a state.
func inState(s poller.State) func(*poller.Task) { return func(t *poller.Task) { t.State = s } }

// span returns a change of the task's stamps.
func span(queued, started, ended poller.Stamp) func(*poller.Task) {
	return func(t *poller.Task) { t.Queued, t.Started, t.Ended = queued, started, ended }
}

// detail returns a change of what the detail column tells.
func detail(errorType, text string, inference float64) func(*poller.Task) {
	return func(t *poller.Task) { t.ErrorType, t.Error, t.InferenceTime = errorType, text, inference }
}

// sortCases is the order of every column. Each list has ties, and tasks without
// a value. The ids are parted by spaces, or by commas where they have spaces.
var sortCases = []struct {
	name                  string
	column                views.Column
	tasks                 []*poller.Task
	ascending, descending string
}{
	{"added", views.ColumnAdded,
		[]*poller.Task{row("c", nil), row("a", nil), row("b", nil)},
		"c a b", "b a c"},
	{"status", views.ColumnStatus,
		[]*poller.Task{row("new", nil), row("queued", inState(poller.Queued)), row("running", inState(poller.Running)),
			row("done", inState(poller.Succeeded)), row("failed", inState(poller.Failed)), row("canceled", inState(poller.Canceled)),
			row("missing", inState(poller.NotFound)), row("running2", inState(poller.Running))},
		"running running2 queued new failed missing canceled done",
		"done canceled missing failed new queued running running2"},
	{"activity", views.ColumnActivity,
		[]*poller.Task{row("new", nil), row("done1", func(t *poller.Task) { t.State, t.Ended = poller.Succeeded, 1000 }), row("queued", inState(poller.Queued)),
			row("runs5", func(t *poller.Task) { t.State, t.Started = poller.Running, 5000 }), row("failed9", func(t *poller.Task) { t.State, t.Ended = poller.Failed, 9000 }),
			row("runs4", func(t *poller.Task) { t.State, t.Started = poller.Running, 4000 }), row("slow", func(t *poller.Task) { t.State, t.Fetched = poller.Queued, true })},
		"slow runs4 runs5 new queued failed9 done1", "done1 failed9 new queued runs5 runs4 slow"},
	{"id", views.ColumnID,
		[]*poller.Task{row("ab", nil), row("b", nil), row("a", nil), row("ab", nil), row("B", nil), row("a\x00", nil)},
		"B a a\x00 ab ab b", "b ab ab a\x00 a B"},
	{"endpoint", views.ColumnEndpoint,
		[]*poller.Task{row("none", nil),
			row("wan", func(t *poller.Task) { t.Request.Endpoint = "wan26_i2v" }),
			row("nano", func(t *poller.Task) { t.Request.Endpoint = "nano_banana_2" }),
			row("wan2", func(t *poller.Task) { t.Request.Endpoint = "wan26_i2v" })},
		"nano wan wan2 none", "wan wan2 nano none"},
	{"label", views.ColumnLabel,
		[]*poller.Task{row("none", nil), row("b", func(t *poller.Task) { t.Request.Label = "b" }), row("a", func(t *poller.Task) { t.Request.Label = "a" })},
		"a b none", "b a none"},
	{"queued", views.ColumnQueued,
		[]*poller.Task{row("none", nil), row("ran2s", span(1000, 3000, 0)), row("since5", span(5000, 0, 0)), row("since4", span(4000, 0, 0)),
			row("ended1s", func(t *poller.Task) { t.State, t.Queued, t.Ended = poller.Canceled, 7000, 8000 }), row("ran2s'", span(8000, 10000, 20000)), row("back", span(9000, 1000, 0))},
		"back ended1s ran2s ran2s' since5 since4 none",
		"since4 since5 ran2s ran2s' ended1s back none"},
	{"run", views.ColumnRun,
		[]*poller.Task{row("queued", span(1000, 0, 0)), row("ran9s", span(0, 1000, 10000)), row("since7", span(0, 7000, 0)),
			row("since6", span(0, 6000, 0)), row("ran1s", span(0, 2000, 3000)), row("unseen", span(1000, 0, 9000))},
		"ran1s ran9s since7 since6 queued unseen",
		"since6 since7 ran9s ran1s queued unseen"},
	{"seen", views.ColumnSeen,
		[]*poller.Task{row("never", nil), row("at1", func(t *poller.Task) { t.Seen = 1000 }), row("at3", func(t *poller.Task) { t.Seen = 3000 }),
			row("at1'", func(t *poller.Task) { t.Seen = 1000 })},
		"at3 at1 at1' never", "at1 at1' at3 never"},
	{"detail", views.ColumnDetail,
		[]*poller.Task{row("none", nil), row("12s", detail("", "", 12.34)), row("blocked b", detail(queue.ErrorBlocked, "b", -1)),
			row("text", detail("", "z", -1)), row("0s", detail("", "", 0)), row("blocked a", detail(queue.ErrorBlocked, "a", 3)),
			row("timeout", detail(queue.ErrorTimeout, "", -1)), row("nan", detail("", "", math.NaN())), row("0s'", detail("", "", math.Copysign(0, -1)))},
		"text,blocked a,blocked b,timeout,0s,0s',12s,none,nan",
		"12s,0s,0s',timeout,blocked b,blocked a,text,none,nan"},
}

func TestSort(t *testing.T) {
	for _, tt := range sortCases {
		t.Run(tt.name, func(t *testing.T) {
			x := New(slow)
			for i, task := range tt.tasks {
				task.Seq = int32(i)
			}
			x.Apply(tt.tasks)
			for descending, want := range map[bool]string{false: tt.ascending, true: tt.descending} {
				separator := " "
				if strings.Contains(want, ",") {
					separator = ","
				}
				x.SetSort(tt.column, descending)
				if got := strings.Join(ids(x), separator); got != want {
					t.Errorf("sorted at once, descending %v:\n got %q\nwant %q", descending, got, want)
				}
				y := New(slow)
				y.SetSort(tt.column, descending)
				for _, task := range slices.Backward(tt.tasks) {
					y.Apply([]*poller.Task{task})
				}
				if got := strings.Join(ids(y), separator); got != want {
					t.Errorf("inserted, descending %v:\n got %q\nwant %q", descending, got, want)
				}
				if x.Sort() != tt.column || x.Descending() != descending {
					t.Errorf("sorted by %v, descending %v", x.Sort(), x.Descending())
				}
			}
		})
	}
}

// ids returns the ids in the order of the rows.
func ids(x *Index) []string {
	var got []string
	for rank := range x.Matching() {
		got = append(got, x.At(rank).Request.ID)
	}
	return got
}

// Sorting at once is quicker than comparing, and must come to the same.
func TestSortAgreesWithCompare(t *testing.T) {
	// Few distinct parts make long common starts, and texts that end where others go on.
	start := rapid.SampledFrom([]string{"sevenby", "", "mmsu_01hxyz", "é"})
	end := rapid.SampledFrom([]string{"", "a", "\x00", "b", "sevenby", "sevenbyte"})
	text := rapid.Custom(func(t *rapid.T) string { return start.Draw(t, "start") + end.Draw(t, "end") })
	rapid.Check(t, func(t *rapid.T) {
		o := order{views.Column(rapid.IntRange(0, int(views.ColumnCount)-1).Draw(t, "column")), rapid.Bool().Draw(t, "descending")}
		texts := rapid.SliceOfN(text, 8, 20).Draw(t, "texts")
		n := rapid.SampledFrom([]int{200, 30, 2, 0}).Draw(t, "n")
		random := rapid.Uint64().Draw(t, "random")
		pick := func() string {
			random = random*6364136223846793005 + 1442695040888963407
			return texts[random>>33%uint64(len(texts))]
		}
		tasks, seqs := make([]*poller.Task, n), make([]int32, n)
		for i := range tasks {
			stamp := poller.Stamp(len(pick()))
			tasks[i] = &poller.Task{
				Seq: int32(i), State: poller.State(stamp) % poller.StateCount,
				Request: queue.Request{ID: pick(), Endpoint: pick(), Label: pick()},
				Queued:  stamp, Started: stamp * 2 % 5, Ended: stamp * 3 % 7, Seen: stamp,
				ErrorType: pick(), Error: pick(), InferenceTime: float64(stamp%5) - 1,
			}
			seqs[i] = int32(i)
		}
		of := func(seq int32) key { return o.keyOf(tasks[seq], false) }
		want := slices.SortedFunc(slices.Values(seqs), func(a, b int32) int {
			first, second := of(a), of(b)
			return o.compare(&first, &second)
		})
		o.sort(of, seqs)
		if !slices.Equal(seqs, want) {
			t.Fatalf("sorted by %+v: %v, comparing gives %v", o, seqs, want)
		}
	})
}
