package table

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// list is what a tree is, written plainly.
type list struct {
	seqs   []int32
	marked map[int32]bool
}

// markedPlaces returns the places of the marked rows.
func (l list) markedPlaces() []int {
	var places []int
	for place, seq := range l.seqs {
		if l.marked[seq] {
			places = append(places, place)
		}
	}
	return places
}

// checkNode checks counts and balance of a subtree and returns its rows.
func checkNode(t *rapid.T, tr *tree, n int32) []int32 {
	if n == 0 {
		return nil
	}
	nd := tr.nodes[n]
	left, right := checkNode(t, tr, nd.left), checkNode(t, tr, nd.right)
	l, r := len(left)+1, len(right)+1
	if l > balanceDelta*r || r > balanceDelta*l {
		t.Fatalf("node %d is out of balance: %d rows to the left, %d to the right", n, l-1, r-1)
	}
	rows := append(append(left, n-1), right...)
	if int(nd.size) != len(rows) {
		t.Fatalf("node %d has %d rows and counts %d", n, len(rows), nd.size)
	}
	return rows
}

func TestTreeIsAList(t *testing.T) {
	const most = 200
	rapid.Check(t, func(t *rapid.T) {
		tr, want := &tree{}, list{marked: map[int32]bool{}}
		t.Repeat(map[string]func(*rapid.T){
			"build": func(t *rapid.T) {
				want.seqs = rapid.SliceOfNDistinct(rapid.Int32Range(0, most), 0, most, rapid.ID).Draw(t, "seqs")
				tr.grow(most + 1)
				tr.build(want.seqs, func(seq int32) bool { return want.marked[seq] })
			},
			"insert": func(t *rapid.T) {
				seq := rapid.Int32Range(0, most).Filter(func(seq int32) bool { return !slices.Contains(want.seqs, seq) }).Draw(t, "seq")
				place := rapid.IntRange(0, len(want.seqs)).Draw(t, "place")
				want.marked[seq] = rapid.Bool().Draw(t, "marked")
				want.seqs = slices.Insert(want.seqs, place, seq)
				tr.insert(place, seq, want.marked[seq])
			},
			"insert many at one end": func(t *rapid.T) {
				end := rapid.Bool().Draw(t, "end")
				for seq := range int32(most + 1) {
					if slices.Contains(want.seqs, seq) {
						continue
					}
					place := 0
					if end {
						place = len(want.seqs)
					}
					want.seqs = slices.Insert(want.seqs, place, seq)
					tr.insert(place, seq, want.marked[seq])
				}
			},
			"delete a range": func(t *rapid.T) {
				place := rapid.IntRange(0, len(want.seqs)).Draw(t, "place")
				count := rapid.IntRange(0, len(want.seqs)-place).Draw(t, "count")
				want.seqs = slices.Delete(want.seqs, place, place+count)
				for range count {
					tr.delete(place)
				}
			},
			"": func(t *rapid.T) { compareTree(t, tr, want) },
		})
	})
}

// compareTree checks everything that a tree can be asked.
func compareTree(t *rapid.T, tr *tree, want list) {
	if got := checkNode(t, tr, tr.root); !slices.Equal(got, want.seqs) {
		t.Fatalf("rows are %v, want %v", got, want.seqs)
	}
	for seq := range int32(201) {
		if got := tr.has(seq); got != slices.Contains(want.seqs, seq) {
			t.Fatalf("has(%d) = %v", seq, got)
		}
	}
	for place, seq := range want.seqs {
		if got := tr.at(place); got != seq {
			t.Fatalf("at(%d) = %d, want %d", place, got, seq)
		}
	}
	marked := want.markedPlaces()
	if tr.marked() != len(marked) {
		t.Fatalf("%d rows are marked, want %d", tr.marked(), len(marked))
	}
	for k, place := range marked {
		if got := tr.markedAt(k); got != place {
			t.Fatalf("marked row %d is at %d, want %d", k, got, place)
		}
	}
	for places := range len(want.seqs) + 1 {
		before, _ := slices.BinarySearch(marked, places)
		if got := tr.markedBefore(places); got != before {
			t.Fatalf("%d of the first %d rows are marked, want %d", got, places, before)
		}
		var got []int32
		tr.visit(places, func(seq int32) bool {
			got = append(got, seq)
			return len(got) < 5
		})
		if want := want.seqs[places:min(places+5, len(want.seqs))]; !slices.Equal(got, want) {
			t.Fatalf("visit from %d: %v, want %v", places, got, want)
		}
	}
}
