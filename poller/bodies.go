package poller

import (
	"bytes"
	"sync"
)

const (
	// bodyMost bounds one kept answer, in bytes.
	bodyMost = 16 << 10
	// bodySlack is how much memory behind an answer is not worth a copy, in bytes.
	bodySlack = 64
	// bodiesMost bounds all kept answers of a kind together, in bytes.
	bodiesMost = 4 << 20
)

// bodies keeps the last raw answer of tasks for the detail pane, within a fixed
// amount of memory: the ones kept longest go first. Those that tell of a
// failure are kept apart, so that a sweep over thousands of healthy tasks does
// not push them out.
type bodies struct {
	discard  bool // none is kept
	mu       sync.Mutex
	failures bodyCache
	rest     bodyCache
}

// bodyCache is a bounded store, first in, first out.
type bodyCache struct {
	bodies map[int32][]byte
	order  []int32
	size   int
}

// put keeps a task's last answer, which nobody changes any more.
func (b *bodies) put(seq int32, body []byte, failure bool) {
	if len(body) == 0 || b.discard {
		return
	}
	kept := body
	if len(body) > bodyMost || cap(body) > len(body)+bodySlack {
		kept = bytes.Clone(body[:min(len(body), bodyMost)])
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if failure {
		b.rest.drop(seq)
		b.failures.put(seq, kept)
		return
	}
	b.rest.put(seq, kept)
}

// forget drops a task's last answer.
func (b *bodies) forget(seq int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures.drop(seq)
	b.rest.drop(seq)
}

// get returns a task's last answer, and whether it is still kept.
func (b *bodies) get(seq int32) ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if body, ok := b.failures.bodies[seq]; ok {
		return body, true
	}
	body, ok := b.rest.bodies[seq]
	return body, ok
}

func (s *bodyCache) put(seq int32, body []byte) {
	if s.bodies == nil {
		s.bodies = map[int32][]byte{}
	}
	old, held := s.bodies[seq]
	s.size += len(body) - len(old)
	s.bodies[seq] = body
	if !held {
		s.order = append(s.order, seq)
	}
	for s.size > bodiesMost && len(s.order) > 1 {
		oldest := s.order[0]
		s.order = s.order[1:]
		s.drop(oldest)
	}
}

// drop forgets a body. Its place in the order stays, and is passed over.
func (s *bodyCache) drop(seq int32) {
	s.size -= len(s.bodies[seq])
	delete(s.bodies, seq)
}
