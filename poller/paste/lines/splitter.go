package lines

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// chunk is how much of a text is decoded and passed on at once, in bytes.
	chunk = 64 << 10
	// maxLine bounds how much of a line is read at once, in bytes: 100,000 records of 640
	// bytes, as a service lists them without line breaks.
	maxLine = 64 << 20
)

// Splitter cuts a text that comes in pieces into lines.
type Splitter struct {
	// take is given each line, and rest is called when no more are whole.
	take func(Line)
	rest func()
	// decoder writes UTF-8 to decoded. A byte-order mark shows UTF-16.
	decoder *transform.Writer
	decoded *bytes.Buffer // the last line as far as it came, and what was not cut into lines
	seen    int           // how much of that has no end of a line
	number  int           // of that line
	most    int           // of a line that is read at once, in bytes
}

// NewSplitter returns a splitter at the start of a text. It gives each line to take, and
// calls rest after those of each part of a text.
func NewSplitter(take func(Line), rest func()) *Splitter {
	decoded := &bytes.Buffer{}
	decoder := transform.NewWriter(decoded, unicode.BOMOverride(encoding.Nop.NewDecoder()))
	return &Splitter{take: take, rest: rest, decoder: decoder, decoded: decoded, number: 1, most: maxLine}
}

// Add takes the next piece of the text.
func (s *Splitter) Add(text string) {
	for len(text) > 0 {
		n := min(len(text), chunk)
		_, _ = s.decoder.Write([]byte(text[:n])) // it can only fail to write to a buffer
		s.split(false)
		s.rest()
		text = text[n:]
	}
}

// Close says that the text has ended: the last line is whole.
func (s *Splitter) Close() {
	_ = s.decoder.Close() // it can only fail to write to a buffer
	s.split(true)
}

// split cuts what was decoded into lines, which end in \n, \r\n or \r. A \r alone ends a
// line that is not counted, as it is drawn over.
func (s *Splitter) split(ended bool) {
	if !ended && s.decoded.Len() <= s.most && !bytes.ContainsAny(s.decoded.Bytes()[s.seen:], "\r\n") {
		s.seen = s.decoded.Len()
		return
	}
	text := s.decoded.String()
	s.decoded.Reset()
	for {
		at := strings.IndexAny(text, "\r\n")
		if at < 0 || text[at] == '\r' && at+1 == len(text) && !ended {
			break
		}
		s.add(text[:at])
		if strings.HasPrefix(text[at:], "\r\n") {
			at++
		}
		if text[at] == '\n' {
			s.number++
		}
		text = text[at+1:]
	}
	for ; len(text) > s.most; text = text[s.most:] {
		l := Strip(s.number, text[:s.most])
		l.Cut = true
		s.take(l)
	}
	if ended {
		s.add(text)
		text = ""
	}
	s.decoded.WriteString(text)
	s.seen = max(0, len(text)-1) // a \r may end it
}

func (s *Splitter) add(text string) { s.take(Strip(s.number, text)) }
