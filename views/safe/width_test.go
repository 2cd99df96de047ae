package safe

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTruncate(t *testing.T) {
	tests := []struct {
		give  string
		width int
		want  string
	}{
		{"", 5, ""},
		{"failed", 6, "failed"},
		{"failed", 5, "fail…"},
		{"failed", 1, "…"},
		{"failed", 0, ""},
		{"failed", -1, ""},
		{"output was", 8, "output…"},
		{"内容被拦截", 10, "内容被拦截"},
		{"内容被拦截", 9, "内容被拦…"},
		{"内容被拦截", 8, "内容被…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"\x1b[31mred\x1b[0m", 3, "red"},
		{"red\x1b[0m", 3, "red"},
	}
	for _, test := range tests {
		if got := Truncate(test.give, test.width); got != test.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", test.give, test.width, got, test.want)
		}
	}
}

// Text of scripts with vowel signs is measured as the terminal measures it.
func TestVowelSigns(t *testing.T) {
	tests := []struct {
		graphemes   bool
		width       int
		middle, cut string
		wrapped     []string
	}{
		{false, 11, "साम… नीति", "सामग्री…", []string{"सामग्री", "नीति"}},
		{true, 6, "सामग्री नीति", "सामग्री नीति", []string{"सामग्री नीति"}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("graphemes %v", test.graphemes), func(t *testing.T) {
			SetGraphemeClusters(test.graphemes)
			defer SetGraphemeClusters(false)
			const text = "सामग्री नीति"
			if got := Width(text); got != test.width {
				t.Errorf("Width = %d, want %d", got, test.width)
			}
			if got := TruncateMiddle(text, 9); got != test.middle {
				t.Errorf("Middle = %q, want %q", got, test.middle)
			}
			if got := Truncate(text, 8); got != test.cut {
				t.Errorf("Truncate = %q, want %q", got, test.cut)
			}
			if got := Wrap(text, 7); !slices.Equal(got, test.wrapped) {
				t.Errorf("Wrap = %q, want %q", got, test.wrapped)
			}
		})
	}
}

func TestTruncateMiddle(t *testing.T) {
	tests := []struct {
		give  string
		width int
		want  string
	}{
		{"mmsu_01hxyz8k3v", 15, "mmsu_01hxyz8k3v"},
		{"mmsu_01hxyz8k3v", 14, "mmsu_01…yz8k3v"},
		{"mmsu_01hxyz8k3v", 2, "m…"},
		{"mmsu_01hxyz8k3v", 1, "…"},
		{"mmsu_01hxyz8k3v", 0, ""},
		{"内容被拦截", 8, "内容…截"},
		{"abcdee\u0301", 4, "ab…e\u0301"},
	}
	for _, test := range tests {
		if got := TruncateMiddle(test.give, test.width); got != test.want {
			t.Errorf("Middle(%q, %d) = %q, want %q", test.give, test.width, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		give  string
		width int
		want  []string
	}{
		{"", 10, nil},
		{"a", 0, nil},
		{"output was blocked by policy", 10, []string{"output was", "blocked by", "policy"}},
		{"output was blocked", 9, []string{"output", "was", "blocked"}},
		{"see https://x.example/abcdef now", 10, []string{"see", "https://x.", "example/ab", "cdef now"}},
		{"one\n\n  two three", 8, []string{"one", "", "  two", "three"}},
		{"内容被拦截", 5, []string{"内容", "被拦", "截"}},
		{"a内\u0301b", 1, []string{"a", "?", "b"}},
		{"ends in spaces   ", 14, []string{"ends in spaces"}},
	}
	for _, test := range tests {
		if got := Wrap(test.give, test.width); !slices.Equal(got, test.want) {
			t.Errorf("Wrap(%q, %d) = %q, want %q", test.give, test.width, got, test.want)
		}
	}
}

// pieces are what the rules are about; random bytes alone seldom hit them.
var pieces = []string{
	"a", "B7", " ", "  ", "\n", "\r\n", "\t", "\x00", "\x1b", "\x1b[31m", "\x1b[", "\x1b]0;", "\x07", "\x1b\\", "\u009b", "\u009d", "\u009c", "\x9b",
	"\u202e", "\u200d", "\ufe0f", "\u0301", "\u0302", "\u20e3", "\u00e9", "内", "한", "\u1112", "\u1161", "\u11ab", "\uff9e", "\u0e33", "น",
	"\U0001f1e9", "\U0001f44d", "\U0001f3fd", "\U0001f468", "\u2764", "क", "\u094d", "\u093f", "\u0d4e", "ष", "ខ", "្", "ែ", "ង", "်", "\ue000", "\xff", "…", "\u3000", "\U000e0041",
}

func TestSafeProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(
			rapid.Map(rapid.SliceOf(rapid.SampledFrom(pieces)), func(p []string) string { return strings.Join(p, "") }),
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		).Draw(rt, "text")
		check(t, text)
		SetGraphemeClusters(rapid.Bool().Draw(rt, "graphemes"))
		defer SetGraphemeClusters(false)
		checkWidths(t, text, rapid.IntRange(0, 30).Draw(rt, "width"))
	})
}

func TestPlainTextIsNotCopied(t *testing.T) {
	text := "mmsu_01hxyz8k3v output was blocked by safety policy"
	if n := testing.AllocsPerRun(100, func() { text = Line(text) }); n != 0 {
		t.Errorf("Line of plain text allocates %v times", n)
	}
}

func BenchmarkLine(b *testing.B) {
	for name, text := range map[string]string{
		"ascii":    strings.Repeat("output was blocked ", 10),
		"chinese":  strings.Repeat("内容被安全策略拦截,", 20),
		"cyrillic": strings.Repeat("ошибка модели ", 15),
		"colored":  strings.Repeat("\x1b[31merror\x1b[0m ", 15),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Line(text)
			}
		})
	}
}

func BenchmarkTruncateLong(b *testing.B) {
	text := strings.Repeat("内容被安全策略拦截,", 200)
	b.ReportAllocs()
	for b.Loop() {
		Truncate(text, 40)
	}
}
