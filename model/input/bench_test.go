package input_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"polltop/poller/paste"
)

// BenchmarkGrowingFile shows how many lines a second are read out of a file
// while someone appends to it as fast as they can, a hundred lines at a time,
// and how that compares with the parser alone.
func BenchmarkGrowingFile(b *testing.B) {
	f := tempFile(b)
	f.append("")
	source := testSource(b)
	texts := make([]string, 0, b.N/100+1)
	for i := 0; i < b.N; i += 100 {
		text := ""
		for k := range 100 {
			text += fmt.Sprintf("wan26_i2v mmsu_01hxyz8k3vq2m4n6p8r0%06d\n", i+k)
		}
		texts = append(texts, text)
	}
	begin := time.Now()
	for _, text := range texts {
		paste.Parse(text, source)
	}
	parsing := time.Since(begin)

	harness := start(b, nil, f.path)
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_WRONLY, 0)
	f.must(err)
	defer file.Close()
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		for _, text := range texts {
			file.WriteString(text)
		}
	}()
	harness.until(func() bool { return harness.latest[f.path].Tracked.Added == 100*len(texts) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64(b.N)/float64(harness.tracker.calls), "lines/Track")
	b.ReportMetric(b.Elapsed().Seconds()/parsing.Seconds(), "of-the-parser's-time")
}

// BenchmarkStandardInput shows the same of a pipe.
func BenchmarkStandardInput(b *testing.B) {
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	harness := start(b, r)
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		defer w.Close()
		for i := range b.N {
			fmt.Fprintf(w, "wan26_i2v mmsu_01hxyz8k3vq2m4n6p8r0%06d\n", i)
		}
	}()
	harness.until(func() bool { return harness.latest["standard input"].Ended })
	if added := harness.latest["standard input"].Tracked.Added; added != b.N {
		b.Fatalf("%d of %d lines were tracked", added, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64(b.N)/float64(harness.tracker.calls), "lines/Track")
}
