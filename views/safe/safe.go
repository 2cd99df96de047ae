package safe

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

// Line returns s as one line of safe text. White space with a line break or tab becomes one space,
// and is dropped at either end; other spaces stay. Line(Line(s)) is Line(s), and printable ASCII is
// returned without an allocation.
func Line(s string) string {
	return clean(s, math.MaxInt)
}

// Lines returns s as lines of safe text, split at line breaks (\n, \r\n, \r, U+2028, U+2029). A tab
// becomes four spaces. A break at the end adds no empty line; an empty text has no lines.
func Lines(s string) []string {
	if s == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(breaks.Replace(s), "\n"), "\n")
	for i, line := range lines {
		lines[i] = Line(strings.ReplaceAll(line, "\t", "    "))
	}
	return lines
}

var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// isPlain reports whether s is printable ASCII, which is safe.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return false
		}
	}
	return true
}

// clean returns s as one line of safe text. It stops once that is wider than limit cells, so that a
// cell of a table costs no more than it shows.
func clean(s string, limit int) string {
	if isPlain(s) {
		return s
	}
	var c cleaner
	c.out.Grow(min(len(s), limit))
	for s != "" && c.width <= limit {
		if n := sequence(s); n > 0 {
			s = s[n:]
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		rest := strings.TrimLeftFunc(s[size:], isJamo)
		text := s[:len(s)-len(rest)]
		if len(text) > size {
			text = norm.NFC.String(text)
		}
		for _, r := range text { // an invalid byte becomes U+FFFD
			c.add(r)
		}
		s = rest
	}
	if !c.lineGap {
		c.writeSpaces()
	}
	return c.out.String()
}

// cleaner writes safe text from code points.
type cleaner struct {
	out     strings.Builder
	width   int                 // a lower bound of the width of out, in cells
	script  *unicode.RangeTable // of the last letter if it has signs, else nil
	marks   int                 // how many more marks may follow the last letter
	spaces  int                 // the white space since the last character, not written yet
	lineGap bool                // that white space has a line break or tab
}

// maxMarks and maxSigns bound the combining marks of a character, and the signs of a letter of a
// script with vowel signs: enough for every living script, too few to reach into other rows.
const (
	maxMarks = 2
	maxSigns = 4
)

func (c *cleaner) add(r rune) {
	if parts := decomposed[r]; parts != "" {
		for _, part := range parts {
			c.add(part)
		}
		return
	}
	kind, r := classify(r)
	switch kind {
	case dropped:
	case lineGap:
		c.lineGap, c.marks = true, 0
	case blank:
		c.marks = 0 // without a base, a mark would combine with what the layout writes before it
		c.spaces++
	case mark, sign:
		if c.marks > 0 && (kind == mark || c.script != nil && unicode.Is(c.script, r)) {
			c.out.WriteRune(r)
			c.marks--
		}
	case base:
		c.writeSpaces()
		c.out.WriteRune(r)
		if c.script, c.marks = signScript(r), maxSigns; c.script == nil { // a letter with signs may join the one before it
			c.width, c.marks = c.width+ansi.StringWidthWc(string(r)), maxMarks
		}
	}
}

// writeSpaces writes the white space since the last character.
func (c *cleaner) writeSpaces() {
	if c.lineGap {
		c.spaces, c.lineGap = min(c.out.Len(), 1), false
	}
	for range c.spaces {
		c.out.WriteByte(' ')
	}
	c.width += c.spaces
	c.spaces = 0
}

// The parts of a control string (a title, a hyperlink): its start, body and end, and the controls
// that interrupt it.
const (
	stringStart     = `(?:\x1b[P\]X^_]|[\x{90}\x{98}\x{9d}-\x{9f}])`
	stringBody      = `[^\x07\x18\x1a\x1b\x{80}-\x{9f}\n\r]*`
	stringEnd       = `(?:\x07|\x1b\\|\x{9c})`
	stringInterrupt = `[\x18\x1a\x1b\x{80}-\x{9f}]`
)

// sequences matches an escape sequence, or a control character that is no white space, at the start
// of a text: a control sequence (ECMA-48, 5.4), which ends where it is malformed; a control string;
// ESC with what belongs to it; any other control. It takes the seven-bit forms (ESC and a letter)
// and the eight-bit ones in UTF-8. A string that does not end on its line is shown, because an error
// message could be hidden in it.
//
// The parser of the ansi module is not used: it takes each byte from 0x80 to 0x9F for an eight-bit
// control, also within a character of another encoding, and drops all text after an unfinished
// sequence.
var sequences = regexp.MustCompile(`^(?:(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]?` +
	`|` + stringStart + stringBody + stringEnd +
	`|(` + stringStart + stringBody + `)` + stringInterrupt +
	`|\x1b[ -/]*[0-~]?|[\x00-\x08\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}])`)

// sequence returns the length of the escape sequence or control character at the start of s, in
// bytes; 0 for none.
func sequence(s string) int {
	if r, _ := utf8.DecodeRuneInString(s); !unicode.IsControl(r) {
		return 0
	}
	at := sequences.FindStringSubmatchIndex(s)
	switch {
	case at == nil:
		return 0
	case at[3] > 0: // what interrupts a string is a sequence of its own
		return at[3]
	}
	return at[1]
}
