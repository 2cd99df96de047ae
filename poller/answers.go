package poller

import (
	"bytes"
	"slices"
	"sync"

	"polltop/poller/queue"
)

const (
	// maxBody bounds one cached answer, and maxBodies all in one cache together with
	// bodyOverhead for each, in bytes.
	maxBody      = 16 << 10
	maxBodies    = 4 << 20
	bodyOverhead = 64
	// maxLogs bounds the tasks whose log lines are cached.
	maxLogs = 32
)

func newBodies() *cache[[]byte] {
	return newCache(maxBodies, func(body []byte) int { return bodyOverhead + len(body) })
}

// cacheBody caches a task's last raw answer for the detail pane. Answers that report a failure have
// a cache of their own, so that polls of thousands of healthy tasks do not evict them.
func (p *Poller) cacheBody(seq int32, body []byte, failure bool) {
	if len(body) == 0 {
		return
	}
	to := p.bodies
	if failure {
		p.bodies.delete(seq)
		to = p.failedBodies
	}
	to.put(seq, bytes.Clone(body[:min(len(body), maxBody)]))
}

// Body returns the body of the task's last answer, without the user's secrets, and false where it
// was evicted and is not stored.
func (p *Poller) Body(seq int32) ([]byte, bool) {
	for _, cached := range []*cache[[]byte]{p.failedBodies, p.bodies} {
		if body, ok := cached.get(seq); ok {
			return body, true
		}
	}
	return p.options.Store.Answer(seq)
}

// mergeLogs adds the log lines of an answer about a task to the cached ones: a service sends a
// window that moves over the log. Only lines of an opened task are cached if there are none yet.
func (p *Poller) mergeLogs(seq int32, fresh []queue.LogLine, isOpened bool) {
	old, known := p.logs.get(seq)
	if known || isOpened && len(fresh) > 0 {
		// Callers of Logs may still read the old lines.
		p.logs.put(seq, queue.MergeLogs(slices.Clone(old), fresh))
	}
}

// FetchLogs fetches the log of a task that has ended, if the service sends it only on demand.
// Polls of the task that is opened by SetViewed ask for the log.
func (p *Poller) FetchLogs(seq int32) {
	p.each([]int32{seq}, func(t *Task) {
		_, isCached := p.logs.get(seq)
		if isCached || t.Request.Base.Service() != queue.Fal || !t.State.Terminal() || t.State == NotFound {
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
	p.change(task, func(*Task) {}) // redraws the pane
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

// cache has values of tasks, up to a total weight: the tasks that were added first are evicted
// first. Its methods may be called from any goroutine.
type cache[V any] struct {
	limit  int
	weight func(V) int

	mu     sync.Mutex
	values map[int32]V
	order  []int32 // by when they were added
	size   int     // the weight of all
}

// newCache returns a cache of values up to a total weight of limit.
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

// delete removes the value of a task.
func (c *cache[V]) delete(seq int32) {
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
