package words

import "strings"

// Around is what is trimmed off words, but for the … of an id that is cut short.
const Around = "\"'`“”‘’«»„()[]{}<>*•·|,;!?~\\"

// Trim returns a word without what stands around it.
func Trim(word string) string {
	// Most words have nothing or these signs around them, which are trimmed faster.
	for _, usual := range []string{"", "\"'()[],;"} {
		if cut := strings.Trim(word, usual); cut != "" && IsAlnum(cut[0]) && IsAlnum(cut[len(cut)-1]) {
			return cut
		}
	}
	cut := strings.Trim(word, Around)
	if IsCut(cut) {
		return cut
	}
	if isPlaceholder(word) && !strings.Contains(word, "/") {
		return word
	}
	return strings.TrimLeft(strings.TrimRight(strings.TrimLeft(cut, Around+"…"), Around+"….:"), "+-")
}

// TrimBlanks returns a text without blanks before it.
func TrimBlanks(text string) string { return strings.TrimLeft(text, " \t") }

// IsLetter and IsAlnum know ASCII alone.
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
