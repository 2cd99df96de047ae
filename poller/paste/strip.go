package paste

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// line is a line of a text without what terminals and tools add to it.
type line struct {
	number int
	// text is the line without escape sequences, links and the prefixes that group lines,
	// bare also without bullets, times, levels and prompts.
	text, bare, raw string // raw is the line as it came
	// group names the process that wrote the line, as compose and kubectl do.
	group string
	// indent counts the blanks before bare; bullet says that one stood there, prompt that
	// a shell's prompt did, and timed that a time or a process did, as in logs.
	indent                int
	bullet, prompt, timed bool
	cells                 bool // cells of an HTML table stand in it
}

func (l *line) blank() bool { return l.bare == "" }

// inner returns the line as a part of a value over several lines.
func (l *line) inner() string {
	if l.timed {
		return l.bare
	}
	return trimBlanks(l.text)
}

const (
	// mostPrefixes bounds how often prefixes are taken off one line, maxPrefix the length
	// of one, in bytes.
	mostPrefixes, maxPrefix = 16, 120
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
	htmlTag   = regexp.MustCompile(`<[^>]*>`)
	prompt    = regexp.MustCompile(`^(?:(?:\([\w.-]+\) ?)?(?:PS )?[A-Za-z]:\\[^>\n]{0,80}>|(?:>>>|\.\.\.)(?: |$)|[\w.@:~/\[\]-]{0,60} ?[$❯➜](?: |$)|[A-Za-z][\w-]{0,20}(?:\([^)]{0,40}\))?[:\d]*[=-]?[>#](?: |$)|(?:In|Out) ?\[\d+\]: ?|=> )\s*`)
	process   = regexp.MustCompile(`^(?:[\w.-]{1,60} )?[\w./-]{1,40}\[\d+\]: ?`)
	times     = regexp.MustCompile(`^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d|(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)[\])]?(?:[ :]|$)[ :]*(?:[Z+-][0-9:]* |UTC )?(?:- )?`)
	bullets   = set("- * + • · ▪ ◦ ‣")
	signs     = set("✓ ✔ ✗ ✘ × ● ○ ◌ ▌ ▸ › → ⚠ ⚠️ ✅ ❌ ⏳ 🔄 [] [x] [X] [✓] [✔]")
	logLevels = set("trace debug dbg info inf notice warn warning wrn error err fatal critical")
	months    = set("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
)

// clean returns a line without escape sequences, and with the targets of links to requests
// in place of the texts that show them.
func (p *parser) clean(text string) string {
	if strings.Contains(text, "://") {
		for _, link := range links {
			if strings.Contains(text, link.mark) {
				text = p.openLinks(link.form, text)
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
func (p *parser) openLinks(form *regexp.Regexp, text string) string {
	return form.ReplaceAllStringFunc(text, func(found string) string {
		m := form.FindStringSubmatch(found)
		to, shown := html.UnescapeString(m[form.SubexpIndex("to")]), m[form.SubexpIndex("text")]
		switch a := p.address(to); {
		case a != nil && a.id != "":
			return " " + to + " "
		case a != nil:
			return " " + to + " " + shown + " "
		}
		return shown
	})
}

// strip returns a line without its prefixes.
func (p *parser) strip(number int, text string) line {
	l := line{number: number}
	text = strings.TrimRight(p.clean(text), " \t\r")
	l.text = untilNone(text, l.groupPrefix)
	if strings.Contains(l.text, "<t") && !isComment(&l) && cellTag.MatchString(l.text) {
		l.cells, l.text = true, strings.TrimLeft(htmlTag.ReplaceAllString(cellTag.ReplaceAllString(l.text, "\t<"), ""), " ")
	} else if strings.Contains(l.text, "</") {
		l.text = html.UnescapeString(element.ReplaceAllString(inline.ReplaceAllString(l.text, " "), "$1: $2"))
	}
	l.bare = trimBlanks(l.text)
	l.indent = len(l.text) - len(l.bare)
	l.bare = strings.TrimLeft(untilNone(l.bare, l.textPrefix), " \t")
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

// groupPrefix returns how long the prefix is that tools put before lines of any kind: the
// name of a process, the sign of a quotation in mail, of curl.
func (l *line) groupPrefix(t string) int {
	word, rest, _ := strings.Cut(t, " ")
	switch {
	case t[0] == '>':
		return len(t) - len(strings.TrimPrefix(t[1:], " "))
	case word == "<" || word == "*":
		l.bullet = word == "*"
		return len(t) - len(strings.TrimLeft(rest, " "))
	case strings.HasSuffix(word, "]") && (strings.HasPrefix(word, "[pod/") || strings.HasPrefix(word, "[container/")):
		l.group = word
		return len(t) - len(rest)
	}
	after, ok := strings.CutPrefix(strings.TrimLeft(rest, " "), "|")
	if dash := strings.LastIndexByte(word, '-'); ok && dash > 0 && isNumeral(word[dash+1:]) && isKey(word) && (after == "" || after[0] == ' ') {
		l.group = word
		return len(t) - len(strings.TrimPrefix(after, " "))
	}
	return 0
}

// textPrefix returns how long the prefix is that is a part of the text, as a table or a
// block may need it: bullets, list numbers, check boxes, times, levels, processes, prompts.
func (l *line) textPrefix(t string) int {
	word, rest, _ := strings.Cut(t, " ")
	after := len(t) - len(trimBlanks(rest))
	level := strings.ToLower(strings.Trim(word[:strings.IndexByte(word+":", ':')], "[]"))
	switch end := word[max(0, len(word)-1):]; {
	case bullets[word], (end == "." || end == ")") && len(word) <= 6 && isNumeral(strings.Trim(word, "(.)")):
		l.bullet = true
		return after
	case signs[word], end == ":" && len(word) > 2 && word[0] == ':':
		return after
	case word == "[" && strings.HasPrefix(rest, "] "):
		return len(t) - len(strings.TrimLeft(rest[1:], " "))
	case isDigit(t[0]) || t[0] == '[' || t[0] == '(' || months[word]:
		from := 0
		if months[word] && len(rest) > 3 {
			from = after + 1 + strings.IndexByte(t[after:], ' ')
		}
		if n := len(times.FindString(t[from:])) + from; n > from {
			l.timed = true
			return n
		}
	case logLevels[level] && len(level)+3 > len(word):
		return after + 2*min(1, strings.Count(t[after:min(len(t), after+2)], "- "))
	case logLevels[level]:
		return strings.IndexByte(t, ':') + 1 // INFO:root:
	}
	if strings.Contains(t, "]:") {
		if n := len(process.FindString(t)); n > 0 {
			l.timed = true
			return n
		}
	}
	if strings.ContainsAny(t, "$>#❯➜") || strings.HasPrefix(t, "...") || strings.Contains(t, "]: ") {
		n := len(prompt.FindString(t))
		l.prompt = l.prompt || n > 0
		return n
	}
	return 0
}
