package lines

import (
	"encoding/json"
	"regexp"
	"strings"

	"polltop/poller/paste/words"
)

// QuoteEnd returns the index of the quote q that closes the quoted text at from, -1 for none.
func QuoteEnd(text string, from int, q byte) int {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case q:
			return i
		case '\\':
			i++
		}
	}
	return -1
}

var (
	plainEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n", `\r`, "\n", `\t`, "\t", `\b`, "\b", `\f`, "\f", `\x22`, `"`)
	// escapes matches one of plainEscapes, or UTF-16 code units, two of which may be one character.
	escapes = regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4})+|\\(?:x22|.)`)
)

// Unescape decodes the escapes of JSON and a few others in a quoted text.
func Unescape(text string) string {
	switch {
	case !strings.Contains(text, `\`):
		return text
	case !strings.Contains(text, `\u`):
		return plainEscapes.Replace(text)
	}
	return escapes.ReplaceAllStringFunc(text, func(escape string) string {
		var decoded string
		if strings.HasPrefix(escape, `\u`) && json.Unmarshal([]byte(`"`+escape+`"`), &decoded) == nil {
			return decoded
		}
		return plainEscapes.Replace(escape)
	})
}

// Uncomment cuts the comments off with which a text in a group begins.
func Uncomment(text string) (rest, comments string) {
	rest = text
	for strings.HasPrefix(rest, "/*") {
		_, rest, _ = strings.Cut(rest[2:], "*/")
		rest = words.TrimBlanks(rest)
	}
	if strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "# ") {
		rest = ""
	}
	return rest, text[:len(text)-len(rest)]
}

// CutComment cuts off the comment at the end of a line, unless its sign stands in a quoted text.
func CutComment(line string) (text, comment string) {
	if !strings.Contains(line, " # ") {
		return line, ""
	}
	var quote byte
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '\\':
			i++
		case b == quote:
			quote = 0
		case quote == 0 && (b == '"' || b == '`' || b == '\'' && (i == 0 || !words.IsAlnum(line[i-1]))):
			quote = b
		case quote == 0 && strings.HasPrefix(line[i:], " # "):
			return line[:i], line[i+3:]
		}
	}
	return line, ""
}
