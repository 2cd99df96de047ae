package paste

import (
	"cmp"
	"slices"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/record"
	"polltop/poller/paste/word"
)

const (
	// chunk is how much of a text is decoded and read at once, in bytes.
	chunk = 64 << 10
	// mostGroups bounds how many processes' lines are told apart.
	mostGroups = 1000
)

// Reader reads requests out of a text that comes in pieces. What may go on in text that
// has not come is held back until that comes, Flush, or Finish.
type Reader struct {
	p     *parser
	lines *lines.Reader
	// finders read the lines of each group, in the order in which groups came.
	finders map[string]*record.Finder
	order   []*record.Finder
}

// NewReader returns a reader at the start of a text.
func NewReader(source Source) *Reader {
	r := &Reader{}
	r.reset(source)
	return r
}

// reset goes to the start of a text.
func (r *Reader) reset(source Source) {
	*r = Reader{p: newParser(source), finders: map[string]*record.Finder{}}
	r.lines = lines.NewReader(r.take)
}

// Parse reads all of a text.
func Parse(text string, source Source) Result {
	r := NewReader(source)
	r.write(text)
	return r.Finish()
}

// Add takes the next piece of the text and returns what it completed.
func (r *Reader) Add(text string) Result {
	r.write(text)
	return r.p.verdicts()
}

// Flush reads what was held back as it is, but for a value or a line that is not whole:
// for when no text comes for a while.
func (r *Reader) Flush() Result {
	r.run(true, false)
	return r.p.verdicts()
}

// Held reports whether lines are held back.
func (r *Reader) Held() bool {
	return slices.ContainsFunc(r.order, func(f *record.Finder) bool { return len(f.Lines) > 0 })
}

// Finish says that the text has ended, and returns what was held back. The reader is
// then at the start of another text.
func (r *Reader) Finish() Result {
	r.lines.End()
	r.run(false, false)
	result := r.p.verdicts()
	r.reset(r.p.source)
	return result
}

// write takes a text in chunks, and reads of each what is whole.
func (r *Reader) write(text string) {
	for len(text) > 0 {
		n := min(len(text), chunk)
		r.lines.Add(text[:n])
		r.run(true, true)
		text = text[n:]
	}
}

// take takes a line.
func (r *Reader) take(number int, content string) {
	l := r.p.Strip(number, content)
	r.p.noteOtherIDs(l.Text)
	r.finder(l.Group).Add(l)
}

// finder returns the finder of a group of lines.
func (r *Reader) finder(group string) *record.Finder {
	f, ok := r.finders[group]
	switch {
	case ok:
		return f
	case len(r.finders) > mostGroups:
		return r.order[0]
	}
	f = record.NewFinder(r.p.Reading, func(found *record.Record) {
		r.p.lines = f.Lines
		r.p.judge(found, scope{endpoint: cmp.Or(f.Heading, r.p.Assigned), called: f.Called, best: word.NoKey})
	})
	r.finders[group] = f
	r.order = append(r.order, f)
	return f
}

// run reads the lines that there are. more says that others may follow, and soon that
// they may at once.
func (r *Reader) run(more, soon bool) {
	for _, f := range r.order {
		f.Read(more, soon)
	}
}
