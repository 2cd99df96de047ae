package poller

import (
	"slices"
	"sync"
)

// cache holds a value of some tasks, up to a total weight: the values that were added
// first are evicted first. Its methods may be
// called from any goroutine.
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
