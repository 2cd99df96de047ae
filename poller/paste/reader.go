package paste

import "polltop/poller/paste/lines"

// Reader reads requests out of a text that comes in pieces. What may go on in text that
// has not come is held back until that comes, Flush, or Finish.
type Reader struct {
	p        *parser
	finder   *finder
	splitter *lines.Splitter
}

// NewReader returns a reader at the start of a text.
func NewReader(source Source) *Reader {
	p := newParser(source)
	f := &finder{p: p}
	return &Reader{p: p, finder: f, splitter: lines.NewSplitter(f.add, func() { f.read(true, true) })}
}

// Parse reads all of a text.
func Parse(text string, source Source) Result {
	r := NewReader(source)
	r.finder.isWhole = true
	r.splitter.Add(text)
	return r.Finish()
}

// Add takes the next piece of the text and returns what it completed.
func (r *Reader) Add(text string) Result {
	r.splitter.Add(text)
	return r.p.verdicts()
}

// Flush reads what was held back as it is, but for a value or a line that is not whole:
// for when no text comes for a while.
func (r *Reader) Flush() Result {
	r.finder.read(true, false)
	return r.p.verdicts()
}

// Held reports whether lines are held back.
func (r *Reader) Held() bool { return len(r.finder.lines) > 0 }

// Finish says that the text has ended, and returns what was held back. The reader is
// then at the start of another text.
func (r *Reader) Finish() Result {
	r.splitter.Close()
	r.finder.read(false, false)
	result := r.p.verdicts()
	*r = *NewReader(r.p.source)
	return result
}
