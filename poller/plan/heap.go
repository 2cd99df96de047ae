package plan

// heap orders tasks by when they are due, equal ones by their ids. Each has four
// below it, and its due beside it: of a hundred thousand records most are not in the
// processor's cache, and are touched only to note where in the heap they are, as each
// knows its place. A task is in one heap at most.
type heap struct {
	waiting []waiting
	tasks   *records
}

// waiting is a task in a heap.
type waiting struct {
	due tick
	id  int32
}

// arity is how many are below each.
const arity = 4

// top returns the first task, or none.
func (h *heap) top() int32 {
	if len(h.waiting) == 0 {
		return none
	}
	return h.waiting[0].id
}

// push puts a task into the heap.
func (h *heap) push(id int32, due tick) {
	h.tasks.get(id).due = due
	h.waiting = append(h.waiting, waiting{due, id})
	h.up(len(h.waiting) - 1)
}

// move changes when a task in the heap is due.
func (h *heap) move(id int32, due tick) {
	r := h.tasks.get(id)
	if r.due == due {
		return
	}
	sooner := due < r.due
	r.due, h.waiting[r.at].due = due, due
	if sooner {
		h.up(int(r.at))
	} else {
		h.down(int(r.at))
	}
}

// pull takes a task out of the heap.
func (h *heap) pull(id int32) {
	r := h.tasks.get(id)
	i, last := int(r.at), len(h.waiting)-1
	moved := h.waiting[last]
	h.waiting = h.waiting[:last]
	r.at = -1
	if i == last {
		return
	}
	sooner := moved.before(h.waiting[i])
	h.waiting[i] = moved
	if sooner {
		h.up(i)
	} else {
		h.down(i)
	}
}

func (w waiting) before(o waiting) bool {
	return w.due < o.due || w.due == o.due && w.id < o.id
}

// put notes that a task is at a place.
func (h *heap) put(i int, w waiting) {
	h.waiting[i] = w
	h.tasks.get(w.id).at = int32(i)
}

func (h *heap) up(i int) {
	w := h.waiting[i]
	for i > 0 {
		parent := (i - 1) / arity
		if !w.before(h.waiting[parent]) {
			break
		}
		h.put(i, h.waiting[parent])
		i = parent
	}
	h.put(i, w)
}

func (h *heap) down(i int) {
	w := h.waiting[i]
	for {
		first := arity*i + 1
		if first >= len(h.waiting) {
			break
		}
		child := first
		for other := first + 1; other < min(first+arity, len(h.waiting)); other++ {
			if h.waiting[other].before(h.waiting[child]) {
				child = other
			}
		}
		if !h.waiting[child].before(w) {
			break
		}
		h.put(i, h.waiting[child])
		i = child
	}
	h.put(i, w)
}
