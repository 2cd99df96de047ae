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
}

func (l *line) blank() bool { return l.bare == "" }

const (
	// mostPrefixes bounds how many prefixes are taken off one line.
	mostPrefixes = 16
	// maxPrefix bounds the length of one, in bytes.
	maxPrefix = 120
)

var (
	written   = regexp.MustCompile(`\^\[\[[0-9;]*[A-Za-z]|\[[0-9]{1,3}(?:;[0-9]{1,3})*m`)
	osc8      = regexp.MustCompile(`\x1b\]8;[^;\x07\x1b]*;([^\x07\x1b]*)(?:\x07|\x1b\\)([^\x1b]*(?:\x1b\[[0-9;]*m[^\x1b]*)*)\x1b\]8;[^;\x07\x1b]*;(?:\x07|\x1b\\)`)
	mdLink    = regexp.MustCompile(`\[([^\]\[]*)\]\(<?(https?://[^)\s>]+)>?\)`)
	anchor    = regexp.MustCompile(`(?i)<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>`)
	inline    = regexp.MustCompile(`(?i)</?(?:b|i|u|p|li|ul|ol|em|strong|code|pre|span|div|br|h[1-6])(?:\s[^<>]*)?/?>`)
	slackLink = regexp.MustCompile(`<(https?://[^|>\s]+)\|([^>]*)>`)
	dashes    = regexp.MustCompile(`[0-9a-fA-F]{8}([‐-―−]|-)[0-9a-fA-F]{4}([‐-―−]|-)[0-9a-fA-F]{4}([‐-―−]|-)[0-9a-fA-F]{4}([‐-―−]|-)[0-9a-fA-F]{12}`)
	anyDash   = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-")
	invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u00a0", " ", "\u202f", " ", "\x00", "", "&nbsp;", " ", "&quot;", `"`)
)

// clean returns a line without escape sequences, and with the targets of links in
// place of the texts that show them.
func (p *parser) clean(text string) string {
	if strings.IndexByte(text, 0x1b) >= 0 {
		if strings.Contains(text, "\x1b]8;") {
			text = p.links(osc8, text, 1, 2)
		}
		text = ansi.Strip(text)
	}
	if hasWritten(text) {
		text = written.ReplaceAllString(text, "")
	}
	if strings.Contains(text, "://") {
		if strings.Contains(text, "](") {
			text = p.links(mdLink, text, 2, 1)
		}
		if strings.Contains(text, "|") {
			text = p.links(slackLink, text, 1, 2)
		}
		if strings.Contains(text, "href=") {
			text = p.links(anchor, text, 1, 2)
		}
	}
	if strings.Contains(text, "</") {
		text = inline.ReplaceAllString(text, " ")
	}
	if !isASCII(text) || strings.Contains(text, "&") || strings.IndexByte(text, 0) >= 0 {
		text = invisible.Replace(text)
		text = dashes.ReplaceAllStringFunc(text, anyDash.Replace)
	}
	return text
}

// hasWritten tells cheaply whether escape sequences may be written out in a text.
func hasWritten(text string) bool {
	for i := strings.IndexByte(text, '['); i >= 0 && i+1 < len(text); {
		if b := text[i+1]; b >= '0' && b <= '9' || i > 0 && text[i-1] == '^' {
			return true
		}
		next := strings.IndexByte(text[i+1:], '[')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// links puts the targets of links before their texts, and drops the text of a link to
// a request.
func (p *parser) links(form *regexp.Regexp, text string, target, shown int) string {
	return form.ReplaceAllStringFunc(text, func(link string) string {
		m := form.FindStringSubmatch(link)
		to := html.UnescapeString(m[target])
		if a := p.address(to, 0); a != nil && (a.isRequest() || a.page) {
			return " " + to + " "
		}
		if strings.HasPrefix(to, "http") {
			return " " + to + " " + m[shown] + " "
		}
		return m[shown]
	})
}

var (
	quote     = regexp.MustCompile(`^(?:>\s?)+`)
	composed  = regexp.MustCompile(`^[A-Za-z][\w.-]{0,60}-\d{1,4}\s+\|(?:\s|$)`)
	kubectl   = regexp.MustCompile(`^\[(?:pod|container)/[^\]\s]{1,200}\]\s?`)
	clock     = regexp.MustCompile(`^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|\d\d:\d\d:\d\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\])]?(?:[ ]|: | - |$)\s*(?:- )?`)
	process   = regexp.MustCompile(`^(?:[\w.-]{1,60} )?[\w./-]{1,40}\[\d+\]: ?`)
	level     = regexp.MustCompile(`^(?i:\[\s?)?(?:TRACE|DEBUG|DBG|INFO|INF|NOTICE|WARN|WARNING|WRN|ERROR|ERR|FATAL|CRITICAL|trace|debug|info|notice|warn|warning|error|fatal)(?:\s?\])?(?::|\s|$)\s*(?:- )?`)
	prompts   = regexp.MustCompile(`^(?:(?:\([\w.-]+\) ?)?(?:PS )?[A-Za-z]:\\[^>\n]{0,80}>|(?:>>>|\.\.\.)(?: |$)|[\w.@:~/\[\]-]{0,60} ?[$❯➜](?: |$)|[A-Za-z][\w-]{0,20}(?:\([^)]{0,40}\))?[:\d]*[=-]?[>#](?: |$)|(?:In|Out) ?\[\d+\]: ?|=> )\s*`)
	history   = regexp.MustCompile(`^\s*\d{1,6}\*?  ([a-z./$"])`)
	listed    = regexp.MustCompile(`^(?:[-*+•·▪◦‣]|\d{1,4}[.)]|\(\d{1,4}\))(?:\s+|$)`)
	checkBox  = regexp.MustCompile(`^\[[ xX✓✔]?\](?:\s+|$)`)
	curlMarks = regexp.MustCompile(`^[<*](?:\s|$)\s?`)
	signs     = regexp.MustCompile(`^(?:[✓✔✗✘×●○◌▌▸›→⚠✅❌⏳🔄]️?|:[a-z_]+:)\s+`)
)

// prefix is a kind of text at a line's front.
type prefix struct {
	form *regexp.Regexp
	// starts holds the bytes with which the prefix can begin, and needs those of
	// which one must be in it; "" for all.
	starts, needs string
	mark          func(l *line, found string)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// outer are the prefixes that tools put before lines of any kind.
var outer = []prefix{
	{composed, letters, "|", func(l *line, found string) { l.group = strings.TrimRight(found, " \t|") }},
	{kubectl, "[", "/", func(l *line, found string) { l.group = strings.TrimSpace(found) }},
	{quote, ">", "", nil},
	{curlMarks, "<*", "", func(l *line, found string) { l.bullet = found[0] == '*' }},
}

// inner are those that are a part of the text: a table or a block may need them.
var inner = []prefix{
	{listed, "-*+\xe2\xc20123456789(", "", func(l *line, _ string) { l.bullet = true }},
	{checkBox, "[", "", nil},
	{clock, "[(0123456789JFMASOND", "", setTimed},
	{process, letters + "0123456789", "]", setTimed},
	{level, "[TDINWEFCtdinwefc", "", nil},
	{prompts, "", "$>#\xe2:.", func(l *line, _ string) { l.prompt = true }},
	{signs, ":\xe2\xf0\xc3", "", nil},
}

func setTimed(l *line, _ string) { l.timed = true }

// inner returns the line as a part of a value or block over several lines.
func (l *line) inner() string {
	if l.timed {
		return l.bare
	}
	return strings.TrimLeft(l.text, " \t")
}

// strip returns a line without its prefixes.
func (p *parser) strip(number int, text string) line {
	l := line{number: number}
	text = strings.TrimRight(p.clean(text), " \t\r")
	text = takePrefixes(&l, text, outer)
	l.text = text
	if history.MatchString(text) {
		text = strings.TrimLeft(strings.TrimLeft(text, " \t"), "0123456789*")
	}
	l.bare = strings.TrimLeft(text, " \t")
	l.indent = len(text) - len(l.bare)
	l.bare = takePrefixes(&l, l.bare, inner)
	l.indent = max(l.indent, 0)
	return l
}

// takePrefixes takes prefixes off a text, again and again.
func takePrefixes(l *line, text string, kinds []prefix) string {
	for range mostPrefixes {
		before := len(text)
		if kindsInner := &kinds[0] == &inner[0]; kindsInner {
			trimmed := strings.TrimLeft(text, " \t")
			text = trimmed
		}
		if text == "" {
			break
		}
		for _, k := range kinds {
			if text == "" || k.starts != "" && strings.IndexByte(k.starts, text[0]) < 0 {
				continue
			}
			head := text[:min(len(text), maxPrefix)]
			if k.needs != "" && !strings.ContainsAny(head, k.needs) {
				continue
			}
			found := k.form.FindString(head)
			if found == "" || len(found) == maxPrefix {
				continue
			}
			text = text[len(found):]
			if k.mark != nil {
				k.mark(l, found)
			}
		}
		if len(text) == before {
			break
		}
	}
	return text
}
