package plan

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// sizes are how many live tasks the benchmarks have.
var sizes = []int{1_000, 100_000, 1_000_000}

// filled returns a planner with live tasks of three endpoints, half of them
// running, after some of each have ended.
func filled(n int) (*Planner, time.Duration) {
	p := New(time.Second)
	for seq := range int32(n) {
		p.Add(seq, names[seq%3], 0)
	}
	now := time.Duration(0)
	for seq := range int32(n) {
		now += time.Millisecond
		o := Observation{State: Queued, Inference: -1}
		if seq < int32(n/2) {
			o.State = Running
		}
		p.Dispatch(seq, now)
		p.Observe(seq, o, now)
	}
	for i := range int32(300) {
		seq := int32(n) + i
		p.Add(seq, names[seq%3], now)
		p.Dispatch(seq, now)
		p.Observe(seq, Observation{State: Ended, Inference: time.Duration(20+i) * time.Second}, now)
	}
	return p, now
}

// BenchmarkPoll measures one request: choosing a task, taking it, and taking in an
// answer that it has not ended.
func BenchmarkPoll(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, now := filled(n)
			rate := float64(n) / 100
			b.ResetTimer()
			for range b.N {
				now += time.Duration(float64(time.Second) / rate)
				seq, ok, _ := p.Next(now, rate, false)
				if !ok {
					continue
				}
				was := max(p.tasks[seq].state, Queued)
				p.Dispatch(seq, now)
				p.Observe(seq, Observation{State: was, Inference: -1}, now)
			}
		})
	}
}

// BenchmarkTurnover measures the whole life of a task that is added, asked once
// and ended, among others.
func BenchmarkTurnover(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, now := filled(n)
			seq := int32(n + 300)
			b.ResetTimer()
			for range b.N {
				now += time.Millisecond
				p.Add(seq, names[seq%3], now)
				p.Dispatch(seq, now)
				p.Observe(seq, Observation{State: Ended, Inference: 30 * time.Second}, now)
				seq++
			}
		})
	}
}

// BenchmarkEstimate measures telling when all tasks will have ended.
func BenchmarkEstimate(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, now := filled(n)
			for b.Loop() {
				p.Estimate(now)
			}
		})
	}
}

// BenchmarkMemory tells the bytes that a live task takes, and one that has ended.
func BenchmarkMemory(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				before := heapBytes()
				p, now := filled(n)
				b.ReportMetric(float64(heapBytes()-before)/float64(n), "B/live")
				for seq := range int32(n) {
					p.Dispatch(seq, now)
					p.Observe(seq, Observation{State: Ended, Inference: 30 * time.Second}, now)
				}
				b.ReportMetric(float64(heapBytes()-before)/float64(n), "B/ended")
				runtime.KeepAlive(p)
			}
		})
	}
}

// heapBytes returns what is in use on the heap.
func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
