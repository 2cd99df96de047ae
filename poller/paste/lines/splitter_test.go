package lines

import (
	"slices"
	"testing"
)

func TestLineThatIsTooLongIsMarked(t *testing.T) {
	var got []Line
	s := NewSplitter(func(l Line) { got = append(got, l) }, func() {})
	s.maxLength = 4
	s.Add("abcd\nabcdefgh")
	s.Add("ij")
	s.Add("\nk")
	s.Close()
	want := []Line{{Number: 1, Raw: "abcd"}, {Number: 2, Raw: "abcd", Truncated: true}, {Number: 2, Raw: "efgh", Truncated: true}, {Number: 2, Raw: "ij"}, {Number: 3, Raw: "k"}}
	if !slices.EqualFunc(got, want, func(a, b Line) bool { return a.Number == b.Number && a.Raw == b.Raw && a.Truncated == b.Truncated }) {
		t.Errorf("the lines are %+v", got)
	}
}
