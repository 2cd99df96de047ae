package words

import (
	"strings"
	"unicode"
)

// Punctuation is what Trim removes around words.
const Punctuation = "\"'`“”‘’«»„‹›「」『』（）【】、。()[]{}<>*•·|,;!?~\\"

// Trim returns a word without the punctuation around it. The … of a truncated id stays.
func Trim(word string) string {
	// Most words have no punctuation or these signs around them. Trimming those first is faster.
	for _, usual := range []string{"", "\"'()[],;"} {
		if cut := strings.Trim(word, usual); cut != "" && IsAlnum(cut[0]) && IsAlnum(cut[len(cut)-1]) {
			return cut
		}
	}
	cut := strings.Trim(word, Punctuation)
	if IDKind(cut) != Other {
		return cut
	}
	if strings.IndexFunc(cut, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 {
		return "" // a sign alone
	}
	if isPlaceholder(word) && !strings.Contains(word, "/") {
		return word
	}
	return strings.TrimLeft(strings.TrimRight(strings.TrimLeft(cut, Punctuation+"…"), Punctuation+"….:"), "+-")
}

// CutID returns the id with which a text begins, and the text behind it and a following "and". It returns
// "" if the text does not begin with an id.
func CutID(text string) (id, rest string) {
	if len(text) < xidLen {
		return "", ""
	}
	end := strings.IndexAny(text, " ,;")
	if end < 0 {
		end = len(text)
	}
	if id = Trim(text[:end]); !IDKind(id).IsID() {
		return "", ""
	}
	return id, strings.TrimPrefix(strings.TrimLeft(text[end:], " ,;"), "and ")
}

// TrimBlanks removes the blanks before a text.
func TrimBlanks(text string) string { return strings.TrimLeft(text, " \t") }

// IsLetter and IsAlnum report whether a byte is a letter, or a letter or digit, of ASCII.
func IsLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func IsAlnum(b byte) bool  { return b >= '0' && b <= '9' || IsLetter(b) }

// HasDigit reports whether a digit is in a text.
func HasDigit(text string) bool {
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			return true
		}
	}
	return false
}
