package safe

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestLine(t *testing.T) {
	tests := []struct{ name, give, want string }{
		{"empty", "", ""},
		{"plain", "wan26_i2v  12.5 s ", "wan26_i2v  12.5 s "},
		{"line breaks", "\n\tTraceback:\r\n    File\vx\u2028y\u0085z\n\n", "Traceback: File x y z"},
		{"spaces alone stay", "  a   b ", "  a   b "},
		{"other spaces", "a\u00a0b\u3000c\u2009d", "a b c d"},
		{"controls", "a\x00b\x07c\x7fd\x08e", "abcde"},
		{"color", "\x1b[31;1mred\x1b[0m", "red"},
		{"colon parameters", "\x1b[38:2::255:0:0mred", "red"},
		{"eight-bit color", "\u009b31mred", "red"},
		{"title", "\x1b]0;you are root\x07done", "done"},
		{"hyperlink", "\x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"eight-bit title", "\u009d0;evil\u009cdone", "done"},
		{"device control", "\x1bPq#0;2;0\x1b\\sixel", "sixel"},
		{"title that does not end", "\x1b]0;the model failed", "0;the model failed"},
		{"title cut off by a line break", "\x1b]0;one\ntwo\x07", "0;one two"},
		{"title cut off by a sequence", "\x1b]0;one\x1b[2Jtwo", "two"},
		{"character set", "\x1b(0lqk", "lqk"},
		{"keypad", "\x1b=a\x1b>b\x1bcd", "abd"},
		{"escape at the end", "a\x1b", "a"},
		{"sequence at the end", "a\x1b[31", "a"},
		{"malformed sequence", "a\x1b[3\nb", "a b"},
		{"half characters of another encoding", "\x9e\x90 pad", "\ufffd\ufffd pad"},
		{"bidi", "a\u202eb\u2066c\u200fd\u061ce", "abcde"},
		{"invisible", "a\u200bb\u00adc\ufeffd\u2060e\u034ff\u3164g", "abcdefg"},
		{"tags", "a\U000e0041\U000e007fb", "ab"},
		{"not characters", "a\ue000b\ufdd0c\U0010ffffd\u0378e", "a\ufffdb\ufffdc\ufffdd\ufffde"},
		{"not UTF-8", "a\xffb\xed\xa0\x80c", "a\ufffdb\ufffd\ufffd\ufffdc"},
		{"accents", "e\u0301 \u00e9 Å", "e\u0301 \u00e9 Å"},
		{"too many accents", "e\u0301\u0302\u0303\u0304x", "e\u0301\u0302x"},
		{"accents on nothing", "\u0301a \u0301b\n\u0301c", "a b c"},
		{"heart", "\u2764\ufe0f", "\u2764"},
		{"skin tone", "\U0001f44d\U0001f3fd!", "\U0001f44d!"},
		{"family", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\U0001f469\U0001f467"},
		{"flag", "\U0001f1e9\U0001f1ea", "DE"},
		{"Chinese", "内容被拦截", "内容被拦截"},
		{"decomposed Korean", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"},
		{"stray jamo", "\u1112x\u1161\u11ab", "\ufffdx\ufffd\ufffd"},
		{"Thai", "น\u0e33", "น\u0e4d\u0e32"},
		{"half-width kana", "ｶ\uff9e", "ｶ\u309b"},
		{"Hindi", "सामग्री नीति", "सामग्री नीति"},
		{"Bengali", "বিষয়বস্তু নীতি", "বিষয়বস্তু নীতি"},
		{"Tamil", "உள்ளடக்கக் கொள்கை", "உள்ளடக்கக் கொள்கை"},
		{"Telugu", "కంటెంట్ విధానం", "కంటెంట్ విధానం"},
		{"Burmese", "အကြောင်းအရာ မူဝါဒ", "အကြောင်းအရာ မူဝါဒ"},
		{"Khmer", "គោលការណ៍មាតិកា", "គោលការណ៍មាតិកា"},
		{"Sinhala", "අන්තර්ගත ප්\u200dරතිපත්තිය", "අන්තර්ගත ප්රතිපත්තිය"},
		{"Hindi vowel sign on nothing", "\u093fक", "क"},
		{"Hindi vowel sign on another script", "a\u093f", "a"},
		{"too many vowel signs", "क\u093f\u093f\u093f\u093f\u093f\u093fx", "क\u093f\u093f\u093f\u093fx"},
	}
	for _, test := range tests {
		if got := Line(test.give); got != test.want {
			t.Errorf("%s: Line(%+q) = %+q, want %+q", test.name, test.give, got, test.want)
		}
	}
}

func TestLines(t *testing.T) {
	tests := []struct {
		give string
		want []string
	}{
		{"", nil},
		{"one", []string{"one"}},
		{"one\ntwo\r\nthree\rfour\u2028five\u2029six\n", []string{"one", "two", "three", "four", "five", "six"}},
		{"\n\na\n\n", []string{"", "", "a", ""}},
		{"{\n\t\"a\": 1,\n  \"b\":\t2\n}", []string{"{", "    \"a\": 1,", "  \"b\":    2", "}"}},
		{"\x1b[1mbold\nplain\x1b[0m", []string{"bold", "plain"}},
	}
	for _, test := range tests {
		if got := Lines(test.give); !slices.Equal(got, test.want) {
			t.Errorf("Lines(%q) = %q, want %q", test.give, got, test.want)
		}
	}
}

// TestEveryCharacter holds the rules against both measures, for every code
// point: at the start, between letters, after another of its kind, and beside
// the characters that join others. Of the scripts of thousands of characters
// that are all alike, every sixteenth is enough.
func TestEveryCharacter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		switch {
		case !utf8.ValidRune(r), isJamo(r) && !unicode.IsGraphic(r):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Tangut) && !isJamo(r) && r%16 != 0:
		case unicode.IsGraphic(r):
			s := string(r)
			check(t, s+"a"+s+s+"b \u0301"+s+"\u0301"+s+"क\u094d"+s+"क\u0d4e"+s+"\u1100"+s+"\u1161"+s+"\U0001f1e9"+s+"\U0001f3fb가"+s)
		default:
			if kind, becomes := classify(r); kind != dropped && kind != lineGap && becomes != replacement {
				t.Fatalf("%U is not a character, and becomes %U", r, becomes)
			}
		}
	}
}

// check fails the test unless Line makes safe text of s.
func check(t *testing.T, s string) {
	t.Helper()
	line := Line(s)
	if !utf8.ValidString(line) {
		t.Fatalf("Line(%+q) = %+q is not UTF-8", s, line)
	}
	for _, r := range line {
		if !unicode.IsPrint(r) || unicode.In(r, unicode.Bidi_Control, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			t.Fatalf("Line(%+q) = %+q holds %U", s, line, r)
		}
	}
	for _, graphemes := range []bool{false, true} {
		checkCells(t, line, graphemes)
	}
	if again := Line(line); again != line {
		t.Fatalf("Line(%+q) = %+q, and Line of that %+q", s, line, again)
	}
}

// checkCells fails the test unless the characters of safe text add up to its width
// by the given measure, and both measures agree on each that is no letter with signs.
func checkCells(t *testing.T, line string, graphemes bool) {
	t.Helper()
	SetGraphemeClusters(graphemes)
	defer SetGraphemeClusters(false)
	sum := 0
	for rest := line; rest != ""; {
		size, cells := first(rest)
		letter, _ := utf8.DecodeRuneInString(rest)
		clusters, points := ansi.GraphemeWidth.StringWidth(rest[:size]), ansi.WcWidth.StringWidth(rest[:size])
		if clusters != points && signScript(letter) == nil {
			t.Fatalf("%+q in %+q has %d cells by clusters, %d by code points", rest[:size], line, clusters, points)
		}
		sum, rest = sum+cells, rest[size:]
	}
	if want := WidthMethod().StringWidth(line); sum != want || Width(line) != want {
		t.Fatalf("%+q has %d cells, %d by Width, but its characters add up to %d", line, want, Width(line), sum)
	}
}

// checkWidths fails the test unless what is cut and wrapped to width fits.
func checkWidths(t *testing.T, s string, width int) {
	t.Helper()
	line := Line(s)
	for name, got := range map[string]string{"Truncate": Truncate(s, width), "Middle": TruncateMiddle(s, width)} {
		if Width(got) > width || Line(got) != got {
			t.Fatalf("%s(%+q, %d) = %+q, %d cells", name, s, width, got, Width(got))
		}
		if Width(line) <= width && got != line {
			t.Fatalf("%s(%+q, %d) = %+q, but %+q fits", name, s, width, got, line)
		}
		if Width(line) > width && width >= Width(ellipsis) && !strings.Contains(got, ellipsis) {
			t.Fatalf("%s(%+q, %d) = %+q tells nothing of the cut", name, s, width, got)
		}
	}
	wrapped := Wrap(s, width)
	for _, got := range wrapped {
		if Width(got) > width || Line(got) != got {
			t.Fatalf("Wrap(%+q, %d) has the line %+q, %d cells", s, width, got, Width(got))
		}
	}
	if width >= 2 && visible(wrapped) != visible(Lines(s)) {
		t.Fatalf("Wrap(%+q, %d) = %+q has lost or gained something", s, width, wrapped)
	}
}

func visible(lines []string) string {
	return strings.ReplaceAll(strings.Join(lines, ""), " ", "")
}
