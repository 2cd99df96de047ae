package keyboard

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind says what a piece of the terminal's bytes is.
type kind uint8

const (
	kindPartial      kind = iota // the start of a sequence or character
	kindText                     // a printable character, a space, a tab, a line end, or a sequence that only text carries: a colour or a link
	kindPasteStart               // the start of a bracketed paste
	kindPasteEnd                 // the end of one
	kindInterrupt                // ctrl+c, in any of its encodings
	kindEscapeKey                // the key ESC
	kindBrokenString             // a control string that was interrupted before its end
	kindReport                   // a mouse or focus event, or an answer of the terminal
	kindOther                    // any other key or control code
)

// scan returns the length and kind of the first piece of b, which must not be empty. A partial piece is
// all of b.
func scan(b []byte) (int, kind) {
	switch c := b[0]; {
	case c == escape:
		return scanEscape(b)
	case c == ctrlC:
		return 1, kindInterrupt
	case c == '\t', c == '\n', c == '\r', c >= ' ' && c < 0x7f:
		return 1, kindText
	case c < ' ', c == 0x7f:
		return 1, kindOther
	case !utf8.FullRune(b):
		return len(b), kindPartial
	}
	_, n := utf8.DecodeRune(b) // 1 for a byte that is no UTF-8
	return n, kindText
}

// scanEscape scans what starts with ESC.
func scanEscape(b []byte) (int, kind) {
	if len(b) == 1 {
		return 1, kindPartial
	}
	switch b[1] {
	case '[':
		return scanCSI(b)
	case 'O':
		return scanSS3(b)
	case 'P', ']', '_', '^', 'X':
		return scanString(b)
	case ctrlC:
		return 1, kindEscapeKey
	case escape: // a key's sequence with alt, or the key ESC twice
		if len(b) == 2 {
			return 2, kindPartial
		}
		if b[2] != '[' && b[2] != 'O' {
			return 1, kindEscapeKey
		}
	}
	// ESC before a key's sequence or a character is that with alt.
	n, k := scan(b[1:])
	switch k {
	case kindPartial:
		return len(b), kindPartial
	case kindPasteStart, kindPasteEnd, kindInterrupt, kindBrokenString, kindReport: // none of these is sent with alt
		return 1, kindEscapeKey
	}
	return n + 1, kindOther
}

// scanCSI scans a control sequence: ESC [, parameters, intermediates, a final byte.
func scanCSI(b []byte) (int, kind) {
	i := 2
	if i < len(b) && b[i] == '[' { // a function key of the Linux console: ESC [ [ A
		if i+1 == len(b) {
			return len(b), kindPartial
		}
		return i + 2, kindOther
	}
	for i < len(b) && b[i] >= 0x20 && b[i] <= 0x3f {
		if i++; i > maxParameters {
			return i, kindOther
		}
	}
	switch {
	case i == len(b):
		return len(b), kindPartial
	case b[i] < 0x40 || b[i] > 0x7e: // no final byte: the sequence was cut off here
		return i, kindOther
	case i == 2 && b[i] == 'M': // an X10 mouse event: three bytes follow
		if len(b) < i+4 {
			return len(b), kindPartial
		}
		return i + 4, kindReport
	}
	return i + 1, kindOfCSI(string(b[2:i]), b[i])
}

// kindOfCSI returns the kind of a complete control sequence.
func kindOfCSI(parameters string, final byte) kind {
	switch {
	case final == '~' && parameters == "200":
		return kindPasteStart
	case final == '~' && parameters == "201":
		return kindPasteEnd
	case final == 'm' && (parameters == "" || parameters[0] >= '0' && parameters[0] <= ';'):
		return kindText
	case isInterrupt(parameters, final):
		return kindInterrupt
	case parameters == "" && (final == 'I' || final == 'O'),
		parameters != "" && (parameters[0] >= '<' || strings.IndexByte("Rcntxy", final) >= 0):
		return kindReport
	}
	return kindOther
}

// isInterrupt reports whether a control sequence is ctrl+c as the Kitty protocol
// (CSI code:shifted:base;modifiers u) or xterm (CSI 27;modifiers;code ~) encodes it.
func isInterrupt(parameters string, final byte) bool {
	fields := strings.Split(parameters, ";")
	var code, modifiers string
	switch {
	case final == 'u' && len(fields) >= 2:
		code, modifiers = fields[0], fields[1]
	case final == '~' && len(fields) == 3 && fields[0] == "27":
		code, modifiers = fields[2], fields[1]
	default:
		return false
	}
	modifiers, event, _ := strings.Cut(modifiers, ":")
	const ctrl, shiftAltCtrl, release = 4, 7, "3"
	if bits, err := strconv.Atoi(modifiers); err != nil || (bits-1)&shiftAltCtrl != ctrl || event == release {
		return false
	}
	for key := range strings.SplitSeq(code, ":") {
		if n, err := strconv.Atoi(key); err == nil && (n == 'c' || latinLetters[rune(n)] == 'c') {
			return true
		}
	}
	return false
}

// scanSS3 scans a key of the keypad or a function key: ESC O, digits, a final byte.
func scanSS3(b []byte) (int, kind) {
	i := 2
	for i < len(b) && b[i] >= '0' && b[i] <= '9' && i < maxParameters {
		i++
	}
	switch {
	case i == len(b):
		return len(b), kindPartial
	case b[i] <= ' ' || b[i] >= 0x7f:
		return i, kindOther
	}
	return i + 1, kindOther
}

// scanString scans a control string: ESC and one of P ] _ ^ X, then anything up to ST, or BEL after ESC ].
// Ctrl+c or another sequence interrupts it. One longer than maxSequence is cut there.
func scanString(b []byte) (int, kind) {
	complete := kindReport
	if bytes.HasPrefix(b, []byte("\x1b]8;")) {
		complete = kindText
	}
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x07 && b[1] == ']', c == 0x9c:
			return i + 1, complete
		case c == escape && i+1 == len(b) && i < maxSequence:
			return len(b), kindPartial
		case c == escape && i+1 < len(b) && b[i+1] == '\\':
			return i + 2, complete
		case c == escape, c == ctrlC:
			return i, kindBrokenString
		}
	}
	if len(b) > maxSequence {
		return len(b), kindBrokenString
	}
	return len(b), kindPartial
}
