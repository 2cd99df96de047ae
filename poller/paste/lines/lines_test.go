package lines_test

import (
	"slices"
	"testing"

	"polltop/poller/paste/lines"
)

func TestStrip(t *testing.T) {
	for raw, want := range map[string]lines.Line{
		"  - mmsu_1":                  {Content: "mmsu_1", Indent: 2, Bullet: true},
		"12. mmsu_1":                  {Content: "mmsu_1", Bullet: true},
		"\x1b[32mmmsu_1\x1b[0m":       {Content: "mmsu_1"},
		"2026-05-04T10:00:00Z mmsu_1": {Content: "mmsu_1"},
		"$ curl -s x":                 {Content: "curl -s x", Prompt: true},
		">>> print(1)":                {Content: "print(1)", Prompt: true},
		"worker-1  | mmsu_1":          {Content: "mmsu_1", Process: "worker-1"},
		"[pod/a-b/c] mmsu_1":          {Content: "mmsu_1", Process: "[pod/a-b/c]"},
		"\u200bmmsu_1\u00a0x":         {Content: "mmsu_1 x"},
		"<id>mmsu_1</id>":             {Content: "id: mmsu_1 ", Indent: 1},
		"\x1b]8;;http://a\x1b\\mmsu_1\x1b]8;;\x1b\\ b":  {Content: "mmsu_1 b"},
		"\x1b]8;;http://a/requests/c1\x07b\x1b]8;;\x07": {Content: "http://a/requests/c1", Indent: 1},
	} {
		got := lines.Strip(7, raw)
		if got.Content != want.Content || got.Indent != want.Indent || got.Bullet != want.Bullet || got.Prompt != want.Prompt || got.Process != want.Process || got.Raw != raw || got.Number != 7 {
			t.Errorf("%q is %+v, want %+v", raw, got, want)
		}
	}
}

func TestSplitter(t *testing.T) {
	type row struct {
		number int
		text   string
	}
	for text, want := range map[string][]row{
		"a\nb":                           {{1, "a"}, {2, "b"}},
		"a\r\nb\r\n":                     {{1, "a"}, {2, "b"}, {3, ""}},
		"a\rb\nc":                        {{1, "a"}, {1, "b"}, {2, "c"}},
		"a\r":                            {{1, "a"}, {1, ""}},
		"\xef\xbb\xbfa":                  {{1, "a"}},
		"\xff\xfea\x00\n\x00b\x00":       {{1, "a"}, {2, "b"}},
		"\xfe\xff\x00a\x00\r\x00\n\x00b": {{1, "a"}, {2, "b"}},
	} {
		for size := 1; size <= len(text); size++ {
			var got []row
			s := lines.NewSplitter(func(l lines.Line) { got = append(got, row{l.Number, l.Raw}) }, func() {})
			for piece := range slices.Chunk([]byte(text), size) {
				s.Add(string(piece))
			}
			if s.Close(); !slices.Equal(got, want) {
				t.Errorf("%q in pieces of %d gives %v, want %v", text, size, got, want)
			}
		}
	}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct{ before, next, joined, left string }{
		{"id 764cabcf-b745-4b3e-", "ae38-1200304cf45b done", "id 764cabcf-b745-4b3e-ae38-1200304cf45b done", ""},
		{"mmsu_01kd1j5kmvpkm4q", "ev47hww1kep", "mmsu_01kd1j5kmvpkm4qev47hww1kep", ""},
		{"mmsu_01kd1j5kmvpkm4q", "and more", "mmsu_01kd1j5kmvpkm4q", "and more"},
		{"mmsu_01kd1j5kmvpkm4qev47hww1kep", "kling", "mmsu_01kd1j5kmvpkm4qev47hww1kep", "kling"},
	} {
		before, next := lines.Strip(1, c.before), lines.Strip(2, c.next)
		if lines.Join(&before, &next, nil); before.Text != c.joined || next.Text != c.left {
			t.Errorf("%q and %q are %q and %q", c.before, c.next, before.Text, next.Text)
		}
	}
}
