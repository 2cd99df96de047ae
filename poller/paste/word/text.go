package word

import (
	"strconv"
	"strings"
)

const (
	// Around is what is trimmed off words, aroundCut off ids that are cut short.
	Around    = aroundCut + "…"
	aroundCut = "\"'`“”‘’«»„()[]{}<>*•·|,;!?\\"
)

// Trim returns a word without what stands around it.
func Trim(word string) string {
	if word == "" || IsAlnum(word[0]) && IsAlnum(word[len(word)-1]) {
		return word
	}
	if strings.Contains(word, "…") || strings.Contains(word, "...") {
		if cut := strings.Trim(word, aroundCut); isCut(cut) {
			return cut
		}
	}
	if IsPlaceholder(word) && !strings.Contains(word, "/") {
		return word
	}
	return strings.TrimLeft(strings.TrimRight(strings.Trim(word, Around), ".:"), "+-")
}

// TrimBlanks returns a text without the spaces and tabs before it.
func TrimBlanks(text string) string {
	at := 0
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return text[at:]
}

// HasGap reports whether a text is more than one word, or has a quote in it.
func HasGap(text string) bool {
	return anyByte(text, func(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '"' })
}

// IsLetter reports whether a byte is a letter of the English alphabet.
func IsLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// IsAlnum reports whether a byte is such a letter or a digit.
func IsAlnum(b byte) bool { return isDigit(b) || IsLetter(b) }

// HasDigit reports whether a digit is in a text: no id is without one.
func HasDigit(text string) bool { return anyByte(text, isDigit) }

// MayContinue reports whether a text is the start of an id, which a line's end may have broken.
func MayContinue(text string) bool {
	rest, ok := strings.CutPrefix(text, Prefix)
	return !IDShape(text).IsID() && (ok && (rest == "" || allBytes(rest, isLowerAlnum)) ||
		len(text) > 8 && text[8] == '-' && allBytes(text, func(b byte) bool { return b == '-' || isHex(b) }))
}

func isDigit(b byte) bool      { return b >= '0' && b <= '9' }
func isLowerAlnum(b byte) bool { return isDigit(b) || b >= 'a' && b <= 'z' }
func isHex(b byte) bool        { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }

func allBytes(text string, ok func(byte) bool) bool {
	for i := range len(text) {
		if !ok(text[i]) {
			return false
		}
	}
	return text != ""
}

func anyByte(text string, ok func(byte) bool) bool {
	for i := range len(text) {
		if ok(text[i]) {
			return true
		}
	}
	return false
}

var quotedEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n", `\r`, "\n", `\t`, "\t",
	`\u0022`, `"`, `\u003d`, "=", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\u002f`, "/", `\u002F`, "/", `\u003D`, "=", `\x22`, `"`)

// Unescape decodes the escapes of a quoted text as far as ids, addresses and values need.
func Unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	return quotedEscapes.Replace(text)
}

// maxShown bounds outside text in a reason, in bytes.
const maxShown = 100

// Shown returns outside text as a reason may hold it: bounded, and with what is not
// printable escaped.
func Shown(content string) string {
	quoted := strconv.Quote(Clip(content, maxShown))
	return quoted[1 : len(quoted)-1]
}

// Clip returns at most n bytes of a text, whole characters alone.
func Clip(content string, n int) string {
	if len(content) <= n {
		return content
	}
	for n > 0 && content[n]&0xc0 == 0x80 {
		n--
	}
	return content[:n] + "…"
}
