package safe

import (
	"strings"
	"testing"
)

// seeds are the texts from which fuzzing starts: each piece alone, all of them
// together, and two plain ones.
func seeds() []string {
	return append([]string{strings.Join(pieces, ""), "output was blocked by safety policy", "{\n\t\"a\": 1\r\n}"}, pieces...)
}

// FuzzLine holds any text's line to what safe text is, see check.
func FuzzLine(f *testing.F) {
	for _, text := range seeds() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { check(t, text) })
}

// FuzzLines holds that the lines of any text are safe, that they are broken
// where the text is and nowhere else, and that a tab takes four cells.
func FuzzLines(f *testing.F) {
	for _, text := range seeds() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := Lines(text)
		for _, line := range lines {
			check(t, line)
			if Line(line) != line {
				t.Fatalf("Lines(%+q) has the line %+q, which is not safe", text, line)
			}
		}
		parts := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' })
		shown := 0
		for _, line := range lines {
			if line != "" {
				shown++
			}
		}
		if shown > len(parts) {
			t.Fatalf("Lines(%+q) = %+q, of %d parts", text, lines, len(parts))
		}
		if i := strings.IndexByte(text, '\t'); i > 0 && isPlain(text[:i]) {
			// Spaces beside a vertical tab or a form feed are one with it.
			if before := strings.TrimRight(text[:i], " "); before != "" && !strings.HasPrefix(lines[0], before) {
				t.Fatalf("Lines(%+q) = %+q has lost what is before the tab", text, lines)
			}
		}
		if again := Lines(strings.Join(lines, "\n")); len(lines) > 0 && lines[len(lines)-1] != "" && strings.Join(again, "\n") != strings.Join(lines, "\n") {
			t.Fatalf("Lines(%+q) = %+q, and the lines of those %+q", text, lines, again)
		}
	})
}

// FuzzWidths holds what is cut and wrapped to its width, see checkWidths.
func FuzzWidths(f *testing.F) {
	for i, text := range seeds() {
		f.Add(text, i%9)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		checkWidths(t, text, min(max(width, 0), 200))
	})
}
