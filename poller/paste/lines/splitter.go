package lines

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	partSize = 64 << 10 // the size of a part of the text, in bytes
	// maxLine bounds a line, in bytes: 100,000 records of 640 bytes, as a service lists them without line
	// breaks.
	maxLine = 64 << 20
)

// Splitter cuts a text that arrives in pieces into lines.
type Splitter struct {
	onLine    func(Line)        // called with each line
	onPart    func()            // called after the complete lines of each part of the text
	decoder   *transform.Writer // writes UTF-8 to decoded, also from UTF-16 behind a byte-order mark
	decoded   *bytes.Buffer     // text that is not cut into lines yet
	scanned   int               // how many bytes of decoded hold no line break
	number    int               // of the first line in decoded
	maxLength int               // of a line, in bytes; a longer one is cut
}

// NewSplitter returns a splitter at the start of a text. It calls onLine with each line, and onPart after
// the complete lines of each part.
func NewSplitter(onLine func(Line), onPart func()) *Splitter {
	decoded := &bytes.Buffer{}
	decoder := transform.NewWriter(decoded, unicode.BOMOverride(encoding.Nop.NewDecoder()))
	return &Splitter{onLine: onLine, onPart: onPart, decoder: decoder, decoded: decoded, number: 1, maxLength: maxLine}
}

// Add reads the next piece of the text.
func (s *Splitter) Add(text string) {
	for len(text) > 0 {
		n := min(len(text), partSize)
		_, _ = s.decoder.Write([]byte(text[:n])) // a write to a buffer can't fail
		s.split(false)
		s.onPart()
		text = text[n:]
	}
}

// Close ends the text, which completes the last line.
func (s *Splitter) Close() {
	_ = s.decoder.Close() // a write to a buffer can't fail
	s.split(true)
}

// split cuts decoded text into lines, which end in \n, \r\n or \r. A line that ends in \r alone is not
// counted, because a terminal draws the next one over it.
func (s *Splitter) split(ended bool) {
	if !ended && s.decoded.Len() <= s.maxLength && !bytes.ContainsAny(s.decoded.Bytes()[s.scanned:], "\r\n") {
		s.scanned = s.decoded.Len()
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
	for ; len(text) > s.maxLength; text = text[s.maxLength:] {
		l := Strip(s.number, text[:s.maxLength])
		l.Truncated = true
		s.onLine(l)
	}
	if ended {
		s.add(text)
		text = ""
	}
	s.decoded.WriteString(text)
	s.scanned = max(0, len(text)-1) // a \r may end it
}

func (s *Splitter) add(text string) { s.onLine(Strip(s.number, text)) }
