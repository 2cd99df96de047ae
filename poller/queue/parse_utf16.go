package queue

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder turns text as it comes into UTF-8 without a byte-order mark. Text
// that starts with the mark of UTF-16 is UTF-16: what Windows PowerShell writes
// with ">".
type decoder struct {
	decided bool
	order   binary.ByteOrder // of UTF-16; nil for UTF-8
	rest    string           // bytes that wait for those after them
}

const (
	markUTF8    = "\ufeff"
	markLittle  = "\xff\xfe"
	markBig     = "\xfe\xff"
	unknownRune = string(utf8.RuneError)
)

// decode returns the next piece of text as UTF-8. At the end of the text, it
// returns all that is left.
func (d *decoder) decode(text string, end bool) string {
	if !d.decided {
		text = d.rest + text
		d.rest = ""
		if !end && markBegins(text) {
			d.rest = text
			return ""
		}
		d.decided = true
		switch {
		case strings.HasPrefix(text, markUTF8):
			text = text[len(markUTF8):]
		case strings.HasPrefix(text, markLittle):
			d.order, text = binary.LittleEndian, text[2:]
		case strings.HasPrefix(text, markBig):
			d.order, text = binary.BigEndian, text[2:]
		}
	}
	if d.order == nil {
		return text
	}
	return d.decode16(d.rest+text, end)
}

// markBegins reports whether text is the start of a byte-order mark, and not yet
// all of it.
func markBegins(text string) bool {
	for _, mark := range []string{markUTF8, markLittle, markBig} {
		if len(text) < len(mark) && strings.HasPrefix(mark, text) {
			return true
		}
	}
	return false
}

// decode16 returns UTF-16 as UTF-8. Half a code unit, or half a pair of them,
// waits for its other half; at the end of the text, it is an unknown character.
func (d *decoder) decode16(text string, end bool) string {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = d.order.Uint16([]byte(text[2*i : 2*i+2]))
	}
	whole := len(units)
	if whole > 0 && !end && units[whole-1] >= 0xD800 && units[whole-1] < 0xDC00 {
		whole--
	}
	d.rest = text[2*whole:]
	decoded := string(utf16.Decode(units[:whole]))
	if end && d.rest != "" {
		d.rest = ""
		decoded += unknownRune
	}
	return decoded
}
