package paste

import (
	"regexp"
	"strings"
)

// finder finds the records in lines that belong together, in order.
type finder struct {
	p     *parser
	lines []line
	at    int
	emit  func(*node)
	table *table
	// heading is the endpoint that a heading gave, fresh until a line follows it.
	heading string
	fresh   bool
	// more says that lines may follow, so that a value that is not whole must wait, and
	// soon that they may at once, so that other records must too.
	more, soon bool
	retry      int // with how many lines to try again
}

// texts reads the records in a text that stands in a string, all of which is on one
// line of the paste.
func (p *parser) texts(content string, number int) (found []*node) {
	f := &finder{p: p, emit: func(n *node) { found = append(found, n) }}
	for t := range strings.SplitSeq(content, "\n") {
		f.lines = append(f.lines, p.strip(number, t))
	}
	f.run()
	return found
}

// run reads records until there are no more lines, or until what is left may go on in
// lines that have not come.
func (f *finder) run() {
	for f.at < len(f.lines) {
		start := f.at
		if !f.step() {
			f.at = start
			return
		}
	}
}

// step reads one record. It reports false where more lines are needed to know its end.
func (f *finder) step() bool {
	l := &f.lines[f.at]
	switch {
	case l.blank():
		f.table = nil
		if !f.fresh {
			f.heading = ""
		}
		f.at++
		return true
	case f.soon && f.at+1 == len(f.lines) && isFragment(l.text):
		return false
	case strings.Contains(l.text, "<tr"):
		return f.htmlRow()
	case f.table != nil && f.row():
		return true
	case f.p.wasUnsure(l), f.isHeading(l), isComment(l), isRule(l.text), isSection(l.text):
		f.at++
		return true
	}
	f.p.expand(l)
	for _, read := range []func() (whole, done bool){f.head, f.block} {
		if whole, done := read(); done || !whole {
			return whole
		}
	}
	if f.isCall(l) {
		f.at++
		return true
	}
	n, used, whole := f.line()
	if whole {
		f.at += used
		f.found(n)
	}
	return whole
}

// found passes a record on.
func (f *finder) found(n *node) {
	f.fresh = false
	f.emit(n)
}

// isComment reports whether a line is a comment. That of a log is none, but for #.
func isComment(l *line) bool {
	t := strings.TrimLeft(l.text, " \t")
	return strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "#<") || strings.HasPrefix(t, "//") || strings.HasPrefix(t, "-- ") || strings.HasPrefix(t, "<!--") ||
		l.timed && strings.HasPrefix(l.bare, "#")
}

// isSection reports whether a line is the name of a section, as in settings.
func isSection(t string) bool {
	return strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") && isKey(strings.Trim(t, "[]"))
}

// maxHeading bounds the length of a heading, in bytes.
const maxHeading = 100

// isHeading reports whether a line only names a model, and takes it for the endpoint
// of the lines below.
func (f *finder) isHeading(l *line) bool {
	if len(l.text) > maxHeading || l.prompt {
		return false
	}
	t := strings.Trim(strings.Trim(l.text, " \t#"), "[]*`= \t:")
	if k := f.p.shape(t); k != model && k != family {
		return false
	}
	f.heading, f.fresh = t, true
	return true
}

// isCall reports whether a line is all that is said of a call that creates a request, and
// takes its endpoint for that of the lines below.
func (f *finder) isCall(l *line) bool {
	m := callRe.FindStringSubmatch(l.bare)
	if m == nil {
		return false
	}
	a := f.p.address(m[1], l.number)
	if a == nil || a.id != "" || a.endpoint == "" {
		return false
	}
	f.heading, f.fresh = a.endpoint, true
	return true
}

// unsureLine matches what polltop writes of an id of which it was unsure.
var unsureLine = regexp.MustCompile(`unsure, line \d+: ([\w.:~-]+): (.+)`)

// wasUnsure reports whether a line is one that polltop wrote of an id of which it was
// unsure, and asks about that again.
func (p *parser) wasUnsure(l *line) bool {
	if !strings.Contains(l.text, "unsure, line ") {
		return false
	}
	m := unsureLine.FindStringSubmatch(l.text)
	if m != nil {
		p.mention(mention{id: m[1], kind: idShape(m[1]), line: l.number, why: m[2]})
	}
	return m != nil
}

// withoutComment returns a line without the comment behind it.
func withoutComment(text string) string {
	if at := strings.Index(text, " # "); at > 0 {
		return strings.TrimRight(text[:at], " \t")
	}
	return text
}

// line reads a line, with the groups that begin in it, which may go on in the next ones.
// It returns how many lines it took, and whether it is whole.
func (f *finder) line() (n *node, used int, whole bool) {
	l := &f.lines[f.at]
	n = &node{form: text, line: l.number}
	if cells := rowCells(l.bare); cells != nil {
		n.form = row
		for _, cell := range cells {
			n.kids = append(n.kids, &node{text: cell, line: l.number})
		}
		return n, 1, true
	}
	last, whole := f.p.scanText(n, f.lines, f.at, withoutComment(l.bare))
	if len(n.kids) == 1 && n.kids[0].key == "" && n.kids[0].form != value {
		n = n.kids[0]
	}
	return n, last - f.at + 1, whole || !f.more || last-f.at >= mostLines
}

// rowCells returns the cells of a line that is a row of a table without a head; nil
// where it is none.
func rowCells(t string) []string {
	commas := strings.Count(t, ",")
	switch {
	case t == "", strings.Contains(t, "{"), strings.IndexByte("[(", t[0]) >= 0:
	case strings.ContainsAny(t, bars) && strings.Count(t, "://") <= strings.Count(t, "|"):
		if cells := split(t, '|'); len(cells) > 1 {
			return cells
		}
	case strings.IndexByte(t, '\t') >= 0:
		return split(t, '\t')
	case commas > 1 && !strings.Contains(t, "=") && strings.Count(t, ", ")*2 <= commas && (commas > 2 || !strings.Contains(t, ", ")):
		return split(t, ',')
	}
	return nil
}
