package index

import "polltop/poller"

// none is the seq of no task.
const none int32 = -1

// view is where the cursor and the window are. Outside the methods that change the rows, rank is
// the place of the cursor's task, and the cursor's row is within the window.
type view struct {
	seq    int32 // the task that the cursor is on; none if there are no rows
	rank   int
	first  int // the place of the window's first row
	height int // the window's, in rows, as of the last call of Window
}

// held is where the cursor was before the rows changed.
type held struct {
	view
	key key // of its task; nothing where there were no rows
}

func (x *Index) save() held {
	h := held{view: x.cursor}
	if h.seq != none {
		h.key = x.key(h.seq)
	}
	return h
}

// restore puts the cursor back on its task after the rows have changed, and the window so that it
// stays on its line. If the task has left, the cursor comes to rest on the one that took its
// place: the next in order, else the last. By the order rather than by the place's number, since
// as many rows as one likes may have come and gone above at the same time.
func (x *Index) restore(h held) {
	c := &x.cursor
	if len(x.rows) == 0 {
		c.seq, c.rank, c.first = none, 0, 0
		return
	}
	rank, shown := x.Rank(h.seq)
	if !shown && h.seq != none {
		rank = min(x.search(x.rows, h.key), len(x.rows)-1)
	}
	c.seq, c.rank, c.first = x.rows[rank], rank, rank-h.rank+h.first
	x.clamp()
}

// clamp moves the window, as little as possible, so that it holds the cursor
// and has no empty line that a row could fill.
func (x *Index) clamp() {
	c := &x.cursor
	height := max(c.height, 1)
	c.first = min(max(c.first, c.rank-height+1), c.rank)
	c.first = max(min(c.first, len(x.rows)-height), 0)
}

// CursorSeq returns the seq of the task that the cursor is on, -1 if there are no rows, and
// Cursor that task, or nil.
func (x *Index) CursorSeq() int32     { return x.cursor.seq }
func (x *Index) Cursor() *poller.Task { return x.Get(x.cursor.seq) }

// CursorRank returns the cursor's row, from 0; -1 if there are no rows.
func (x *Index) CursorRank() int {
	if x.cursor.seq == none {
		return -1
	}
	return x.cursor.rank
}

// Rank returns the row of a task, from 0, and whether it is shown.
func (x *Index) Rank(seq int32) (int, bool) {
	if !x.entry(seq).shown {
		return 0, false
	}
	return x.search(x.rows, x.key(seq)), true
}

// MoveTo moves the cursor to a row, to the first or last for one beyond. The
// window scrolls no more than it must.
func (x *Index) MoveTo(rank int) {
	if len(x.rows) == 0 {
		return
	}
	c := &x.cursor
	c.rank = min(max(rank, 0), len(x.rows)-1)
	c.seq = x.rows[c.rank]
	x.clamp()
}

// MoveBy moves the cursor down by a number of rows, up if that is negative,
// and no further than to the ends.
func (x *Index) MoveBy(delta int) { x.MoveTo(x.cursor.rank + delta) }

// Select moves the cursor to a task. It returns false, and moves nothing, if the
// task is not shown.
func (x *Index) Select(seq int32) bool {
	rank, shown := x.Rank(seq)
	if shown {
		x.MoveTo(rank)
	}
	return shown
}

// MoveToFailure moves the cursor to the next task after it, or before it if direction is
// negative, that has failed or was not found. Behind the end it goes on at the other end,
// which wrapped reports; so the only failure is the next one to itself. It returns false for
// found if no row is a failure.
func (x *Index) MoveToFailure(direction int) (wrapped, found bool) {
	n, rank := len(x.rows), x.cursor.rank
	for range n {
		rank += direction
		if rank < 0 || rank >= n {
			rank, wrapped = (rank+n)%n, true
		}
		if state := x.At(rank).State; state == poller.Failed || state.Unknown() {
			x.MoveTo(rank)
			return wrapped, true
		}
	}
	return false, false
}

// Window returns the rows that a window of the given height shows, top to
// bottom, and the place of the first among all rows. The cursor is in it. The
// slice is good until the next call; making it allocates nothing.
func (x *Index) Window(height int) (rows []*poller.Task, first int) {
	x.cursor.height = height
	x.clamp()
	x.window, first = x.window[:0], x.cursor.first
	for rank := first; rank < min(first+height, len(x.rows)); rank++ {
		x.window = append(x.window, x.At(rank))
	}
	return x.window, first
}

// ScrollBy scrolls the window down by a number of rows, up if that is negative,
// and no further than to the ends. The cursor stays where it is until the
// window's edge meets it, and then is drawn along.
func (x *Index) ScrollBy(delta int) {
	c := &x.cursor
	height := max(c.height, 1)
	c.first = max(min(c.first+delta, len(x.rows)-height), 0)
	x.MoveTo(min(max(c.rank, c.first), c.first+height-1))
}
