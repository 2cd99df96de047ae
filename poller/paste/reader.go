package paste

import "polltop/poller/paste/lines"

// Reader reads requests out of a text that arrives in pieces. It holds back lines whose record may continue
// in the next piece.
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
	r.finder.canRevise = true
	r.splitter.Add(text)
	return r.Finish()
}

// Add reads the next piece of the text and returns what it completed.
func (r *Reader) Add(text string) Result {
	r.splitter.Add(text)
	return r.p.verdicts()
}

// Flush reads the lines that are held back, but for an incomplete value or line. It is for when no text
// arrives for a while.
func (r *Reader) Flush() Result {
	r.finder.read(true, false)
	return r.p.verdicts()
}

// Held reports whether lines are held back.
func (r *Reader) Held() bool { return len(r.finder.lines) > 0 }

// Finish ends the text and returns what was held back. The reader can then read another text.
func (r *Reader) Finish() Result {
	r.splitter.Close()
	r.finder.read(false, false)
	result := r.p.verdicts()
	*r = *NewReader(r.p.source)
	return result
}
