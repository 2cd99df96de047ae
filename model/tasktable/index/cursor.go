package index

import "polltop/poller"

// noTask is a seq that no task has.
const noTask int32 = -1

// cursor is the position of the cursor and of the window around it. Except while a method changes
// the rows, the cursor's row is within the window.
type cursor struct {
	seq    int32 // the task under the cursor; noTask if there are no rows
	rank   int   // the index of its row
	first  int   // the index of the window's first row
	height int   // of the window, in rows, as of the last call of Window
}

// savedCursor is the cursor before a change of the rows.
type savedCursor struct {
	cursor
	key key // of its task; zero if there were no rows
}

func (x *Index) saveCursor() savedCursor {
	saved := savedCursor{cursor: x.cursor}
	if saved.seq != noTask {
		saved.key = x.key(saved.seq)
	}
	return saved
}

// restoreCursor puts the cursor back on its task after a change of the rows, on the same line of
// the window. If the task is no longer shown, the cursor moves to the next one in the order, else
// to the last. The key finds that one although rows above may have been added or removed too.
func (x *Index) restoreCursor(saved savedCursor) {
	c := &x.cursor
	if len(x.rows) == 0 {
		c.seq, c.rank, c.first = noTask, 0, 0
		return
	}
	rank, shown := x.Rank(saved.seq)
	if !shown && saved.seq != noTask {
		rank = min(x.search(x.rows, saved.key), len(x.rows)-1)
	}
	c.seq, c.rank, c.first = x.rows[rank], rank, rank-saved.rank+saved.first
	x.clampWindow()
}

// clampWindow scrolls as little as possible so that the cursor is in the window, and no line of
// it is empty that a row could fill.
func (x *Index) clampWindow() {
	c := &x.cursor
	height := max(c.height, 1)
	c.first = min(max(c.first, c.rank-height+1), c.rank)
	c.first = max(min(c.first, len(x.rows)-height), 0)
}

// CursorSeq returns the seq of the task under the cursor, -1 if there are no rows. Cursor returns
// the task, or nil.
func (x *Index) CursorSeq() int32     { return x.cursor.seq }
func (x *Index) Cursor() *poller.Task { return x.Get(x.cursor.seq) }

// CursorRank returns the cursor's row, from 0; -1 if there are no rows.
func (x *Index) CursorRank() int {
	if x.cursor.seq == noTask {
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

// MoveTo moves the cursor to a row, or to the first or last row if rank is beyond it.
func (x *Index) MoveTo(rank int) {
	if len(x.rows) == 0 {
		return
	}
	c := &x.cursor
	c.rank = min(max(rank, 0), len(x.rows)-1)
	c.seq = x.rows[c.rank]
	x.clampWindow()
}

// MoveBy moves the cursor down by some rows, up if delta is negative, within the table.
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

// MoveToFailure moves the cursor to the next task that failed or ended unknown, in a direction of
// 1 or -1. After the end it continues at the other end, and reports wrapped. It may return to the
// task that it started from. It returns false for found if no row is a failure.
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

// Window returns the tasks in a window of a height, and the row of the first. The cursor is among
// them. The slice is valid until the next call.
func (x *Index) Window(height int) (rows []*poller.Task, first int) {
	x.cursor.height = height
	x.clampWindow()
	x.window, first = x.window[:0], x.cursor.first
	for rank := first; rank < min(first+height, len(x.rows)); rank++ {
		x.window = append(x.window, x.At(rank))
	}
	return x.window, first
}

// ScrollBy scrolls the window down by some rows, up if delta is negative, within the table. The
// cursor stays on its task unless that leaves the window.
func (x *Index) ScrollBy(delta int) {
	c := &x.cursor
	height := max(c.height, 1)
	c.first = max(min(c.first+delta, len(x.rows)-height), 0)
	x.MoveTo(min(max(c.rank, c.first), c.first+height-1))
}
