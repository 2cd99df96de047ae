package keyboard

import (
	"bytes"
	"unicode/utf8"
)

// takePasted takes the text of a bracketed paste up to a byte that needs a look.
func (f *filter) takePasted(b []byte) int {
	switch b[0] {
	case escape:
		if n, known := f.takeEscapeInPaste(b); known {
			return n
		}
	case ctrlC:
		if allInterrupts(b) { // the last that came: a key, unless more follows
			return 0
		}
	}
	n := len(b)
	if i := bytes.IndexAny(b[1:], "\x1b\x03"); i >= 0 {
		n = i + 1
	} else {
		n -= unfinishedRune(b)
	}
	f.out = appendText(f.out, b[:n])
	return n
}

// takeEscapeInPaste takes the end of the paste, or waits where b may become that or is
// ctrl+c at the end of what came. Any other ESC is of the text, and not known.
func (f *filter) takeEscapeInPaste(b []byte) (n int, known bool) {
	switch n, k := scan(b); {
	case k == end:
		f.out = append(f.out, pasteEnd...)
		f.state = typing
		return n, true
	case k == partial && len(b) <= maxParameters, allInterrupts(b):
		return 0, true
	}
	return 0, false
}

// allInterrupts reports whether b is ctrl+c, once or some times more.
func allInterrupts(b []byte) bool {
	if len(b) > maxParameters {
		return false
	}
	for len(b) > 0 {
		n, k := scan(b)
		if k != interrupt {
			return false
		}
		b = b[n:]
	}
	return true
}

// unfinishedRune returns the length of the character that b ends in the middle of.
func unfinishedRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// expirePaste ends a paste that has no end.
func (f *filter) expirePaste() {
	key := len(f.rest) > 0 && allInterrupts(f.rest)
	if !key {
		f.out = appendText(f.out, f.rest)
	}
	f.out = append(f.out, pasteEnd...)
	if key {
		f.out = append(f.out, f.rest...)
	}
	f.state, f.rest = typing, f.rest[:0]
}
