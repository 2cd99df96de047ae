package insight

import (
	"regexp"
	"strings"
	"unicode"

	"polltop/views"
)

const (
	patternMost = 200  // bounds a pattern, its "…" apart, in bytes: the first line of nearly all messages
	readMost    = 4096 // bounds how much of a message is looked at, in bytes
	passesMost  = 16   // bounds how often the rules are applied: two passes do for all but made-up messages
	idTurns     = 4    // how often an id changes between letters and digits at least: a model's name (wan26_i2v) up to three times
	// hexLeast, mixedLeast and wordMost are from how many characters on a word of hex digits, a part
	// of a word (between underscores) with letters and digits, and any word are taken for an id.
	hexLeast, mixedLeast, wordMost = 8, 16, 40
)

// rule takes something out of a text that distinguishes one task from another.
type rule func(text string) string

// replace returns a rule that replaces what an expression finds. A text without any of the
// characters of needs can't match.
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

// rules are applied in their order.
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
	// A number with its sign, then what they leave beside each other.
	replace(digits, `\d+(?:[.,:]\d+)*(?:e[-+]?\d+)?`, `#`),
	replace("-+", `(^|[\s(\[{=:,#])[-+]+#`, `$1#`),
	replace("#", `#(?:[.,:#]*#)+|#(?:, ?#)+`, `#`),
}

var (
	word = regexp.MustCompile(`\w+`)     // an id is a whole one
	runs = regexp.MustCompile(`\d+|\D+`) // of digits, and of other characters
	// measure is a size or a time, which changes between letters and digits too.
	measure = regexp.MustCompile(`^(?:\d+x)+\d+\w*$|^(?:\d+(?:d|h|m|s|ms))+\d*$`)
)

// Pattern returns what is left of an error message when all that is of one task alone is taken
// out, so that messages about the same trouble have the same pattern. Numbers, ids, UUIDs, hex and
// addresses become #, with the word that they are part of where there is one (GPU#); a list of
// numbers becomes one #. URLs, paths, file names and timestamps become <url>, <path>, <file> and
// <time>; what stands in quotes becomes "…". The other words stay as they are.
//
// A pattern is valid UTF-8 on one line, without control characters, at most some
// 200 bytes long, and its own pattern.
func Pattern(message string) string {
	text := clean(message)
	for range passesMost {
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

// hideIDs makes # of each word that is an id.
func hideIDs(text string) string {
	return word.ReplaceAllStringFunc(text, func(w string) string {
		if isID(w) {
			return "#"
		}
		return w
	})
}

// isID reports whether a word names one thing rather than a kind of things.
func isID(w string) bool {
	if len(w) > wordMost || strings.HasPrefix(w, "0x") || len(w) >= hexLeast && strings.Trim(w, digits+"abcdefABCDEF") == "" {
		return true
	}
	if !strings.ContainsAny(w, digits) {
		return false
	}
	turns := 0
	for part := range strings.SplitSeq(w, "_") {
		n := len(runs.FindAllString(part, -1)) - 1
		if n > 0 && len(part) >= mixedLeast {
			return true
		}
		turns += max(n, 0)
	}
	return turns >= idTurns && !measure.MatchString(w)
}

// clean returns the start of a message as valid UTF-8, with one space for what is not printed.
func clean(message string) string {
	message, _ = views.TruncateBytes(message, readMost)
	printed := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, message)
	return strings.Join(strings.Fields(printed), " ")
}

// unquote takes away quotes around a whole message: nothing would be left of it otherwise.
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

// cut returns the start of a text that is longer than a pattern may be.
func cut(text string) string {
	if len(strings.TrimSuffix(text, "…")) <= patternMost {
		return text
	}
	text, _ = views.TruncateBytes(text, patternMost)
	return strings.TrimRight(text, " ") + "…"
}
