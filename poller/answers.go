package poller

import (
	"bytes"
	"slices"
	"sync"

	"polltop/poller/queue"
)

const (
	// bodyMost bounds one kept answer, and bodiesMost all of a kind together with what the cache
	// takes for each, bodyOverhead, in bytes.
	bodyMost     = 16 << 10
	bodiesMost   = 4 << 20
	bodyOverhead = 64
	// logsMost bounds for how many tasks log lines are kept.
	logsMost = 32
)

func newBodies() *cache[[]byte] {
	return newCache(bodiesMost, func(body []byte) int { return bodyOverhead + len(body) })
}

// keepBody keeps a task's last raw answer, which nobody changes any more, for the detail pane.
// Those that report a failure have a cache of their own, so that polls of thousands of healthy
// tasks do not evict them.
func (p *Poller) keepBody(seq int32, body []byte, failure bool) {
	if len(body) == 0 {
		return
	}
	to := p.bodies
	if failure {
		p.bodies.forget(seq)
		to = p.failures
	}
	to.put(seq, bytes.Clone(body[:min(len(body), bodyMost)])) // without the memory behind it
}

// Body returns the body of the task's last answer, without the user's secrets, and whether
// it is still there: the memory for them is bounded.
func (p *Poller) Body(seq int32) ([]byte, bool) {
	for _, kept := range []*cache[[]byte]{p.failures, p.bodies} {
		if body, ok := kept.get(seq); ok {
			return body, true
		}
	}
	return p.options.Store.Answer(seq)
}

// mergeLogs adds the log lines of an answer about a task to those before: what a service
// gives is a window that moves over the log. Without lines before, it adds them only if
// opened says that the user looks at the task.
func (p *Poller) mergeLogs(seq int32, fresh []queue.LogLine, opened bool) {
	old, known := p.logs.get(seq)
	if known || opened && len(fresh) > 0 {
		// The lines that were handed out are not changed.
		p.logs.put(seq, queue.MergeLogs(slices.Clone(old), fresh))
	}
}

// FetchLogs fetches the log of a task that has ended, where the service sends it only on
// demand. For a running task that SetViewed has as open, each poll asks for the log.
func (p *Poller) FetchLogs(seq int32) {
	p.each([]int32{seq}, func(t *Task) {
		_, had := p.logs.get(seq)
		if had || t.Request.Base.Service() != queue.Fal || !t.State.Terminal() || t.State == NotFound {
			return
		}
		h := p.hostFor(t.Request.Base)
		h.dropOf(logs, seq)
		h.enqueue(operation{kind: logs, seq: seq})
	})
}

// applyLogs stores the log lines of a task that has ended. A failure is ignored.
func (p *Poller) applyLogs(task *Task, r *request) {
	if r.fault != nil || len(r.answer.Logs) == 0 {
		return
	}
	p.mergeLogs(task.Seq, r.answer.Logs, true)
	p.change(task, func(*Task) {}) // so that the pane is drawn anew
}

// Logs returns the known log lines of a task, nil for none.
func (p *Poller) Logs(seq int32) []queue.LogLine {
	if lines, ok := p.logs.get(seq); ok {
		return lines
	}
	var task *Task
	p.do(func() { task = p.task(seq) })
	if body, ok := p.Body(seq); ok && task != nil {
		return LogsOf(body, task.Request)
	}
	return nil
}

// LogsOf returns the log lines in a raw status answer about a request, nil for none.
func LogsOf(body []byte, r queue.Request) []queue.LogLine {
	answer, _ := queue.DecodeAnswer(body, r)
	return answer.Logs
}

// cache holds a value of some tasks, up to a total weight: the values that were added first are
// evicted first. Its methods may be called from any goroutine.
type cache[V any] struct {
	limit  int
	weight func(V) int

	mu     sync.Mutex
	values map[int32]V
	order  []int32 // by when they were added
	size   int     // the weight of all
}

// newCache returns a cache of values up to a total weight.
func newCache[V any](limit int, weight func(V) int) *cache[V] {
	return &cache[V]{limit: limit, weight: weight, values: map[int32]V{}}
}

// get returns the value of a task, and whether there is one.
func (c *cache[V]) get(seq int32) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.values[seq]
	return v, ok
}

// put sets the value of a task, and evicts others where there are too many.
func (c *cache[V]) put(seq int32, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, replaced := c.values[seq]
	if replaced {
		c.size -= c.weight(old)
	} else {
		c.order = append(c.order, seq)
	}
	c.values[seq] = v
	c.size += c.weight(v)
	for c.size > c.limit && len(c.order) > 1 {
		c.remove(c.order[0])
	}
}

// forget removes the value of a task.
func (c *cache[V]) forget(seq int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.values[seq]; ok {
		c.remove(seq)
	}
}

func (c *cache[V]) remove(seq int32) {
	c.size -= c.weight(c.values[seq])
	delete(c.values, seq)
	at := slices.Index(c.order, seq)
	c.order = slices.Delete(c.order, at, at+1)
}
