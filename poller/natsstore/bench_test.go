package natsstore_test

import (
	"fmt"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/queue"
)

// attachMost bounds the time to attach to 10,000 tasks.
const attachMost = 2 * time.Second

// fill stores n tasks at a server.
func fill(t testing.TB, at string, n int) {
	t.Helper()
	base, err := queue.ParseBase("https://queue.example.com")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, at, natsstore.Options{})
	if _, held, err := s.Acquire(); !held || err != nil {
		t.Fatal(held, err)
	}
	for i := range n {
		r := queue.Request{ID: fmt.Sprintf("mmsu_01hxyz%08d", i), Endpoint: "wan26_i2v", Base: base, Label: "batch-7"}
		s.Put(&poller.Task{Seq: int32(i), Request: r, State: poller.State(i % 6), Polls: uint32(i), Added: 1_700_000_000_000, Queued: 1_700_000_000_000 + poller.Stamp(i), Seen: 1_700_000_500_000, InferenceTime: -1, QueuePosition: -1, Error: "the prompt was refused"}, true)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTenThousandTasksAttachInTime(t *testing.T) {
	nats := jetStream(t)
	fill(t, nats.ClientURL(), 10_000)
	start := time.Now()
	s := open(t, nats.ClientURL(), natsstore.Options{})
	defer s.Close()
	loaded, err := s.Load(queue.BaseOf(nil))
	if took := time.Since(start); err != nil || len(loaded.Tasks) != 10_000 || took > attachMost {
		t.Errorf("%d tasks after %s: %v", len(loaded.Tasks), took, err)
	}
	if last := loaded.Tasks[9_999]; last.Seq != 9_999 || last.Request.ID != "mmsu_01hxyz00009999" || last.State != poller.State(9_999%6) {
		t.Errorf("%+v", last)
	}
}

func BenchmarkAttach(b *testing.B) {
	nats := jetStream(b)
	fill(b, nats.ClientURL(), 10_000)
	for b.Loop() {
		s := open(b, nats.ClientURL(), natsstore.Options{})
		loaded, err := s.Load(queue.BaseOf(nil))
		if err != nil || len(loaded.Tasks) != 10_000 {
			b.Fatal(len(loaded.Tasks), err)
		}
		b.StopTimer()
		s.Close()
		b.StartTimer()
	}
}
