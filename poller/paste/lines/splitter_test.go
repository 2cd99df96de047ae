package lines

import (
	"slices"
	"testing"
)

func TestLineThatIsTooLongIsMarked(t *testing.T) {
	var got []Line
	s := NewSplitter(func(l Line) { got = append(got, l) }, func() {})
	s.most = 4
	s.Add("abcd\nabcdefgh")
	s.Add("ij")
	s.Add("\nk")
	s.Close()
	want := []Line{{Number: 1, Raw: "abcd"}, {Number: 2, Raw: "abcd", Cut: true}, {Number: 2, Raw: "efgh", Cut: true}, {Number: 2, Raw: "ij"}, {Number: 3, Raw: "k"}}
	if !slices.EqualFunc(got, want, func(a, b Line) bool { return a.Number == b.Number && a.Raw == b.Raw && a.Cut == b.Cut }) {
		t.Errorf("the lines are %+v", got)
	}
}
