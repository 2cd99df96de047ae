package table

// tree is a sequence of rows in which any place can be found, counted up to,
// inserted at and deleted at in O(log n). It knows places only, not why a row
// stands where it does: comparing rows is the index's business.
//
// It is a weight-balanced tree, which balances by the sizes that counting
// needs anyway, with the parameters (3, 2) that Hirai and Yamamoto proved
// right ("Balancing weight-balanced trees", 2011). A row is 16 bytes in a flat
// slice, so the garbage collector has nothing to follow.
type tree struct {
	// nodes holds the row of seq at seq+1. The first is the empty tree, whose
	// size 0 spares asking whether there is a child.
	nodes []node
	root  int32
}

// node is a row's place in the tree. A row that is in no place has size 0.
type node struct {
	left, right int32
	size        int32 // rows in this subtree
	marks       int32 // marked rows in it, times two, plus one if this row is
}

const (
	// balanceDelta is how many times heavier one side may be than the other.
	balanceDelta = 3
	// balanceRatio decides between a single and a double rotation.
	balanceRatio = 2
)

// grow makes room for rows up to, not including, the given seq.
func (t *tree) grow(seqs int) {
	if missing := seqs + 1 - len(t.nodes); missing > 0 {
		t.nodes = append(t.nodes, make([]node, missing)...)
	}
}

// len returns how many rows are in the tree.
func (t *tree) len() int { return t.size(t.root) }

// has reports whether a row is in the tree.
func (t *tree) has(seq int32) bool {
	return int(seq)+1 < len(t.nodes) && t.nodes[seq+1].size > 0
}

func (t *tree) size(n int32) int {
	if len(t.nodes) == 0 {
		return 0
	}
	return int(t.nodes[n].size)
}

func (t *tree) marks(n int32) int {
	if len(t.nodes) == 0 {
		return 0
	}
	return int(t.nodes[n].marks >> 1)
}

// marked returns how many rows in the tree are marked.
func (t *tree) marked() int { return t.marks(t.root) }

// insert puts a row, which is not in the tree, at a place from 0 to len.
func (t *tree) insert(place int, seq int32, marked bool) {
	t.grow(int(seq) + 1)
	var mark int32
	if marked {
		mark = 1
	}
	t.nodes[seq+1] = node{size: 1, marks: mark<<1 | mark}
	t.root = t.insertUnder(t.root, place, seq+1)
}

func (t *tree) insertUnder(n int32, place int, id int32) int32 {
	if n == 0 {
		return id
	}
	if before := t.size(t.nodes[n].left); place <= before {
		t.nodes[n].left = t.insertUnder(t.nodes[n].left, place, id)
	} else {
		t.nodes[n].right = t.insertUnder(t.nodes[n].right, place-before-1, id)
	}
	return t.balance(n)
}

// delete takes the row at a place, from 0 to len-1, out of the tree.
func (t *tree) delete(place int) {
	var gone int32
	t.root, gone = t.deleteUnder(t.root, place)
	t.nodes[gone] = node{}
}

// deleteUnder takes out the row at a place of a subtree. It returns the
// subtree's new root and the row.
func (t *tree) deleteUnder(n int32, place int) (root, gone int32) {
	left, right := t.nodes[n].left, t.nodes[n].right
	before := t.size(left)
	switch {
	case place < before:
		left, gone = t.deleteUnder(left, place)
	case place > before:
		right, gone = t.deleteUnder(right, place-before-1)
	default:
		gone = n
		// The heavier side gives the row that takes the place, so that this
		// can't unbalance the two.
		switch {
		case left == 0:
			return right, gone
		case right == 0:
			return left, gone
		case before > t.size(right):
			left, n = t.deleteUnder(left, before-1)
		default:
			right, n = t.deleteUnder(right, 0)
		}
	}
	t.nodes[n].left, t.nodes[n].right = left, right
	return t.balance(n), gone
}

// count brings a node's counts up to date with its children's.
func (t *tree) count(n int32) {
	nd := &t.nodes[n]
	left, right := &t.nodes[nd.left], &t.nodes[nd.right]
	nd.size = left.size + right.size + 1
	own := nd.marks & 1
	nd.marks = (left.marks>>1+right.marks>>1+own)<<1 | own
}

// balance counts a node of which one subtree has gained or lost a row, and
// rotates it where that made a side too heavy. It returns the subtree's root.
func (t *tree) balance(n int32) int32 {
	left, right := t.nodes[n].left, t.nodes[n].right
	l, r := t.size(left)+1, t.size(right)+1
	switch {
	case r > balanceDelta*l:
		if t.size(t.nodes[right].left)+1 >= balanceRatio*(t.size(t.nodes[right].right)+1) {
			t.nodes[n].right = t.rotateRight(right)
		}
		return t.rotateLeft(n)
	case l > balanceDelta*r:
		if t.size(t.nodes[left].right)+1 >= balanceRatio*(t.size(t.nodes[left].left)+1) {
			t.nodes[n].left = t.rotateLeft(left)
		}
		return t.rotateRight(n)
	}
	t.count(n)
	return n
}

func (t *tree) rotateLeft(n int32) int32 {
	up := t.nodes[n].right
	t.nodes[n].right = t.nodes[up].left
	t.nodes[up].left = n
	t.count(n)
	t.count(up)
	return up
}

func (t *tree) rotateRight(n int32) int32 {
	up := t.nodes[n].left
	t.nodes[n].left = t.nodes[up].right
	t.nodes[up].right = n
	t.count(n)
	t.count(up)
	return up
}

// build replaces what is in the tree by the given rows, in their order, in
// O(n). Marked tells which of them are.
func (t *tree) build(seqs []int32, marked func(seq int32) bool) {
	clear(t.nodes)
	t.root = t.buildUnder(seqs, marked)
}

func (t *tree) buildUnder(seqs []int32, marked func(seq int32) bool) int32 {
	if len(seqs) == 0 {
		return 0
	}
	middle := len(seqs) / 2
	n := seqs[middle] + 1
	nd := node{
		left:  t.buildUnder(seqs[:middle], marked),
		right: t.buildUnder(seqs[middle+1:], marked),
	}
	if marked(seqs[middle]) {
		nd.marks = 1
	}
	t.nodes[n] = nd
	t.count(n)
	return n
}

// at returns the row at a place from 0 to len-1.
func (t *tree) at(place int) int32 {
	n := t.root
	for {
		before := t.size(t.nodes[n].left)
		switch {
		case place < before:
			n = t.nodes[n].left
		case place == before:
			return n - 1
		default:
			n, place = t.nodes[n].right, place-before-1
		}
	}
}

// search returns how many rows stand before a place in the order, where before
// tells of a row whether it does.
func (t *tree) search(before func(seq int32) bool) int {
	place, n := 0, t.root
	for n != 0 {
		if before(n - 1) {
			place += t.size(t.nodes[n].left) + 1
			n = t.nodes[n].right
		} else {
			n = t.nodes[n].left
		}
	}
	return place
}

// markedBefore returns how many of the first places' rows are marked.
func (t *tree) markedBefore(places int) int {
	marked, n := 0, t.root
	for n != 0 {
		left := t.nodes[n].left
		before := t.size(left)
		if places <= before {
			n = left
			continue
		}
		marked += t.marks(left) + int(t.nodes[n].marks&1)
		n, places = t.nodes[n].right, places-before-1
	}
	return marked
}

// markedAt returns the place of the marked row that has k marked ones before
// it, for k from 0 to marked-1.
func (t *tree) markedAt(k int) int {
	place, n := 0, t.root
	for {
		left := t.nodes[n].left
		before, own := t.marks(left), int(t.nodes[n].marks&1)
		switch {
		case k < before:
			n = left
		case k < before+own:
			return place + t.size(left)
		default:
			place += t.size(left) + 1
			n, k = t.nodes[n].right, k-before-own
		}
	}
}

// visit calls f for the rows from a place on, in order, until f returns false.
func (t *tree) visit(from int, f func(seq int32) bool) { t.visitUnder(t.root, from, f) }

func (t *tree) visitUnder(n int32, from int, f func(seq int32) bool) bool {
	for n != 0 {
		left := t.nodes[n].left
		before := t.size(left)
		if from < before && !t.visitUnder(left, from, f) {
			return false
		}
		if from <= before && !f(n-1) {
			return false
		}
		n, from = t.nodes[n].right, from-before-1
	}
	return true
}
