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
	// text is the line without escape sequences, links and the prefixes that group
	// lines, bare also without bullets, times, levels and prompts.
	text, bare string
	// group names the process that wrote the line, as compose and kubectl do.
	group string
	// indent counts the blanks before bare; bullet says that one stood there.
	indent int
	bullet bool
	// prompt says that a shell's prompt stood before the text, and timed that a time
	// or a process did, as in logs.
	prompt, timed bool
	expanded      bool // its variables have their values
}

func (l *line) blank() bool { return l.bare == "" }

// inner returns the line as a part of a value or block over several lines.
func (l *line) inner() string {
	if l.timed {
		return l.bare
	}
	return strings.TrimLeft(l.text, " \t")
}

const (
	// mostPrefixes bounds how often prefixes are taken off one line.
	mostPrefixes = 16
	// maxPrefix bounds the length of one, in bytes.
	maxPrefix = 120
)

// link is a form in which a text shows a link.
type link struct {
	mark          string // without which a line holds none
	form          *regexp.Regexp
	target, shown int // groups of form
}

var (
	links = []link{
		{"\x1b]8;", regexp.MustCompile(`\x1b\]8;[^;\x07\x1b]*;([^\x07\x1b]*)(?:\x07|\x1b\\)([^\x1b]*(?:\x1b\[[0-9;]*m[^\x1b]*)*)\x1b\]8;[^;\x07\x1b]*;(?:\x07|\x1b\\)`), 1, 2},
		{"](", regexp.MustCompile(`\[([^\]\[]*)\]\(<?(https?://[^)\s>]+)>?\)`), 2, 1},
		{"|", regexp.MustCompile(`<(https?://[^|>\s]+)\|([^>]*)>`), 1, 2},
		{"href=", regexp.MustCompile(`(?i)<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>`), 1, 2},
	}
	written   = regexp.MustCompile(`\^\[\[[0-9;]*[A-Za-z]|\[[0-9]{1,3}(?:;[0-9]{1,3})*m`)
	dashes    = regexp.MustCompile(`[0-9a-fA-F]{8}(?:[‐-―−-][0-9a-fA-F]{4}){3}[‐-―−-][0-9a-fA-F]{12}`)
	anyDash   = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-")
	invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u00a0", " ", "\u202f", " ", "\x00", "", "&nbsp;", " ", "&quot;", `"`)
	element   = regexp.MustCompile(`^<([\w:.-]+)[^<>]*>([^<>]*)</[\w:.-]+>$`)
	inline    = regexp.MustCompile(`(?i)</?(?:b|i|u|p|li|ul|ol|em|strong|code|pre|span|div|br|h[1-6])(?:\s[^<>]*)?/?>`)
	phpString = regexp.MustCompile(`\bstring\(\d+\) "`)
)

// clean returns a line without escape sequences, and with the targets of links in
// place of the texts that show them.
func (p *parser) clean(text string) string {
	if strings.Contains(text, "://") {
		for _, k := range links {
			if strings.Contains(text, k.mark) {
				text = p.openLinks(k, text)
			}
		}
	}
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = ansi.Strip(text)
	}
	if strings.IndexByte(text, '[') >= 0 && strings.IndexByte(text, 'm') >= 0 || strings.Contains(text, "^[[") {
		text = written.ReplaceAllString(text, "")
	}
	if strings.Contains(text, "</") {
		text = inline.ReplaceAllString(text, " ")
	}
	if strings.Contains(text, "string(") {
		text = phpString.ReplaceAllString(text, `"`)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || r == '&' || r == 0 }) {
		text = dashes.ReplaceAllStringFunc(invisible.Replace(text), anyDash.Replace)
	}
	return text
}

// openLinks puts the targets of links before their texts, and drops the text of a link
// to a request.
func (p *parser) openLinks(k link, text string) string {
	return k.form.ReplaceAllStringFunc(text, func(found string) string {
		m := k.form.FindStringSubmatch(found)
		to := html.UnescapeString(m[k.target])
		if a := p.address(to, 0); a != nil && a.id != "" {
			return " " + to + " "
		}
		if strings.HasPrefix(to, "http") {
			return " " + to + " " + m[k.shown] + " "
		}
		return m[k.shown]
	})
}

// prefix is a kind of text at a line's front.
type prefix struct {
	form *regexp.Regexp
	// starts holds the bytes with which the prefix can begin, and needs those of
	// which one must be in it; "" for all.
	starts, needs string
	mark          func(l *line, found string)
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// groupPrefixes are those that tools put before lines of any kind.
var groupPrefixes = []prefix{
	{regexp.MustCompile(`^[A-Za-z][\w.-]{0,60}-\d{1,4}\s+\|(?:\s|$)`), letters, "|", func(l *line, found string) { l.group = strings.TrimRight(found, " \t|") }},
	{regexp.MustCompile(`^\[(?:pod|container)/[^\]\s]{1,200}\]\s?`), "[", "/", func(l *line, found string) { l.group = strings.TrimSpace(found) }},
	{regexp.MustCompile(`^(?:>\s?)+`), ">", "", nil},
	{regexp.MustCompile(`^[<*](?:\s|$)\s?`), "<*", "", func(l *line, found string) { l.bullet = found[0] == '*' }},
}

// textPrefixes are those that are a part of the text: a table or a block may need them.
var textPrefixes = []prefix{
	// bullets, list numbers, check boxes
	{regexp.MustCompile(`^(?:[-*+•·▪◦‣]|\d{1,4}[.)]|\(\d{1,4}\))(?:\s+|$)`), "-*+\xe2\xc2(" + digits, "", func(l *line, _ string) { l.bullet = true }},
	{regexp.MustCompile(`^\[[ xX✓✔]?\](?:\s+|$)`), "[", "", nil},
	// times
	{regexp.MustCompile(`^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|\d\d:\d\d:\d\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\])]?(?:[ ]|: | - |$)\s*(?:- )?`), "[(JFMASOND" + digits, "", setTimed},
	// host process[1]:
	{regexp.MustCompile(`^(?:[\w.-]{1,60} )?[\w./-]{1,40}\[\d+\]: ?`), letters + digits, "]", setTimed},
	// levels
	{regexp.MustCompile(`^(?i:\[\s?)?(?:TRACE|DEBUG|DBG|INFO|INF|NOTICE|WARN|WARNING|WRN|ERROR|ERR|FATAL|CRITICAL|trace|debug|info|notice|warn|warning|error|fatal)(?:\s?\])?(?::|\s|$)\s*(?:- )?`), "[TDINWEFCtdinwefc", "", nil},
	// prompts
	{regexp.MustCompile(`^(?:(?:\([\w.-]+\) ?)?(?:PS )?[A-Za-z]:\\[^>\n]{0,80}>|(?:>>>|\.\.\.)(?: |$)|[\w.@:~/\[\]-]{0,60} ?[$❯➜](?: |$)|[A-Za-z][\w-]{0,20}(?:\([^)]{0,40}\))?[:\d]*[=-]?[>#](?: |$)|(?:In|Out) ?\[\d+\]: ?|=> )\s*`), "", "$>#\xe2:.", func(l *line, _ string) { l.prompt = true }},
	// signs
	{regexp.MustCompile(`^(?:[✓✔✗✘×●○◌▌▸›→⚠✅❌⏳🔄]️?|:[a-z_]+:)\s+`), ":\xe2\xf0\xc3", "", nil},
}

var history = regexp.MustCompile(`^\s*\d{1,6}\*?  ([a-z./$"])`)

func setTimed(l *line, _ string) { l.timed = true }

// strip returns a line without its prefixes.
func (p *parser) strip(number int, text string) line {
	l := line{number: number}
	text = strings.TrimRight(p.clean(text), " \t\r")
	text = takePrefixes(&l, text, groupPrefixes)
	l.text = text
	if history.MatchString(text) {
		text = strings.TrimLeft(strings.TrimLeft(text, " \t"), "0123456789*")
	}
	l.bare = strings.TrimLeft(text, " \t")
	l.indent = len(text) - len(l.bare)
	l.bare = strings.TrimLeft(takePrefixes(&l, l.bare, textPrefixes), " \t")
	if strings.HasPrefix(l.bare, "<") {
		if m := element.FindStringSubmatch(l.bare); m != nil && m[2] != "" {
			l.bare = m[1] + ": " + html.UnescapeString(m[2])
			l.text = l.bare
		}
	}
	return l
}

// takePrefixes takes prefixes off a text, again and again.
func takePrefixes(l *line, text string, kinds []prefix) string {
	for range mostPrefixes {
		before := len(text)
		for _, k := range kinds {
			if text == "" || k.starts != "" && strings.IndexByte(k.starts, text[0]) < 0 {
				continue
			}
			head := text[:min(len(text), maxPrefix)]
			if k.needs != "" && !strings.ContainsAny(head, k.needs) {
				continue
			}
			if found := k.form.FindString(head); found != "" && len(found) < maxPrefix {
				text = text[len(found):]
				if k.mark != nil {
					k.mark(l, found)
				}
			}
		}
		if len(text) == before {
			break
		}
	}
	return text
}
