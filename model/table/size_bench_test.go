package table

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"polltop/poller"
	"polltop/views"
)

// BenchmarkSizes tells what a change costs in tables of a thousand to a million
// rows, sorted by status, where every change moves a row, and what the keys cost that
// look at all rows. The bar is that a change costs O(log n): over a thousand times as
// many rows at most twice as much, but for the memory that the processor does not
// hold. What that alone costs is told beside, as a look at as many tasks at random.
func BenchmarkSizes(b *testing.B) {
	for b.Loop() {
		var least [2]time.Duration
		for _, rows := range []int{1000, 10_000, 100_000, 1_000_000} {
			x, random := indexOf(rows)
			change, look := changeTime(x, random, rows)
			if rows == 1000 {
				least = [2]time.Duration{change, look}
			}
			name := fmt.Sprintf("-%d", rows)
			b.ReportMetric(float64(change.Nanoseconds()), "ns/change"+name)
			b.ReportMetric(float64(change)/float64(least[0]), "x-1000"+name)
			b.ReportMetric(float64(look)/float64(least[1]), "x-look"+name)
			if rows >= 100_000 {
				keyTimes(b, x, name)
			}
		}
	}
}

// indexOf returns an index of so many tasks, sorted by status.
func indexOf(rows int) (*Index, *rand.Rand) {
	random := rand.New(rand.NewPCG(1, 2))
	tasks := make([]*poller.Task, rows)
	for i := range tasks {
		tasks[i] = benchTask(random, int32(i))
	}
	x := New()
	x.Apply(tasks)
	x.SetSort(views.ColumnStatus, false)
	x.MoveTo(rows / 2)
	x.Window(50)
	return x, random
}

// changeTime returns what each of many changes takes, of which a hundred come at a
// time, and what a look at a task at random does.
func changeTime(x *Index, random *rand.Rand, rows int) (change, look time.Duration) {
	const batches, each = 200, 60
	batch := make([]*poller.Task, each)
	for range batches {
		for i := range batch {
			seq := random.Int32N(int32(rows))
			next := *x.Get(seq)
			next.State = (next.State + 1 + poller.State(random.IntN(int(poller.StateCount)-1))) % poller.StateCount
			batch[i] = &next
		}
		begin := time.Now()
		x.Apply(batch)
		change += time.Since(begin)
	}
	var sum poller.Stamp
	seqs := random.Perm(rows)[:min(rows, batches*each)]
	begin := time.Now()
	for _, seq := range seqs {
		sum += x.Get(int32(seq)).Seen
	}
	look = time.Since(begin)
	if sum == 1 {
		panic("so that it is not left out")
	}
	return change / (batches * each), look / time.Duration(len(seqs))
}

// keyTimes reports what the keys cost that look at all rows, the most of each kind.
func keyTimes(b *testing.B, x *Index, name string) {
	var order, filter time.Duration
	for _, column := range benchColumns {
		for _, descending := range []bool{false, true} {
			order = max(order, timed(func() { x.SetSort(column.column, descending) }))
		}
	}
	for _, typed := range []string{"h", "hx", "hxy", "hxyz", "hxyz1", "", "z", "", `wan !"not found" memory`, ""} {
		filter = max(filter, timed(func() { x.SetFilter(typed) }))
	}
	b.ReportMetric(float64(order.Microseconds())/1000, "ms-sort"+name)
	b.ReportMetric(float64(filter.Microseconds())/1000, "ms-filter"+name)
}

func timed(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin)
}
