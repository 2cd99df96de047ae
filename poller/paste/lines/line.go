package lines

import (
	"strings"

	"polltop/poller/paste/word"
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
	// Bullet, Prompt and Timed say that a bullet, a shell's prompt, a time or the name of a
	// process stood there, and Cells that it has cells of an HTML table.
	Bullet, Prompt, Timed, Cells bool
}

// Blank reports whether nothing is left of the line.
func (l *Line) Blank() bool { return l.Bare == "" }

// Inner returns the line as a part of a value over several lines.
func (l *Line) Inner() string {
	if l.Timed {
		return l.Bare
	}
	return word.TrimBlanks(l.Text)
}

// IsComment reports whether the line is a comment. That of a log is none, but for #.
func (l *Line) IsComment() bool {
	t := word.TrimBlanks(l.Text)
	return strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "#<") || strings.HasPrefix(t, "//") || strings.HasPrefix(t, "-- ") || strings.HasPrefix(t, "<!--") ||
		l.Timed && strings.HasPrefix(l.Bare, "#")
}

// IsSection reports whether the line is the name of a section, as in settings.
func (l *Line) IsSection() bool {
	return strings.HasPrefix(l.Text, "[") && strings.HasSuffix(l.Text, "]") && !word.HasGap(l.Text) && word.IsKey(strings.Trim(l.Text, "[]"))
}

const wordStart = " \t\"'`(<[{|,;"

// lastWord returns the last word of a text, without the sign of a break in quoted-printable
// mail, and the part of it that may be an id.
func lastWord(content string) (last, own string) {
	tail := content[max(0, len(content)-2*word.MaxID):]
	last = strings.TrimSuffix(tail[strings.LastIndexAny(tail, wordStart)+1:], "=")
	return last, last[strings.LastIndexAny(last, "=:/")+1:]
}

// MayContinue tells cheaply whether the line may end within an id or an address.
func (l *Line) MayContinue() bool {
	last, own := lastWord(l.Text)
	return len(last) >= 4 && (word.MayContinue(own) || word.MayBeAddress(last) && !word.IDShape(own).IsID())
}

// Join puts the first word of a line behind the last of the one before it, where that was
// broken within an id or an address of a request.
func (s *Stripper) Join(before, next *Line) {
	tail, own := lastWord(before.Text)
	head := next.Text[:strings.IndexAny(next.Text+" ", " \t,\"'`)>]")]
	if head == "" || word.IDShape(word.Trim(head)).IsID() || strings.Contains(head, "://") || !completes(tail, own, head, s.Bases) {
		return
	}
	rest := next.Text[len(head):]
	joined := strings.TrimSuffix(strings.TrimSuffix(before.Text, "="), tail) + tail + head
	raw := before.Raw
	if after := strings.TrimSpace(rest); strings.HasPrefix(rest, " ") && !hasIDs(after) {
		joined, rest = joined+" "+after, "" // what a terminal broke was one line
	}
	number, group := next.Number, next.Group
	*next = s.Strip(number, rest)
	next.Group = group
	group = before.Group
	*before = s.Strip(before.Number, joined)
	before.Raw, before.Group = raw, group
}

// completes reports whether the end of a line and the start of the next one make an id or
// an address of a request, which the end alone does not.
func completes(tail, own, head string, bases []*queue.Base) bool {
	if a := word.ReadPlace(tail+head, bases); a != nil && a.Service != "" {
		old := word.ReadPlace(tail, bases)
		return word.IDShape(a.ID).IsID() && (old == nil || !word.IDShape(old.ID).IsID())
	}
	k := word.IDShape(word.Trim(own + head))
	return (k == word.MMSU || k == word.UUID) && len(own) >= word.MinID
}

// hasIDs reports whether a word of a text is an id.
func hasIDs(content string) bool {
	for w := range strings.FieldsSeq(content) {
		if word.IDShape(word.Trim(w)).IsID() || word.MayBeAddress(w) {
			return true
		}
	}
	return false
}
