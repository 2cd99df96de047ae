package insight

import (
	"regexp"
	"strings"
	"unicode"

	"polltop/views"
)

const (
	maxPattern = 200  // bounds a pattern without its "…", in bytes: the first line of nearly all messages
	maxMessage = 4096 // bounds how much of a message is read, in bytes
	maxPasses  = 16   // bounds how often the rules are applied: two passes suffice for real messages
	minChanges = 4    // the least number of changes between letters and digits in an id: a model's name has up to three
	// minHex, minMixed and minWord are the lengths from which on a word of hex digits, a part of a
	// word (between underscores) with letters and digits, and any word count as an id.
	minHex, minMixed, minWord = 8, 16, 41
)

// rule replaces what distinguishes one task's message from another's.
type rule func(text string) string

// replace returns a rule that replaces the matches of an expression, which needs one of the
// characters of needs to match.
func replace(needs, find, with string) rule {
	expression := regexp.MustCompile(find)
	return func(text string) string {
		if !strings.ContainsAny(text, needs) {
			return text
		}
		return expression.ReplaceAllString(text, with)
	}
}

const digits = "0123456789"

// rules are applied in this order.
var rules = []rule{
	replace("\"", `(^|[^\pL\pN#])"[^"]*"`, `$1"…"`),
	replace("'", `(^|[^\pL\pN#])'[^']*'`, `$1'…'`),
	replace("`", "(^|[^\\pL\\pN#])`[^`]*`", "$1`…`"),
	replace("“", `“[^”]*”`, `“…”`),
	replace(":", `(?i)\bdata:[^\s,]*,[^\s"'<>]+|\b[a-z][a-z0-9+.-]*://[^\s"'<>]*[^\s"'<>.,;:!?)\]}…]`, `<url>`),
	replace(",", `\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b`, `<time>`),
	replace("-/", `\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?)?`, `<time>`),
	replace("-", `\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`, `#`),
	replace("@", `[\w.+-]+@[\w-]+(?:\.[\w-]+)+`, `#`),
	replace("/", `(^|[\s=(\[{,:])(?:~|\.{1,2})?/[^\s"'<>,;:()]*[^\s"'<>.,;:!?()\]}…]`, `$1<path>`),
	replace("/\\", `\b[A-Za-z]:\\[^\s"'<>]+|\b[\w.~-]+(?:/[\w.~-]+){2,}`, `<path>`),
	replace(".", `(?i)\b[\w-]+(?:\.[\w-]+)*\.(?:png|jpe?g|webp|gif|bmp|tiff?|svg|mp4|mov|webm|mkv|avi|wav|mp3|flac|ogg|glb|obj|txt|csv|json|ya?ml|zip|tar|gz|py|js|safetensors|ckpt|pth|bin)\b`, `<file>`),
	hideIDs,
	// Numbers, their signs, and lists of numbers.
	replace(digits, `\d+(?:[.,:]\d+)*(?:e[-+]?\d+)?`, `#`),
	replace("-+", `(^|[\s(\[{=:,#])[-+]+#`, `$1#`),
	replace("#", `#(?:[.,:#]*#)+|#(?:, ?#)+`, `#`),
}

var (
	word = regexp.MustCompile(`\w+`)
	runs = regexp.MustCompile(`\d+|\D+`) // of digits, and of other characters
	// measure matches sizes and times, which change between letters and digits as ids do.
	measure = regexp.MustCompile(`^(?:\d+x)+\d+\w*$|^(?:\d+(?:d|h|m|s|ms))+\d*$`)
)

// Pattern returns an error message without what is of one task alone, so that messages about the same
// trouble have the same pattern. Numbers, ids, UUIDs, hex and mail addresses become #, and so does a
// list of numbers. URLs, paths, file names and timestamps become <url>, <path>, <file> and <time>.
// Quoted text becomes "…". Other words stay.
//
// A pattern is valid UTF-8 on one line, without control characters, of about 200 bytes at most. It
// is its own pattern.
func Pattern(message string) string {
	text := clean(message)
	for range maxPasses {
		next := unquote(text)
		for _, apply := range rules {
			next = apply(next)
		}
		if next = cut(next); next == text {
			break
		}
		text = next
	}
	return text
}

// hideIDs replaces each word that is an id by #.
func hideIDs(text string) string {
	return word.ReplaceAllStringFunc(text, func(w string) string {
		if isID(w) {
			return "#"
		}
		return w
	})
}

// isID reports whether a word identifies one thing, by its length and its mix of letters and digits.
func isID(w string) bool {
	if len(w) >= minWord || strings.HasPrefix(w, "0x") || len(w) >= minHex && strings.Trim(w, digits+"abcdefABCDEF") == "" {
		return true
	}
	if !strings.ContainsAny(w, digits) {
		return false
	}
	changes := 0
	for part := range strings.SplitSeq(w, "_") {
		n := len(runs.FindAllString(part, -1)) - 1
		if n > 0 && len(part) >= minMixed {
			return true
		}
		changes += max(n, 0)
	}
	return changes >= minChanges && !measure.MatchString(w)
}

// clean returns the start of a message as valid UTF-8, with one space for characters that do not print.
func clean(message string) string {
	message, _ = views.TruncateBytes(message, maxMessage)
	printed := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, message)
	return strings.Join(strings.Fields(printed), " ")
}

// unquote removes quotes around a whole message, which would become "…" otherwise.
func unquote(text string) string {
	for len(text) >= 2 && strings.IndexByte("\"'`", text[0]) >= 0 && text[0] == text[len(text)-1] {
		inner := text[1 : len(text)-1]
		if strings.Contains(inner, text[:1]) || inner == "…" {
			break
		}
		text = strings.TrimSpace(inner)
	}
	return text
}

// cut shortens a text to the length of a pattern.
func cut(text string) string {
	if len(strings.TrimSuffix(text, "…")) <= maxPattern {
		return text
	}
	text, _ = views.TruncateBytes(text, maxPattern)
	return strings.TrimRight(text, " ") + "…"
}
