package poller

import "bytes"

const (
	// bodyMost bounds one kept answer, in bytes.
	bodyMost = 16 << 10
	// bodiesMost bounds all kept answers of a kind together, in bytes.
	bodiesMost = 4 << 20
)

// bodies keeps the last raw answer of tasks for the detail pane. Answers that tell of a
// failure have a cache of their own, so that a sweep over thousands of healthy tasks
// does not evict them.
type bodies struct {
	failures, rest *cache[[]byte]
}

func newBodies() bodies {
	size := func(body []byte) int { return len(body) }
	return bodies{failures: newCache(bodiesMost, size), rest: newCache(bodiesMost, size)}
}

// put keeps a task's last answer, which nobody changes any more.
func (b bodies) put(seq int32, body []byte, failure bool) {
	if len(body) == 0 {
		return
	}
	body = bytes.Clone(body[:min(len(body), bodyMost)]) // without the memory behind it
	if failure {
		b.rest.forget(seq)
		b.failures.put(seq, body)
		return
	}
	b.rest.put(seq, body)
}

// forget drops a task's last answer.
func (b bodies) forget(seq int32) {
	b.failures.forget(seq)
	b.rest.forget(seq)
}

// get returns a task's last answer, and whether it is still kept.
func (b bodies) get(seq int32) ([]byte, bool) {
	if body, ok := b.failures.get(seq); ok {
		return body, true
	}
	return b.rest.get(seq)
}
