package keyboard

import (
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

// takePasted takes the next piece of a bracketed paste, or waits for more where it may become the
// end, or is a part of a character, or ctrl+c at the end of what came.
func (f *filter) takePasted(b []byte) int {
	n, k := scan(b)
	switch {
	case k == end:
		f.out = append(f.out, pasteEnd...)
		f.state = typing
		return n
	case k == partial && len(b) <= maxParameters, k == interrupt && allInterrupts(b):
		return 0
	case b[0] == escape: // of the text, as is what follows it
		n = 1
	}
	f.out = appendText(f.out, b[:n])
	return n
}

// allInterrupts reports whether b is ctrl+c, once or some times more.
func allInterrupts(b []byte) bool {
	if len(b) == 0 || len(b) > maxParameters {
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

// expirePaste ends a paste that has no end. Ctrl+c at its end is a key then.
func (f *filter) expirePaste() {
	if !allInterrupts(f.rest) {
		f.out, f.rest = appendText(f.out, f.rest), nil
	}
	f.out = append(append(f.out, pasteEnd...), f.rest...)
	f.state, f.rest = typing, nil
}
