package lines

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// Line is a line of a text without what terminals and tools add to it.
type Line struct {
	Number int // from 1
	// Raw is the line as it came. Text is without escape sequences, links and the prefixes
	// that group lines, Bare also without bullets, times, levels and prompts.
	Raw, Text, Bare string
	// Group names the process that wrote the line, as compose and kubectl do.
	Group string
	// Indent counts the blanks before Bare.
	Indent int
	// Bullet and Prompt say that a bullet or a shell's prompt stood there.
	Bullet, Prompt bool
	// Cut says that the line was too long to be read at once, and goes on in the next.
	Cut bool
}

// maxPrefix bounds how much of a line is looked at for prefixes, in bytes.
const maxPrefix = 240

const (
	bulletForm = `(?:[-*+•·▪◦‣]|\(?\d{1,4}[.)])[ \t]+`
	timeForm   = `(?:[A-Z][a-z][a-z] +\d{1,2} )?[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d|(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)[\])]?(?:[ :\t]|$)[ :\t]*(?:[Z+-][0-9:]* |UTC )?(?:- )?(?:[\w.-]+ [\w./-]+\[\d+\]: ?)?`
	promptForm = `(?:(?:\([\w.-]+\) ?)?(?:PS )?[A-Za-z]:\\[^>\n]{0,80}>|(?:>>>|\.\.\.)(?: |$)|[\w.@:~/\[\]-]{0,60} ?[$❯➜](?: |$)|[A-Za-z][\w-]{0,20}(?:\([^)]{0,40}\))?[:\d]*[=-]?[>#](?: |$)|(?:In|Out) ?\[\d+\]: ?|=> )\s*`
)

var (
	// grouped is the name of a process, which compose and kubectl put before lines.
	grouped  = regexp.MustCompile(`^(?:\[(?:pod|container)/\S+\] |[A-Za-z][\w.-]*[-_]\d+ +\|(?: |$))`)
	prefixes = regexp.MustCompile(`^(?:(` + bulletForm + `)|` + timeForm + `)*`)
	prompt   = regexp.MustCompile(`^` + promptForm)
	partForm = regexp.MustCompile(`^(?:mmsu_[0-9a-z]*|[0-9a-fA-F]{8}-[0-9a-fA-F-]*)$`)
)

// cutGroup takes off the name of a process. What is before an id is the cell of a table.
func (l *Line) cutGroup() {
	if !strings.HasPrefix(l.Text, "[") && !strings.Contains(l.Text, "|") {
		return
	}
	group := grouped.FindString(l.Text)
	cell, _, _ := strings.Cut(l.Text[len(group):], "|")
	if !words.IDKind(words.Trim(strings.TrimSpace(cell))).IsID() {
		l.Group, l.Text = strings.TrimRight(group, " |"), l.Text[len(group):]
	}
}

// cutPrefixes takes off a line what is before its text.
func (l *Line) cutPrefixes() {
	if t := l.Bare[:min(len(l.Bare), maxPrefix)]; t != "" && (!words.IsLetter(t[0]) || len(t) > 3 && t[3] == ' ') {
		m := prefixes.FindStringSubmatchIndex(t)
		l.Bullet, l.Bare = m[2] >= 0, l.Bare[m[1]:]
	}
	if t := l.Bare[:min(len(l.Bare), maxPrefix)]; words.ContainsOne(t, promptSigns) {
		n := len(prompt.FindString(t))
		l.Prompt, l.Bare = n > 0, l.Bare[n:]
	}
	l.Bare = words.TrimBlanks(l.Bare)
}

var (
	commentForm = regexp.MustCompile(`^\s*(?:#(?:[^<]|$)|//|-- |<!--)`)
	ruleForm    = regexp.MustCompile(`^[-+=|:_\s\x{2500}-\x{257f}]{3,}$`)
)

// IsComment reports whether a line is a comment of a program or of settings, IsRule whether it
// is one that is drawn in a table.
func (l *Line) IsComment() bool { return commentForm.MatchString(l.Text) }
func (l *Line) IsRule() bool    { return ruleForm.MatchString(l.Text) }

// Broken returns the last word where the line may end within an id or an address, else "".
func (l *Line) Broken() string {
	t := strings.TrimSuffix(l.Text, "=")
	last := t[strings.LastIndexAny(t, " \t\"'`(<[{|,;")+1:]
	own := last[strings.LastIndexAny(last, "=:/")+1:]
	if !strings.Contains(last, "://") && !partForm.MatchString(own) || words.IDKind(own).IsID() {
		return ""
	}
	return last
}

// Join puts the first word of a line behind the last of the one before it, where that was
// broken within an id or an address. What a terminal broke was one line.
func Join(before, next *Line, bases []*queue.Base) {
	last := before.Broken()
	head := next.Text[:strings.IndexAny(next.Text+" ", " \t,\"'`)>]")]
	if last == "" || head == "" || words.IDKind(words.Trim(head)).IsID() || strings.Contains(head, "://") {
		return
	}
	own := last[strings.LastIndexAny(last, "=:/")+1:]
	if k := words.IDKind(words.Trim(own + head)); k != words.MMSU && k != words.UUID {
		isWhole := func(a *words.Place) bool { return a != nil && words.IDKind(a.ID).IsID() }
		if !isWhole(words.ReadPlace(last+head, bases)) || isWhole(words.ReadPlace(last, bases)) || isWhole(words.ReadPlace(head, bases)) {
			return
		}
	}
	text, rest := strings.TrimSuffix(before.Text, "=")+head, next.Text[len(head):]
	if rest != "" && !strings.HasPrefix(rest, "\t") {
		text, rest = text+rest, ""
	}
	joined, left := Strip(before.Number, text), Strip(next.Number, rest)
	joined.Raw, joined.Group, left.Group = before.Raw, before.Group, next.Group
	*before, *next = joined, left
}

var (
	// osc8 and markdown are the forms in which a text shows a link.
	osc8     = regexp.MustCompile(`\x1b\]8;[^;\x07\x1b]*;([^\x07\x1b]*)(?:\x07|\x1b\\)([^\x1b]*(?:\x1b\[[0-9;]*m[^\x1b]*)*)\x1b\]8;[^;\x07\x1b]*;(?:\x07|\x1b\\)`)
	markdown = regexp.MustCompile(`\[[^\]\[]*\]\(<?(https?://[^)\s>]*/requests/[^)\s>]*)>?\)`)
	written  = regexp.MustCompile(`\[[0-9][0-9;]{0,11}[mK]`)
	twoWords = regexp.MustCompile(`(?i)\b(request|task|job|endpoint|model|app|not) (id|name|found)\b`)
	// promptSigns and twoWordSigns show cheaply that prompt and twoWords match nothing.
	promptSigns  = []string{"$", ">", "#", "❯", "➜", "]: "}
	twoWordSigns = []string{" id", " ID", " Id", "odel ", "not found"}
	odd          = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u00a0", " ", "\u202f", " ", "\x00", "", "&nbsp;", " ", "&quot;", `"`, "‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-", "：", ": ", "，", ", ", "；", "; ")
	element      = regexp.MustCompile(`<([\w:.-]+)>([^<>]+)</[\w:.-]+>`)
	inline       = regexp.MustCompile(`(?i)</?(?:b|i|u|p|li|ul|ol|em|strong|code|pre|span|div|br|h[1-6])>`)
	tag          = regexp.MustCompile(`</?[A-Za-z][\w:.-]*((?:\s[^<>]*)?)>`)
	comment      = regexp.MustCompile(`<!--.*?(?:-->|$)|/\*.*?(?:\*/|$)`)
)

// Strip returns a line without its prefixes. XML elements become keys and values.
func Strip(number int, text string) Line {
	l := Line{Number: number, Raw: text}
	if strings.Contains(text, "<!--") || strings.Contains(text, "/*") {
		text = comment.ReplaceAllString(text, "")
	}
	l.Text = strings.TrimRight(clean(text), " \t\r")
	l.cutGroup()
	if strings.Contains(l.Text, "</") {
		text = element.ReplaceAllString(inline.ReplaceAllString(l.Text, " "), " $1: $2 ")
		l.Text = html.UnescapeString(tag.ReplaceAllString(text, " $1 "))
	}
	l.Bare = words.TrimBlanks(l.Text)
	l.Indent = len(l.Text) - len(l.Bare)
	l.cutPrefixes()
	return l
}

// linked returns what counts of a link that a terminal shows: its target where that names a
// request, else its text.
func linked(link string) string {
	m := osc8.FindStringSubmatch(link)
	if strings.Contains(m[1], "/requests/") || strings.Contains(m[1], "request_id=") {
		return " " + m[1] + " "
	}
	return m[2]
}

// clean returns a line without escape sequences, and with the targets of links to requests.
func clean(text string) string {
	if strings.Contains(text, "://") {
		text = markdown.ReplaceAllString(osc8.ReplaceAllStringFunc(text, linked), " $1 ")
		text = strings.ReplaceAll(text, "](", "] (")
	}
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = ansi.Strip(text)
	}
	if strings.IndexByte(text, '[') >= 0 {
		text = written.ReplaceAllString(strings.ReplaceAll(text, "^[[", "["), "")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || r == '&' || r == 0 }) {
		text = odd.Replace(text)
	}
	if words.ContainsOne(text, twoWordSigns) {
		text = twoWords.ReplaceAllString(text, "$1$2")
	}
	return text
}
