package lines

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxLine bounds how much of one line is read at once, in bytes. A longer line is read in
// pieces, cut between its words.
const maxLine = 4 << 20

// Reader cuts a text that comes in pieces into lines.
type Reader struct {
	// decoder writes to decoded what comes in UTF-8: a byte-order mark says whether it is
	// UTF-16.
	decoder *transform.Writer
	decoded *bytes.Buffer
	tail    []byte // the last line as far as it came
	skipLF  bool
	number  int
	take    func(number int, text string)
}

// NewReader returns a reader that passes lines on, with their numbers from 1.
func NewReader(take func(number int, text string)) *Reader {
	r := &Reader{decoded: &bytes.Buffer{}, number: 1, take: take}
	r.decoder = transform.NewWriter(r.decoded, unicode.BOMOverride(encoding.Nop.NewDecoder()))
	return r
}

// Add takes the next piece of the text.
func (r *Reader) Add(text string) {
	_, _ = r.decoder.Write([]byte(text)) // it can only fail to write to a buffer
	r.split(r.decoded.String())
	r.decoded.Reset()
}

// End says that the text has ended, and with it its last line.
func (r *Reader) End() {
	_ = r.decoder.Close() // it can only fail to write to a buffer
	r.split(r.decoded.String())
	r.take(r.number, string(r.tail))
}

// split cuts the text into lines, which end in \n, \r\n or \r. A \r alone ends a line
// that is not counted, as it is drawn over.
func (r *Reader) split(content string) {
	for len(content) > 0 {
		if r.skipLF && content[0] == '\n' {
			r.number++
			content = content[1:]
		}
		r.skipLF = false
		end := strings.IndexAny(content, "\r\n")
		if end < 0 {
			break
		}
		l := content[:end]
		if len(r.tail) > 0 {
			l = string(append(r.tail, l...))
			r.tail = r.tail[:0]
		}
		r.take(r.number, l)
		if r.skipLF = content[end] == '\r'; !r.skipLF {
			r.number++
		}
		content = content[end+1:]
	}
	for r.tail = append(r.tail, content...); len(r.tail) > maxLine; {
		cut := bytes.LastIndexAny(r.tail[:maxLine], " \t,;|") + 1
		if cut == 0 {
			cut = maxLine
		}
		r.take(r.number, string(r.tail[:cut]))
		r.tail = append([]byte(nil), r.tail[cut:]...)
	}
}
