package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
)

// resolver returns a BaseResolver that makes each base once.
func resolver(configured ...*queue.Base) BaseResolver { return queue.BaseResolver(configured) }

func newBase(t testing.TB) *queue.Base {
	t.Helper()
	base, err := queue.ParseBase(queue.DefaultBaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sessionFile returns the path of a session that is not there yet.
func sessionFile(t testing.TB) string { return filepath.Join(t.TempDir(), "state", "sessions", "s.db") }

// sample returns tasks as a batch has them after a while.
func sample(base *queue.Base, n int) []*poller.Task {
	random := rand.New(rand.NewPCG(1, 2))
	const now = 1_795_000_000_000
	tasks := make([]*poller.Task, n)
	for i := range tasks {
		t := &poller.Task{
			Seq: int32(i), State: poller.Succeeded, QueuePosition: -1, Polls: 12, InferenceTime: 12.34,
			Request: queue.Request{ID: fmt.Sprintf("mmsu_01hxyz%016x", random.Uint64()), Endpoint: "wan26_i2v", Base: base},
			Added:   now, Queued: now + 800, Started: now + 9_000, Ended: now + 50_000, Seen: now + 50_000,
		}
		if i%10 == 0 {
			t.State, t.Error, t.ErrorType = poller.Failed, "output was blocked by safety policy", queue.ErrorBlocked
		}
		tasks[i] = t
	}
	return tasks
}

// answerOf returns a raw answer as the service sends it.
func answerOf(t *poller.Task) []byte {
	return fmt.Appendf(nil, `{"status": "COMPLETED", "request_id": %q, "response_url": %q, "metrics": {"inference_time": 12.34}}`, t.Request.ID, t.Request.ResponseURL())
}

// resultOf returns a raw result as the service sends it.
func resultOf(t *poller.Task) []byte {
	return fmt.Appendf(nil, `{"request_id": %q, "outputs": [{"type": "video", "url": "https://cdn.example.net/out/%s.mp4", "content_type": "video/mp4", "file_name": "%s.mp4", "width": 1280, "height": 720, "file_size": 4812345, "duration": 5.04}], "metadata": {"prompt": "a heron takes off from a lake at dawn, slow motion", "seed": 4711}}`, t.Request.ID, t.Request.ID, t.Request.ID)
}
