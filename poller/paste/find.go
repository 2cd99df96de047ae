package paste

import "strings"

const (
	// mostLines bounds a value or a block over several lines.
	mostLines = 100_000
	// usualValues is for how many values of a line there is room at first.
	usualValues = 8
)

// finder finds the records in lines that belong together, in order.
type finder struct {
	p     *parser
	lines []line
	at    int
	emit  func(*record)
	table *table
	// heading is the endpoint that a heading gave, fresh until a line follows it.
	heading string
	fresh   bool
	// more says that lines may follow, so that a value that is not whole must wait, and
	// soon that they may at once, so that other records must too.
	more, soon bool
	retry      int // with how many lines to try again
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
	case f.table != nil && f.row():
		return true
	case f.isHeading(l), isComment(l), isRule(l.text), isSection(l.text):
		f.at++
		return true
	}
	if whole, done := f.head(); done || !whole {
		return whole
	}
	r, used, whole := f.line()
	if whole && (r.lead != "" || f.startsExchange()) {
		return f.block()
	}
	if whole {
		f.at += used
		f.found(r)
	}
	return whole
}

// found passes a record on.
func (f *finder) found(r *record) {
	f.fresh = false
	f.p.close(r)
	f.emit(r)
}

// isComment reports whether a line is a comment. That of a log is none, but for #.
func isComment(l *line) bool {
	t := trimBlanks(l.text)
	return strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "#<") || strings.HasPrefix(t, "//") || strings.HasPrefix(t, "-- ") || strings.HasPrefix(t, "<!--") ||
		l.timed && strings.HasPrefix(l.bare, "#")
}

// isSection reports whether a line is the name of a section, as in settings.
func isSection(t string) bool {
	return strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") && isKey(strings.Trim(t, "[]"))
}

// maxHeading bounds the length of a heading, in bytes.
const maxHeading = 100

// isHeading reports whether a line only names a model, and takes it for the endpoint of
// the lines below.
func (f *finder) isHeading(l *line) bool {
	if len(l.text) > maxHeading {
		return false
	}
	t := strings.Trim(strings.Trim(l.text, " \t#"), "[]*`= \t:")
	if k := f.p.shape(t); k != model && k != family || l.prompt {
		return false
	}
	f.heading, f.fresh = t, true
	return true
}

// withoutComment returns a line without the comment behind it.
func withoutComment(text string) string {
	if at := strings.Index(text, " # "); at > 0 {
		return strings.TrimRight(text[:at], " \t")
	}
	return text
}

// exports stand before a variable that is set.
var exports = set("export set declare -x local const let var env")

// line reads a line, with the groups that begin in it, which may go on in the next ones.
// It returns how many lines it took, and whether it is whole.
func (f *finder) line() (r *record, used int, whole bool) {
	l := &f.lines[f.at]
	t := l.bare
	if key, rest, ok := strings.Cut(t, " | "); ok && isKey(strings.TrimSpace(key)) && !strings.ContainsAny(rest, bars) {
		t = strings.TrimSpace(key) + ": " + rest // as psql shows one record
	}
	t = withoutComment(t)
	for word, rest, ok := strings.Cut(t, " "); ok && exports[word]; word, rest, ok = strings.Cut(t, " ") {
		t = trimBlanks(rest)
	}
	r = &record{form: sentence, line: l.number, values: make([]value, 0, usualValues)}
	s := &scanner{p: f.p, lines: f.lines, at: f.at, text: t}
	s.items(r)
	if s.at == f.at {
		f.p.makePair(r, t)
	} else if len(r.values) > 0 || len(r.inner) != 1 {
		r.lead = ""
	}
	return r, s.at - f.at + 1, !s.open || !f.more || s.at-f.at >= mostLines
}

// isKey reports whether a text is a key: at most four words, which begin with a letter.
func isKey(key string) bool {
	key = strings.TrimLeft(key, "$@*")
	if key == "" || !isLetter(key[0]) || strings.Count(key, " ") > 3 || idShape(key) != other {
		return false
	}
	return allBytes(key, func(b byte) bool { return isAlnum(b) || strings.IndexByte("_-.$@: /*", b) >= 0 })
}

// makePair makes one value of what stands behind the key with which a line begins. A line
// in which other keys follow is no pair.
func (p *parser) makePair(r *record, t string) {
	if r.lead == "" || len(r.values)+len(r.inner) == 1 {
		return
	}
	for i, v := range r.values {
		if i > 0 && (v.assigned || v.class != classNone && v.class != classPlain) || len(r.inner) > 0 {
			r.lead = ""
			return
		}
	}
	assigned := r.values[0].assigned
	r.values = nil
	p.put(r, value{key: r.lead, text: strings.TrimRight(t[r.rest:], ",;"), line: r.line, assigned: assigned})
}
