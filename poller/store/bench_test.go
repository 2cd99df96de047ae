package store

import (
	"os"
	"testing"

	"polltop/poller"
)

// BenchmarkOpen opens a session of a hundred thousand tasks and reads them all.
func BenchmarkOpen(b *testing.B) {
	path, base := sessionFile(b), newBase(b)
	s := openAt(b, path)
	tasks := sample(base, 100_000)
	for _, t := range tasks {
		s.Put(t, true)
		s.PutAnswer(t.Seq, answerOf(t))
		if t.State == poller.Succeeded {
			s.PutResult(t.Seq, resultOf(t))
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := openAt(b, path)
		loaded, err := s.Load(resolver(base))
		if err != nil || len(loaded.Tasks) != len(tasks) {
			b.Fatal(len(loaded.Tasks), err)
		}
		s.conn().Close()
	}
	b.ReportMetric(float64(info.Size())/float64(len(tasks)), "B/task")
}

// BenchmarkSync puts a batch of changed tasks on disk, as a tick brings them.
func BenchmarkSync(b *testing.B) {
	s := openAt(b, sessionFile(b))
	defer s.Close()
	tasks := sample(newBase(b), 10_000)
	n := 0
	for b.Loop() {
		for range 300 {
			t := tasks[n%len(tasks)]
			s.Put(t, true)
			n++
		}
		if err := s.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/task")
}
