package natsstore_test

import (
	"fmt"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
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
	for i := range n {
		if i%2_000 == 0 { // what is written at once takes a bounded time
			s.Release()
			for held := false; !held; time.Sleep(time.Millisecond) {
				_, held, _ = s.Acquire()
			}
		}
		r := queue.Request{ID: fmt.Sprintf("mmsu_01hxyz%08d", i), Endpoint: "wan26_i2v", Base: base, Label: "batch-7"}
		s.Put(&poller.Task{Seq: int32(i), Request: r, State: poller.State(i % 6), Polls: uint32(i), Added: 1_700_000_000_000, Queued: 1_700_000_000_000 + poller.Stamp(i), Seen: 1_700_000_500_000, InferenceTime: -1, QueuePosition: -1, Error: "the prompt was refused"}, true)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTenThousandTasksLieInFewKeys(t *testing.T) {
	at := natstest.JetStream(t).ClientURL()
	fill(t, at, 10_000)
	bucket, err := client(t, at).Stream(t.Context(), "KV_polltop_s")
	if err != nil {
		t.Fatal(err)
	}
	if keys := bucket.CachedInfo().State.Msgs; keys > 160 {
		t.Errorf("%d keys are to be read", keys)
	}
	s := open(t, at, natsstore.Options{})
	defer s.Close()
	loaded, err := s.Load(queue.BaseResolver(nil))
	if err != nil || len(loaded.Tasks) != 10_000 {
		t.Fatalf("%d tasks: %v", len(loaded.Tasks), err)
	}
	if last := loaded.Tasks[9_999]; last.Seq != 9_999 || last.Request.ID != "mmsu_01hxyz00009999" || last.State != poller.State(9_999%6) {
		t.Errorf("%+v", last)
	}
}

func BenchmarkAttach(b *testing.B) {
	nats := natstest.JetStream(b)
	fill(b, nats.ClientURL(), 10_000)
	for b.Loop() {
		s := open(b, nats.ClientURL(), natsstore.Options{})
		loaded, err := s.Load(queue.BaseResolver(nil))
		if err != nil || len(loaded.Tasks) != 10_000 {
			b.Fatal(len(loaded.Tasks), err)
		}
		b.StopTimer()
		s.Close()
		b.StartTimer()
	}
	if took := b.Elapsed() / time.Duration(b.N); took > attachMost {
		b.Errorf("attaching takes %s", took)
	}
}
