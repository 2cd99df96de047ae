package keyboard

import (
	"bytes"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// Bubble Tea's decoder takes the text of a paste apart as if it were typed: it drops
// escape sequences and invalid bytes, waits on U+FFFD, and misses the end of the paste
// after an unfinished control string. So such bytes pass through it as characters of
// their own, standIn plus the byte, which Restore turns back. They are at the end of the
// last private use plane. Where pasted text holds one of them, its bytes are replaced too.
const (
	standIn     = rune(0x10ff00)
	standInLast = standIn + 0xff
	standInHead = "\xf4\x8f" // the first bytes of each in UTF-8
)

// appendText appends pasted text to out, in the form that passes through the decoder.
func appendText(out, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == rune(escape) || r == utf8.RuneError || r >= standIn {
			for _, c := range text[:n] {
				out = utf8.AppendRune(out, standIn+rune(c))
			}
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}

// Restore returns a message of Bubble Tea, a paste with its text as the terminal sent it.
func Restore(msg tea.Msg) tea.Msg {
	if paste, ok := msg.(tea.PasteMsg); ok && strings.Contains(paste.Content, standInHead) {
		paste.Content = restoreText(paste.Content)
		return paste
	}
	return msg
}

func restoreText(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r >= standIn && r <= standInLast {
			b.WriteByte(byte(r - standIn))
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

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
