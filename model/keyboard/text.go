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
