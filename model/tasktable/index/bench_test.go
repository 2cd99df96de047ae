package index

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// benchRows is how many tasks the index is meant to stay instant at.
const benchRows = 100_000

// benchTask returns a task such as a service tells of.
func benchTask(random *rand.Rand, seq int32) *poller.Task {
	endpoints := []string{"wan26_i2v", "nano_banana_2", "seedream_4", "kling_v2", "veo3_fast"}
	errors := []string{"Task execution failed", "output was blocked by safety policy", "CUDA out of memory on worker "}
	t := &poller.Task{
		Seq:           seq,
		State:         poller.State(random.IntN(int(poller.StateCount))),
		Request:       queue.Request{ID: fmt.Sprintf("mmsu_01hxyz%016x", random.Uint64()), Endpoint: endpoints[random.IntN(len(endpoints))]},
		Queued:        poller.Stamp(1 + random.IntN(1e6)),
		InferenceTime: -1,
		Seen:          poller.Stamp(1e6 + random.IntN(1e6)),
	}
	if t.State >= poller.Running {
		t.Started = t.Queued + poller.Stamp(random.IntN(1e5))
	}
	if t.State.Terminal() {
		t.Ended = t.Started + poller.Stamp(random.IntN(1e5))
	}
	switch t.State {
	case poller.Succeeded:
		t.InferenceTime = random.Float64() * 60
	case poller.Failed:
		t.ErrorType = queue.ErrorInference
		// Its own string for each, as answers are decoded.
		t.Error = strings.Clone(errors[random.IntN(len(errors))])
	}
	return t
}

func benchTasks() ([]*poller.Task, *rand.Rand) {
	random := rand.New(rand.NewPCG(1, 2))
	tasks := make([]*poller.Task, benchRows)
	for i := range tasks {
		tasks[i] = benchTask(random, int32(i))
	}
	return tasks, random
}

func benchIndex() (*Index, *rand.Rand) {
	tasks, random := benchTasks()
	x := New(slow)
	x.Apply(tasks)
	return x, random
}

var benchColumns = []struct {
	name   string
	column views.Column
}{
	{"added", views.ColumnAdded}, {"status", views.ColumnStatus}, {"id", views.ColumnID}, {"endpoint", views.ColumnEndpoint},
	{"queued", views.ColumnQueued}, {"run", views.ColumnRun}, {"seen", views.ColumnSeen}, {"detail", views.ColumnDetail},
}

// BenchmarkApply33 is a tick at a thousand polls a second.
func BenchmarkApply33(b *testing.B) {
	for _, column := range benchColumns {
		b.Run(column.name, func(b *testing.B) {
			x, random := benchIndex()
			x.SetSort(column.column, true)
			x.MoveTo(x.Matching())
			batches := make([][]*poller.Task, 500)
			for i := range batches {
				for range 33 {
					seq := random.Int32N(benchRows)
					t := benchTask(random, seq)
					t.Request = x.Get(seq).Request
					batches[i] = append(batches[i], t)
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				x.Apply(batches[i%len(batches)])
			}
		})
	}
}

// BenchmarkLoad is the first batch of a start with everything in the store.
func BenchmarkLoad(b *testing.B) {
	tasks, _ := benchTasks()
	for b.Loop() {
		New(slow).Apply(tasks)
	}
}

func BenchmarkResort(b *testing.B) {
	for _, column := range benchColumns {
		b.Run(column.name, func(b *testing.B) {
			x, _ := benchIndex()
			for descending := true; b.Loop(); descending = !descending {
				x.SetSort(column.column, descending)
			}
		})
	}
}

func BenchmarkFilter(b *testing.B) {
	for _, bb := range []struct{ name, from, to string }{
		{"type", "", "b"},
		{"narrow", "wan", "wan26"},
		{"nothing found", "", "zzzz"},
		{"three terms", "", `wan !"not found" memory`},
		{"clear", "wan26", ""},
	} {
		b.Run(bb.name, func(b *testing.B) {
			x, _ := benchIndex()
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				x.SetFilter(bb.from)
				b.StartTimer()
				x.SetFilter(bb.to)
			}
		})
	}
}

func BenchmarkSetTab(b *testing.B) {
	x, _ := benchIndex()
	for i := 0; b.Loop(); i++ {
		x.SetTab(views.Tab(i) % views.TabCount)
	}
}

func BenchmarkWindow50(b *testing.B) {
	x, _ := benchIndex()
	x.MoveTo(benchRows / 2)
	b.ReportAllocs()
	for b.Loop() {
		x.Window(50)
	}
}

func BenchmarkNextFailure(b *testing.B) {
	x, _ := benchIndex()
	b.ReportAllocs()
	for b.Loop() {
		x.MoveToFailure(1)
	}
}

// BenchmarkMemory tells what the index holds beside the tasks themselves, as
// B/row: filled at once, and one by one.
func BenchmarkMemory(b *testing.B) {
	for _, batch := range []int{benchRows, 33} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			tasks, _ := benchTasks()
			var held uint64
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				x := New(slow)
				for from := 0; from < len(tasks); from += batch {
					x.Apply(tasks[from:min(from+batch, len(tasks))])
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				held = after.HeapAlloc - before.HeapAlloc
				runtime.KeepAlive(x)
			}
			runtime.KeepAlive(tasks)
			b.ReportMetric(float64(held)/benchRows, "B/row")
		})
	}
}
