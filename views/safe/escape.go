package safe

import "strings"

const esc = 0x1B

// sequence returns how many bytes at the start of s are an escape sequence or a
// control character to drop, and 0 when s starts with neither or with white
// space. It reads the seven-bit forms (ESC and a letter) and the eight-bit ones
// as UTF-8 writes them.
//
// The parser of the ansi module is not used here: it takes every byte from 0x80
// to 0x9F for an eight-bit control, also where it is half a character of some
// other encoding, and lets an unfinished sequence swallow all the text that
// follows. An error message must not vanish that way.
func sequence(s string) int {
	introducer, n := introduced(s)
	switch {
	case n < 2:
		return n
	case introducer == '[':
		return control(s, n)
	case strings.IndexByte("]PX^_", introducer) >= 0:
		return n + stringLength(s[n:])
	case s[0] != esc:
		return n
	}
	return plainEscape(s)
}

// introduced returns the letter that says what a sequence at the start of s is, and how
// many bytes introduce it. Those are 1 for a lone control character, and 0 where s
// starts with text or white space.
func introduced(s string) (letter byte, n int) {
	switch {
	case s[0] == esc && len(s) > 1:
		return s[1], 2
	case len(s) > 1 && s[0] == 0xC2 && s[1] >= 0x80 && s[1] <= 0x9F && s[1] != 0x85:
		return s[1] - 0x40, 2
	case isSpaceByte(s[0]) || (s[0] >= 0x20 && s[0] != 0x7F):
		return 0, 0
	}
	return 0, 1
}

// plainEscape returns the length of ESC, intermediate bytes and a final byte.
func plainEscape(s string) int {
	n := 1
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2F {
		n++
	}
	if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7E {
		n++
	}
	return n
}

// control returns the length of a control sequence whose introducer is n bytes
// long: parameters, intermediate bytes and the final byte (ECMA-48, 5.4). What
// is malformed ends where it stops being one.
func control(s string, n int) int {
	for n < len(s) && s[n] >= 0x30 && s[n] <= 0x3F {
		n++
	}
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2F {
		n++
	}
	if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7E {
		n++
	}
	return n
}

// stringLength returns the length of a control string (a title, a hyperlink)
// with its terminator. A string that is not terminated on its line has length
// 0: its text shows, rather than that it hides what follows.
func stringLength(s string) int {
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == 0x07:
			return i + 1
		case b == esc:
			if strings.HasPrefix(s[i:], "\x1b\\") {
				return i + 2
			}
			// Another sequence cuts the string off.
			return i
		case b == 0xC2 && i+1 < len(s) && s[i+1] == 0x9C:
			return i + 2
		case b == 0xC2 && i+1 < len(s) && s[i+1] >= 0x80 && s[i+1] <= 0x9F, b == 0x18, b == 0x1A:
			return i
		case b == '\n' || b == '\r':
			return 0
		}
	}
	return 0
}

// isSpaceByte reports whether b is a control character that separates words.
func isSpaceByte(b byte) bool { return b >= '\t' && b <= '\r' }
