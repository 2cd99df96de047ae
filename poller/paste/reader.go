package paste

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"polltop/poller/queue"
)

const (
	// chunk is how much of a text is decoded and read at once, in bytes.
	chunk = 64 << 10
	// maxLine bounds how much of a line is read at once, in bytes: an input, and what may stand
	// around it.
	maxLine = queue.MaxInput + 2<<20
)

// Reader reads requests out of a text that comes in pieces. What may go on in text that
// has not come is held back until that comes, Flush, or Finish.
type Reader struct {
	p      *parser
	finder *finder
	// decoder writes UTF-8 to decoded. A byte-order mark tells UTF-16.
	decoder *transform.Writer
	decoded *bytes.Buffer // the last line as far as it came, and what was not cut into lines
	seen    int           // how much of that has no end of a line
	number  int           // of that line
}

// NewReader returns a reader at the start of a text.
func NewReader(source Source) *Reader {
	p, decoded := newParser(source), &bytes.Buffer{}
	decoder := transform.NewWriter(decoded, unicode.BOMOverride(encoding.Nop.NewDecoder()))
	return &Reader{p: p, finder: &finder{p: p}, decoder: decoder, decoded: decoded, number: 1}
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
	r.finder.read(true, false)
	return r.p.verdicts()
}

// Held reports whether lines are held back.
func (r *Reader) Held() bool { return len(r.finder.lines) > 0 }

// Finish says that the text has ended, and returns what was held back. The reader is
// then at the start of another text.
func (r *Reader) Finish() Result {
	_ = r.decoder.Close() // it can only fail to write to a buffer
	r.split(true)
	r.finder.read(false, false)
	result := r.p.verdicts()
	*r = *NewReader(r.p.source)
	return result
}

func (r *Reader) write(text string) {
	for len(text) > 0 {
		n := min(len(text), chunk)
		_, _ = r.decoder.Write([]byte(text[:n])) // it can only fail to write to a buffer
		r.split(false)
		r.finder.read(true, true)
		text = text[n:]
	}
}

// split cuts what was decoded into lines, which end in \n, \r\n or \r. A \r alone ends a
// line that is not counted, as it is drawn over.
func (r *Reader) split(ended bool) {
	if !ended && r.decoded.Len() <= maxLine && !bytes.ContainsAny(r.decoded.Bytes()[r.seen:], "\r\n") {
		r.seen = r.decoded.Len()
		return
	}
	text := r.decoded.String()
	r.decoded.Reset()
	for {
		at := strings.IndexAny(text, "\r\n")
		if at < 0 || text[at] == '\r' && at+1 == len(text) && !ended {
			break
		}
		r.take(text[:at])
		if strings.HasPrefix(text[at:], "\r\n") {
			at++
		}
		if text[at] == '\n' {
			r.number++
		}
		text = text[at+1:]
	}
	for ; len(text) > maxLine; text = text[maxLine:] {
		r.take(text[:maxLine])
	}
	if ended {
		r.take(text)
		text = ""
	}
	r.decoded.WriteString(text)
	r.seen = max(0, len(text)-1) // a \r may end it
}

func (r *Reader) take(text string) {
	r.finder.add(strip(r.number, text))
}
