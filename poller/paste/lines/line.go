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
	// Raw is the line in the text. Text lacks escape sequences, links and the name of a process. Content
	// also lacks bullets, times, log levels and prompts.
	Raw, Text, Content string
	Process            string // the process that wrote the line, as compose and kubectl name it, or the > before the line of a quoted mail; "" for none
	Indent             int    // the number of blanks before Content
	Bullet, Prompt     bool   // a bullet or a shell's prompt stood before Content
	Truncated          bool   // the line was too long, and continues in the next one
}

// maxPrefix bounds the part of a line that is searched for prefixes, maxTitle a heading, in bytes.
const maxPrefix, maxTitle = 240, 100

const (
	bulletForm = `(?:[-*+•·▪◦‣]|\(?\d{1,4}[.)])[ \t]+`
	timeForm   = `(?:[A-Z][a-z][a-z] +\d{1,2} )?[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d|(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)[\])]?(?:[ :\t]|$)[ :\t]*(?:[Z+-][0-9:]* |UTC )?(?:- )?(?:[\w.-]+ [\w./-]+\[\d+\]: ?)?`
	promptForm = `(?:(?:\([\w.-]+\) ?)?(?:PS )?[A-Za-z]:\\[^>\n]{0,80}>|(?:>>>|\.\.\.)(?: |$)|[\w.@:~/\[\]-]{0,60} ?[$❯➜](?: |$)|[A-Za-z][\w-]{0,20}(?:\([^)]{0,40}\))?[:\d]*[=-]?[>#](?: |$)|(?:In|Out) ?\[\d+\]: ?|=> )\s*`
)

var (
	// processForm matches the name of a process, which compose and kubectl write before lines.
	processForm = regexp.MustCompile(`^(?:\[(?:pod|container)/\S+\] |[A-Za-z][\w.-]*[-_]\d+ +\|(?: |$))`)
	quoteSigns  = regexp.MustCompile(`^(?:(?:> ?)+|< )`)
	prefixes    = regexp.MustCompile(`^(?:(` + bulletForm + `)|` + timeForm + `)*`)
	prompt      = regexp.MustCompile(`^` + promptForm)
	// dockerForm matches a line in a log of Docker: its text, as JSON.
	dockerForm = regexp.MustCompile(`^\{"log": ?"((?:[^"\\]|\\.)*?)(?:\\n)?", ?"stream": ?"std(?:out|err)",[^{}]*(?:\{[^{}]*\},[^{}]*)?\}$`)
	catForm    = regexp.MustCompile(`^ +\d+(?:\t|$)`) // a number, as cat -n writes it
)

// cutQuotes removes the signs before a line of a quoted mail, and of what curl -v received. Three are
// Python's prompt.
func (l *Line) cutQuotes() {
	if l.Text != "" && (l.Text[0] == '>' || l.Text[0] == '<') && !strings.HasPrefix(l.Text, ">>>") {
		signs := quoteSigns.FindString(l.Text)
		l.Process, l.Text = strings.ReplaceAll(signs, " ", ""), l.Text[len(signs):]
	}
}

// cutProcess removes the name of a process from l.Text, unless an id follows: then it is the cell of a table.
func (l *Line) cutProcess() {
	if !strings.HasPrefix(l.Text, "[") && !strings.Contains(l.Text, "|") {
		return
	}
	group := processForm.FindString(l.Text)
	cell, _, _ := strings.Cut(l.Text[len(group):], "|")
	if strings.HasPrefix(group, "[") || !words.IDKind(words.Trim(strings.TrimSpace(cell))).IsID() {
		l.Process, l.Text = l.Process+strings.TrimRight(group, " |"), l.Text[len(group):]
	}
}

// cutPrefixes removes bullets, times, log levels and prompts from l.Content.
func (l *Line) cutPrefixes() {
	if t := l.Content[:min(len(l.Content), maxPrefix)]; t != "" && (!words.IsLetter(t[0]) || len(t) > 3 && t[3] == ' ') {
		m := prefixes.FindStringSubmatchIndex(t)
		l.Bullet, l.Content = m[2] >= 0, l.Content[m[1]:]
	}
	if t := l.Content[:min(len(l.Content), maxPrefix)]; words.ContainsAny(t, promptHints) {
		n := len(prompt.FindString(t))
		l.Prompt, l.Content = n > 0, l.Content[n:]
	}
	l.Content = words.TrimBlanks(l.Content)
}

var (
	commentForm = regexp.MustCompile(`^\s*(?:#(?:[^<]|$)|//|-- |<!--)`)
	ruleForm    = regexp.MustCompile(`^[-+=|:_\s\x{2500}-\x{257f}]{3,}$`)
)

// IsComment reports whether a line is a comment in a program or a settings file.
func (l *Line) IsComment() bool {
	return commentForm.MatchString(l.Content) || len(l.Content) < len(l.Text)-l.Indent && commentForm.MatchString(l.Text)
}

// IsRule reports whether a line is one that is drawn in a table.
func (l *Line) IsRule() bool { return ruleForm.MatchString(l.Text) }

// Title returns a line without the signs of a heading, at most maxTitle bytes of it.
func (l *Line) Title() string {
	t := l.Text
	if !l.Bullet {
		t = l.Content
	}
	return strings.Trim(strings.Trim(t[:min(len(t), maxTitle)], " \t#"), "[]*`= \t:")
}

// BrokenWord returns the last word if the line may end within an id or an address, else "".
func (l *Line) BrokenWord() string {
	t := strings.TrimSuffix(l.Text, "=")
	last := t[strings.LastIndexAny(t, " \t\"'`(<[{|,;")+1:]
	own := last[strings.LastIndexAny(last, "=:/")+1:]
	if !strings.Contains(last, "://") && !words.MayBePart(own) || words.IDKind(own).IsID() {
		return ""
	}
	return last
}

// maxContinued bounds a command that is joined from its lines, in bytes.
const maxContinued = 4 << 10

// commandStart returns the text of a line without the sign with which a shell's command continues in the
// next line, and reports whether there is one. A second backtick in a pair is none: it ends code in Markdown.
func (l *Line) commandStart() (start string, ok bool) {
	start = strings.TrimRight(l.Text, "\\^`")
	isPair := strings.HasSuffix(l.Text, "`") && strings.Count(l.Text, "`")%2 == 0
	return start, strings.HasSuffix(start, " ") && len(start) == len(l.Text)-1 && len(start) < maxContinued && !isPair
}

// Join moves the first word of a line to the end of the one before it, if the line break splits an id or
// an address. All of the next line is moved unless a tab follows its first word, and if the one before it
// ends with a shell's sign that the command continues. Join returns true if nothing is left of the line.
func Join(before, next *Line, bases []*queue.Base) bool {
	if start, ok := before.commandStart(); ok {
		joined := Strip(before.Number, start+words.TrimBlanks(next.Text))
		joined.Raw, joined.Process, joined.Indent, joined.Prompt = before.Raw, before.Process, before.Indent, before.Prompt
		*before = joined
		return true
	}
	last := before.BrokenWord()
	rest := next.Text
	if next.Indent == before.Indent {
		rest = words.TrimBlanks(rest)
	}
	head := rest[:strings.IndexAny(rest+" ", " \t,\"'`)>]")]
	if last == "" || head == "" || words.IDKind(words.Trim(head)).IsID() || strings.Contains(head, "://") {
		return false
	}
	if !formID(last, head, bases) {
		return false
	}
	text, rest := strings.TrimSuffix(before.Text, "=")+head, rest[len(head):]
	if rest != "" && !strings.HasPrefix(rest, "\t") {
		text, rest = text+rest, ""
	}
	joined, left := Strip(before.Number, text), Strip(next.Number, rest)
	joined.Raw, joined.Process, left.Process = before.Raw, before.Process, next.Process
	*before, *next = joined, left
	return rest == ""
}

// formID reports whether two words are the parts of an id or of a request's address.
func formID(last, head string, bases []*queue.Base) bool {
	own := last[strings.LastIndexAny(last, "=:/")+1:]
	if k := words.IDKind(words.Trim(own + head)); k == words.MMSU || k == words.UUID {
		return true
	}
	isWhole := func(word string) bool {
		l := words.ReadLink(word, bases)
		return l != nil && !l.Page && words.IDKind(l.ID).IsID()
	}
	return isWhole(last+head) && !isWhole(last) && !isWhole(head)
}

var (
	// linkForm matches a link that a terminal shows (OSC 8), markdownLink one to a request in Markdown.
	linkForm     = regexp.MustCompile(`\x1b\]8;[^;\x07\x1b]*;([^\x07\x1b]*)(?:\x07|\x1b\\)([^\x1b]*(?:\x1b\[[0-9;]*m[^\x1b]*)*)\x1b\]8;[^;\x07\x1b]*;(?:\x07|\x1b\\)`)
	markdownLink = regexp.MustCompile(`\[[^\]\[]*\]\(<?(https?://[^)\s>]*/requests/[^)\s>]*)>?\)`)
	bareEscape   = regexp.MustCompile(`\[[0-9][0-9;]{0,11}[mK]`)
	// writtenEscape matches an escape sequence in a quoted text, as JSON and other languages write it.
	writtenEscape = regexp.MustCompile(`\\+(?:u001[bB]|x1[bB]|033|e)\[[0-9;?]{0,11}[a-zA-Z]`)
	twoWordKey    = regexp.MustCompile(`(?i)\b(request|task|job|endpoint|model|app|not) (ids?|name|found|submitted)\b`)
	// prompt, twoWordKey and writtenEscape match no text without one of these hints. The search for them is cheap.
	promptHints  = []string{"$", ">", "#", "❯", "➜", "]: "}
	twoWordHints = []string{" id", " ID", " Id", "odel ", "not found", "sk submitted"}
	escapeHints  = []string{`\u001`, `\x1`, `\033`, `\e[`}
	lookalikes   = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u00a0", " ", "\u202f", " ", "\x00", "", "&nbsp;", " ", "&quot;", `"`, "&#34;", `"`, "&#39;", "'", "&#x27;", "'", "&lt;", "<", "&gt;", ">", "‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-", "：", ": ", "，", ", ", "；", "; ")
	quoteEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
	// mailEquals matches the sign = in the source of a mail, before an id, an address or a quote.
	mailEquals  = regexp.MustCompile(`=3D(mmsu_|https?:|["']|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-|[cd][0-9a-v]{18}[0g])`)
	openTag     = regexp.MustCompile(`(?i)<br|^\s*<(?:pre|code|p|li|td|div)\b`)
	xmlElement  = regexp.MustCompile(`<([\w:.-]+)>([^<>]+)</[\w:.-]+>`)
	inlineTag   = regexp.MustCompile(`(?i)</?(?:b|i|u|p|li|ul|ol|em|strong|code|pre|span|div|br ?/?|h[1-6])>`)
	tag         = regexp.MustCompile(`</?[A-Za-z][\w:.-]*((?:\s[^<>]*)?)>`)
	commentPart = regexp.MustCompile(`<!--.*?(?:-->|$)|^\s*/\*.*?(?:\*/|$)`)
)

// Strip returns a line from its raw text. XML elements become keys and values.
func Strip(number int, text string) Line {
	l := Line{Number: number, Raw: text}
	if strings.HasPrefix(text, `{"log":`) {
		if m := dockerForm.FindStringSubmatch(text); m != nil {
			text = Unescape(m[1])
		}
	}
	if strings.Contains(text, "<!--") || strings.Contains(text, "/*") {
		text = commentPart.ReplaceAllString(text, "")
	}
	l.Text = strings.TrimRight(clean(text), " \t\r")
	l.cutQuotes()
	if strings.HasPrefix(l.Text, " ") {
		l.Text = l.Text[len(catForm.FindString(l.Text)):]
	}
	l.cutProcess()
	if strings.Contains(l.Text, "<") && (strings.Contains(l.Text, "</") || openTag.MatchString(l.Text)) {
		text = xmlElement.ReplaceAllString(inlineTag.ReplaceAllString(l.Text, " "), " $1: $2 ")
		l.Text = html.UnescapeString(tag.ReplaceAllString(text, " $1 "))
	}
	l.Content = words.TrimBlanks(l.Text)
	l.Indent = len(l.Text) - len(l.Content)
	l.cutPrefixes()
	return l
}

// linkText returns the target of a link if that names a request, else the link's text.
func linkText(link string) string {
	m := linkForm.FindStringSubmatch(link)
	if strings.Contains(m[1], "/requests/") || strings.Contains(m[1], "request_id=") {
		return " " + m[1] + " "
	}
	return m[2]
}

// clean removes escape sequences and invisible characters, and replaces links to requests by their targets.
func clean(text string) string {
	if strings.Contains(text, "://") {
		text = markdownLink.ReplaceAllString(linkForm.ReplaceAllStringFunc(text, linkText), " $1 ")
		text = strings.ReplaceAll(text, "](", "] (")
	}
	text = strings.ReplaceAll(text, "**", "") // as Markdown writes bold words
	if strings.Contains(text, "=3D") {
		text = mailEquals.ReplaceAllString(text, "=$1")
	}
	for strings.Contains(text, `\"`) && strings.Count(text, `\"`) == strings.Count(text, `"`) { // a part of a quoted text
		text = quoteEscapes.Replace(text)
	}
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = ansi.Strip(text)
	}
	if strings.IndexByte(text, '[') >= 0 {
		if strings.IndexByte(text, '\\') >= 0 && words.ContainsAny(text, escapeHints) {
			text = writtenEscape.ReplaceAllString(text, "")
		}
		text = bareEscape.ReplaceAllString(strings.ReplaceAll(text, "^[[", "["), "")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || r == '&' || r == 0 }) {
		text = lookalikes.Replace(text)
	}
	if words.ContainsAny(text, twoWordHints) {
		text = twoWordKey.ReplaceAllString(text, "$1$2")
	}
	return text
}
