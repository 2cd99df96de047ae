package poller

import "polltop/poller/queue"

// resultsMost bounds the kept results together, in bytes of their answers.
const resultsMost = 64 << 20

// Fetched is the outcome of fetching a task's result.
type Fetched struct {
	Result queue.Result
	// Fault is why there is none; nil when there is.
	Fault *queue.Fault
	// Pending is set while it is being fetched.
	Pending bool
}

// beginFetch notes that a result is being fetched.
func (p *Poller) beginFetch(seq int32) { p.results.put(seq, Fetched{Pending: true}) }

// hasResult reports whether a result is there or being fetched. One that was evicted is
// fetched again when it is wanted.
func (p *Poller) hasResult(seq int32) bool {
	f, ok := p.results.get(seq)
	return ok && (f.Pending || f.Fault == nil)
}

// Result returns the outcome of fetching the task's result, and false where there is none:
// before Fetch, and when it was evicted from memory and is not on disk.
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
