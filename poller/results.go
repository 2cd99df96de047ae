package poller

import (
	"sync"

	"polltop/poller/queue"
)

// resultsMost bounds the kept results together, in bytes of their answers.
const resultsMost = 64 << 20

// Fetched is what came of fetching a task's result.
type Fetched struct {
	Result queue.Result
	// Fault is why there is none; nil when there is.
	Fault *queue.Fault
	// Pending says that it is being fetched.
	Pending bool
}

// results keeps the results that were fetched, within a fixed amount of memory:
// the ones kept longest go first, and are fetched again when they are wanted.
type results struct {
	mu    sync.Mutex
	kept  map[int32]Fetched
	order []int32
	size  int
}

// begin notes that a result is being fetched.
func (s *results) begin(seq int32) { s.store(seq, Fetched{Pending: true}) }

// put keeps what came of fetching a result.
func (s *results) put(seq int32, made queue.Result, fault *queue.Fault) {
	s.store(seq, Fetched{Result: made, Fault: fault})
}

func (s *results) store(seq int32, f Fetched) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[int32]Fetched{}
	}
	old, held := s.kept[seq]
	s.size += len(f.Result.Raw) - len(old.Result.Raw)
	s.kept[seq] = f
	if !held {
		s.order = append(s.order, seq)
	}
	for s.size > resultsMost && len(s.order) > 1 {
		oldest := s.order[0]
		s.order = s.order[1:]
		s.size -= len(s.kept[oldest].Result.Raw)
		delete(s.kept, oldest)
	}
}

// forget drops what came of fetching a task's result.
func (s *results) forget(seq int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size -= len(s.kept[seq].Result.Raw)
	delete(s.kept, seq)
}

// has reports whether a result is there or being fetched.
func (s *results) has(seq int32) bool {
	f, ok := s.get(seq)
	return ok && (f.Pending || f.Fault == nil)
}

// pending reports whether a result is being fetched.
func (s *results) pending(seq int32) bool {
	f, ok := s.get(seq)
	return ok && f.Pending
}

func (s *results) get(seq int32) (Fetched, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.kept[seq]
	return f, ok
}

// Result returns what came of fetching the task's result, and whether anything
// is known of it: it is not before Fetch, nor when it had to make room and was
// not kept on disk either.
func (p *Poller) Result(seq int32) (Fetched, bool) {
	if f, ok := p.results.get(seq); ok {
		return f, true
	}
	raw, ok := p.options.Store.Result(seq)
	if !ok {
		return Fetched{}, false
	}
	made, fault := queue.DecodeResult(raw)
	return Fetched{Result: made, Fault: fault}, true
}
