package lines

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller/paste/word"
	"polltop/poller/queue"
)

const (
	// mostPrefixes bounds how often prefixes are taken off one line, maxPrefix the length
	// of one, in bytes.
	mostPrefixes, maxPrefix = 16, 120
	// maxListNumber bounds the length of the number of an item in a list, in bytes.
	maxListNumber = 6
)

var (
	// links are the forms in which a text shows a link: the text without which a line has
	// none, and the form, with the target and the text shown as groups.
	links = []struct {
		mark string
		form *regexp.Regexp
	}{
		{"\x1b]8;", regexp.MustCompile(`\x1b\]8;[^;\x07\x1b]*;(?P<to>[^\x07\x1b]*)(?:\x07|\x1b\\)(?P<text>[^\x1b]*(?:\x1b\[[0-9;]*m[^\x1b]*)*)\x1b\]8;[^;\x07\x1b]*;(?:\x07|\x1b\\)`)},
		{"](", regexp.MustCompile(`\[(?P<text>[^\]\[]*)\]\(<?(?P<to>https?://[^)\s>]+)>?\)`)},
		{"|", regexp.MustCompile(`<(?P<to>https?://[^|>\s]+)\|(?P<text>[^>]*)>`)},
		{"href=", regexp.MustCompile(`(?i)<a\s[^>]*?href="(?P<to>[^"]*)"[^>]*>(?P<text>.*?)</a>`)},
	}
	caret     = regexp.MustCompile(`\^\[\[[0-9;]*[A-Za-z]`)
	written   = regexp.MustCompile(`\[[0-9][0-9;]{0,11}m`)
	odd       = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u00a0", " ", "\u202f", " ", "\x00", "", "&nbsp;", " ", "&quot;", `"`, "‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-")
	element   = regexp.MustCompile(`<([\w:.-]+)(?:\s[^<>]*)?>([^<>]+)</[\w:.-]+>`)
	inline    = regexp.MustCompile(`(?i)</?(?:b|i|u|p|li|ul|ol|em|strong|code|pre|span|div|br|h[1-6])(?:\s[^<>]*)?/?>`)
	cellTag   = regexp.MustCompile(`<t[dh]\b`)
	comment   = regexp.MustCompile(`<!--.*?(?:-->|$)`)
	htmlTag   = regexp.MustCompile(`<[^>]*>`)
	prompt    = regexp.MustCompile(`^(?:(?:\([\w.-]+\) ?)?(?:PS )?[A-Za-z]:\\[^>\n]{0,80}>|(?:>>>|\.\.\.)(?: |$)|[\w.@:~/\[\]-]{0,60} ?[$❯➜](?: |$)|[A-Za-z][\w-]{0,20}(?:\([^)]{0,40}\))?[:\d]*[=-]?[>#](?: |$)|(?:In|Out) ?\[\d+\]: ?|=> )\s*`)
	process   = regexp.MustCompile(`^(?:[\w.-]{1,60} )?[\w./-]{1,40}\[\d+\]: ?`)
	times     = regexp.MustCompile(`^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d|(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)[\])]?(?:[ :]|$)[ :]*(?:[Z+-][0-9:]* |UTC )?(?:- )?`)
	bullets   = word.Set("- * + • · ▪ ◦ ‣")
	signs     = word.Set("✓ ✔ ✗ ✘ × ● ○ ◌ ▌ ▸ › → ⚠ ⚠️ ✅ ❌ ⏳ 🔄 [] [x] [X] [✓] [✔]")
	logLevels = word.Set("trace debug dbg info inf notice warn warning wrn error err fatal critical")
	months    = word.Set("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
)

// clean returns a line without escape sequences, and with the targets of links to requests
// in place of the texts that show them.
func (s *Stripper) clean(text string) string {
	if strings.Contains(text, "://") {
		for _, link := range links {
			if strings.Contains(text, link.mark) {
				text = s.openLinks(link.form, text)
			}
		}
	}
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = ansi.Strip(text)
	}
	if strings.IndexByte(text, '[') >= 0 && (strings.Contains(text, "^[[") || written.MatchString(text)) {
		text = written.ReplaceAllString(caret.ReplaceAllString(text, ""), "")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || r == '&' || r == 0 }) {
		text = odd.Replace(text)
	}
	return text
}

// openLinks puts the targets of links that name a request in the place of their texts, and
// other targets before them.
func (s *Stripper) openLinks(form *regexp.Regexp, text string) string {
	return form.ReplaceAllStringFunc(text, func(found string) string {
		m := form.FindStringSubmatch(found)
		to, shown := html.UnescapeString(m[form.SubexpIndex("to")]), m[form.SubexpIndex("text")]
		switch a := word.ReadPlace(to, s.Bases); {
		case a != nil && a.ID != "":
			return " " + to + " "
		case a != nil:
			return " " + to + " " + shown + " "
		}
		return shown
	})
}

// Stripper takes off lines what terminals and tools add. A link is replaced by its target
// where that is the address of a request, which the bases tell.
type Stripper struct{ Bases []*queue.Base }

// Strip returns a line without its prefixes.
func (s *Stripper) Strip(number int, text string) Line {
	l := Line{Number: number, Raw: text}
	if strings.Contains(text, "<!--") {
		text = comment.ReplaceAllString(text, "")
	}
	l.Text = untilNone(strings.TrimRight(s.clean(text), " \t\r"), l.groupPrefix)
	if strings.Contains(l.Text, "<t") && cellTag.MatchString(l.Text) {
		l.Cells, l.Text = true, strings.TrimLeft(htmlTag.ReplaceAllString(cellTag.ReplaceAllString(l.Text, "\t<"), ""), " ")
	} else if strings.Contains(l.Text, "</") {
		l.Text = html.UnescapeString(element.ReplaceAllString(inline.ReplaceAllString(l.Text, " "), " $1: $2 "))
	}
	l.Bare = word.TrimBlanks(l.Text)
	l.Indent = len(l.Text) - len(l.Bare)
	l.Bare = word.TrimBlanks(untilNone(l.Bare, l.textPrefix))
	return l
}

// untilNone takes prefixes off a text, again and again.
func untilNone(text string, prefix func(string) int) string {
	for range mostPrefixes {
		n := 0
		if text != "" {
			n = prefix(text[:min(len(text), maxPrefix)])
		}
		if n == 0 || n == maxPrefix {
			break
		}
		text = text[n:]
	}
	return text
}
