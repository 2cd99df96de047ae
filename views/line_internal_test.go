package views

import (
	"strings"
	"testing"
)

// A mark of what the filter finds never stands between a character and its accent, which a
// terminal would then draw on the sequence before it.
func TestMatchesDoNotDivideCharacters(t *testing.T) {
	for text, found := range map[string]string{"éa": "́", "ba": "b", "xé": "e", "éá": "á"} {
		var out strings.Builder
		l := line{out: &out, space: 10, highlight: func(text string) (from, to int) {
			if from = strings.Index(text, found); from < 0 {
				return len(text), len(text)
			}
			return from, from + len(found)
		}}
		l.put("\x1b[0m", text)
		if marked := strings.Contains(out.String(), highlightStyle); marked != (text == "ba" || text == "éá") {
			t.Errorf("%q in %q: marked is %v in %q", found, text, marked, out.String())
		}
	}
}
