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

// Line returns s as one line of safe text. White space that holds a line break or a tab becomes
// one space, and nothing at either end; spaces alone stay as they are. Line(Line(s)) is
// Line(s), and printable ASCII comes back as it is without an allocation.
func Line(s string) string {
	return clean(s, math.MaxInt)
}

// Lines returns s as lines of safe text, broken where s has line breaks (\n,
// \r\n, \r, U+2028, U+2029). A tab becomes four spaces. A break at the very end
// adds no empty line; the lines of an empty text are none.
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

// plain reports whether s is printable ASCII only, which needs no change.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return false
		}
	}
	return true
}

// clean returns s as one line of safe text, or the start of it that is just
// wider than limit cells, so that a cell of a table costs no more than it shows.
func clean(s string, limit int) string {
	if plain(s) {
		return s
	}
	var c cleaner
	c.out.Grow(min(len(s), max(limit, 0)*utf8.UTFMax+64))
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
		for _, r := range text { // an invalid byte is U+FFFD here, which is what it becomes
			c.add(r)
		}
		s = rest
	}
	if !c.gap {
		c.space()
	}
	return c.out.String()
}

// cleaner puts safe text together from code points.
type cleaner struct {
	out    strings.Builder
	width  int                 // of what is written, at least
	script *unicode.RangeTable // of the letter that is written last, where it has signs, else nil
	marks  int                 // how many marks may still be written on that letter
	spaces int                 // white space since the last character
	gap    bool                // that white space holds a line break or tab
}

// maxMarks is how many combining marks a character keeps, and maxSigns how many a
// letter of a script with vowel signs: enough for every living script, too few to
// climb over the neighboring rows.
const (
	maxMarks = 2
	maxSigns = 4
)

func (c *cleaner) add(r rune) {
	if parts := apart[r]; parts != "" {
		for _, part := range parts {
			c.add(part)
		}
		return
	}
	kind, r := classify(r)
	switch kind {
	case dropped:
	case gap:
		c.gap, c.marks = true, 0
	case blank:
		c.marks = 0 // a mark with nothing before it would fall on what the layout puts there
		c.spaces++
	case mark, sign:
		if c.marks > 0 && (kind == mark || c.script != nil && unicode.Is(c.script, r)) {
			c.out.WriteRune(r)
			c.marks--
		}
	case base:
		c.space()
		c.out.WriteRune(r)
		if c.script, c.marks = signScript(r), maxSigns; c.script == nil { // a letter with signs may be one with that before it
			c.width, c.marks = c.width+ansi.StringWidthWc(string(r)), maxMarks
		}
	}
}

func (c *cleaner) space() {
	if c.gap {
		c.spaces, c.gap = min(c.out.Len(), 1), false
	}
	for range c.spaces {
		c.out.WriteByte(' ')
	}
	c.width += c.spaces
	c.spaces = 0
}

// The parts of a control string (a title, a hyperlink): how it begins, what is in it, how it
// ends, and the controls that cut it off.
const (
	stringStart = `(?:\x1b[P\]X^_]|[\x{90}\x{98}\x{9d}-\x{9f}])`
	stringBody  = `[^\x07\x18\x1a\x1b\x{80}-\x{9f}\n\r]*`
	stringEnd   = `(?:\x07|\x1b\\|\x{9c})`
	stringCut   = `[\x18\x1a\x1b\x{80}-\x{9f}]`
)

// sequences matches an escape sequence, or a control character that is no white space, at the
// start of a text: a control sequence (ECMA-48, 5.4), which ends where it is malformed; a control
// string; ESC with what belongs to it; any other control. It takes the seven-bit forms (ESC and a
// letter) and the eight-bit ones as UTF-8 writes them. A string that does not end on its
// line shows, rather than that it hides what follows.
//
// The parser of the ansi module is not used here: it takes every byte from 0x80
// to 0x9F for an eight-bit control, also where it is half a character of some
// other encoding, and lets an unfinished sequence swallow all the text that
// follows. An error message must not vanish that way.
var sequences = regexp.MustCompile(`^(?:(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]?` +
	`|` + stringStart + stringBody + stringEnd +
	`|(` + stringStart + stringBody + `)` + stringCut +
	`|\x1b[ -/]*[0-~]?|[\x00-\x08\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}])`)

// sequence returns how many bytes at the start of s are an escape sequence or a
// control character to drop, 0 where s starts with neither.
func sequence(s string) int {
	if r, _ := utf8.DecodeRuneInString(s); !unicode.IsControl(r) {
		return 0
	}
	at := sequences.FindStringSubmatchIndex(s)
	switch {
	case at == nil:
		return 0
	case at[3] > 0: // what cuts a string off is a sequence of its own
		return at[3]
	}
	return at[1]
}
