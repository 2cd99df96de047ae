package record

import (
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/word"
)

const (
	// mostLines bounds a value or a block over several lines.
	mostLines = 100_000
	// usualValues is for how many values of a line there is room at first.
	usualValues = 8
	// manyLines is how many held lines are tried again only when they are twice as many:
	// fewer are when an eighth has come, so that what is whole is read soon.
	manyLines = 256
	// maxRow bounds a row of an HTML table that stands on several lines, in bytes.
	maxRow = 4 << 10
	// maxHeading bounds the length of a heading, in bytes.
	maxHeading = 100
)

// Finder finds the records in lines that belong together, in order.
type Finder struct {
	// Lines are those that are read, and Heading is the endpoint that a heading gave.
	Lines   []lines.Line
	Heading string
	// Called is the endpoint to which a request was sent in the line before.
	Called string

	p     *Reading
	at    int
	emit  func(*Record)
	table *lines.Columns
	// fresh says that no line has followed the heading.
	fresh bool
	// more says that lines may follow, so that a value that is not whole must wait, and
	// soon that they may at once, so that other records must too.
	more, soon bool
	retry      int // with how many lines to try again
}

// NewFinder returns a finder that passes on what it finds.
func NewFinder(p *Reading, emit func(*Record)) *Finder { return &Finder{p: p, emit: emit} }

// Add adds a line, which goes on with the one before if that ends within an id or a row of
// an HTML table.
func (f *Finder) Add(l lines.Line) {
	if last := len(f.Lines) - 1; last >= 0 {
		before := &f.Lines[last]
		if l.Cells && before.Cells && !strings.Contains(l.Raw, "<tr") && len(before.Text) < maxRow {
			before.Text += l.Text
			before.Bare = strings.TrimSpace(before.Text)
			return
		}
		if before.MayContinue() {
			f.p.stripper.Join(before, &l)
		}
	}
	f.Lines = append(f.Lines, l)
}

// Read reads the lines that there are. more says that others may follow, and soon that they
// may at once.
func (f *Finder) Read(more, soon bool) {
	f.more, f.soon = more, soon
	if len(f.Lines) == 0 || soon && len(f.Lines) < f.retry {
		return
	}
	f.at = 0
	f.run()
	f.Lines = append(f.Lines[:0], f.Lines[f.at:]...)
	if f.retry = len(f.Lines) + 1 + len(f.Lines)/8; len(f.Lines) > manyLines {
		f.retry = 2 * len(f.Lines)
	}
}

// run reads records until there are no more lines, or until what is left may go on in
// lines that have not come.
func (f *Finder) run() {
	for f.at < len(f.Lines) {
		start := f.at
		if !f.step() {
			f.at = start
			return
		}
	}
}

// step reads one record. It reports false where more lines are needed to know its end.
func (f *Finder) step() bool {
	l := &f.Lines[f.at]
	switch {
	case l.Blank():
		f.blank()
		return true
	case f.soon && f.at+1 == len(f.Lines) && l.MayContinue():
		return false
	case f.table != nil:
		if whole, done := f.row(); done || !whole {
			return whole
		}
	}
	switch {
	case f.isHeading(l), l.IsComment(), l.IsRule(), l.IsSection():
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

// blank passes over a blank line, which ends a table and what a heading holds for.
func (f *Finder) blank() {
	f.table = nil
	if !f.fresh {
		f.Heading = ""
	}
	f.at++
}

// found passes a record on.
func (f *Finder) found(r *Record) {
	f.fresh = false
	f.p.Close(r)
	f.emit(r)
	if f.Called = ""; r.Form == Sentence && r.Best == word.NoKey {
		f.Called = r.Created
	}
}

// isHeading reports whether a line only names a model, and takes it for the endpoint of
// the lines below.
func (f *Finder) isHeading(l *lines.Line) bool {
	if len(l.Text) > maxHeading {
		return false
	}
	t := strings.Trim(strings.Trim(l.Text, " \t#"), "[]*`= \t:")
	if k := f.p.Shape(t); k != word.Model && k != word.Family || l.Prompt {
		return false
	}
	f.Heading, f.fresh = t, true
	return true
}

// exports stand before a variable that is set.
var exports = word.Set("export set declare -x local const let var env")

// line reads a line, with the groups that begin in it, which may go on in the next ones.
// It returns how many lines it took, and whether it is whole.
func (f *Finder) line() (r *Record, used int, whole bool) {
	l := &f.Lines[f.at]
	t := l.Bare
	if key, rest, ok := strings.Cut(t, " | "); ok && word.IsKey(strings.TrimSpace(key)) && !strings.ContainsAny(rest, lines.Bars) {
		t = strings.TrimSpace(key) + ": " + rest // as psql shows one record
	}
	if at := strings.Index(t, " # "); at > 0 {
		t = strings.TrimRight(t[:at], " \t")
	}
	for first, rest, ok := strings.Cut(t, " "); ok && exports[first]; first, rest, ok = strings.Cut(t, " ") {
		t = word.TrimBlanks(rest)
	}
	r = &Record{Form: Sentence, Line: l.Number, Values: make([]Value, 0, usualValues)}
	s := &scanner{p: f.p, lines: f.Lines, at: f.at, text: t}
	s.items(r)
	if s.at == f.at {
		f.p.makePair(r, t)
	} else if len(r.Values) > 0 || len(r.Inner) != 1 {
		r.lead = ""
	}
	return r, s.at - f.at + 1, !s.open || !f.more || s.at-f.at >= mostLines
}

// makePair makes one value of what stands behind the key with which a line begins. A line
// in which other keys follow is no pair.
func (p *Reading) makePair(r *Record, t string) {
	if r.lead == "" || len(r.Values)+len(r.Inner) == 1 {
		return
	}
	for i, v := range r.Values {
		if i > 0 && (v.Assigned || v.Class.IsKnown()) || len(r.Inner) > 0 {
			r.lead = ""
			return
		}
	}
	assigned := r.Values[0].Assigned
	r.Values = nil
	p.put(r, Value{Key: r.lead, Text: strings.TrimRight(t[r.rest:], ",;"), Line: r.Line, Assigned: assigned})
}
