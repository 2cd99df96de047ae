package paste

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// maxLine bounds how much of one line is read at once, in bytes. A longer line is
	// read in pieces, cut between its words.
	maxLine = 4 << 20
	// chunk is how much of a text is decoded and read at once, in bytes.
	chunk = 64 << 10
	// manyLines is how many held lines are tried again only when they are twice as many:
	// fewer are when an eighth has come, so that what is whole is read soon.
	manyLines = 256
	// maxRow bounds a row of an HTML table that stands on several lines, in bytes.
	maxRow = 16 << 10
	// mostGroups bounds how many processes' lines are told apart.
	mostGroups = 1000
)

// Reader reads requests out of a text that comes in pieces. What may go on in text that
// has not come is held back until that comes, Flush, or Finish.
type Reader struct {
	p *parser
	// decoder writes to decoded what comes in UTF-8: a byte-order mark says whether it
	// is UTF-16.
	decoder *transform.Writer
	decoded *bytes.Buffer
	tail    []byte // the last line as far as it came
	skipLF  bool
	number  int
	// finders read the lines of each group, in the order in which groups came.
	finders map[string]*finder
	order   []*finder
}

// NewReader returns a reader at the start of a text.
func NewReader(source Source) *Reader {
	r := &Reader{p: newParser(source), decoded: &bytes.Buffer{}, number: 1, finders: map[string]*finder{}}
	r.decoder = transform.NewWriter(r.decoded, unicode.BOMOverride(encoding.Nop.NewDecoder()))
	return r
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
	for _, f := range r.order {
		if len(f.lines) > 0 {
			return true
		}
	}
	return false
}

// Finish says that the text has ended, and returns what was held back. The reader is
// then at the start of another text.
func (r *Reader) Finish() Result {
	_ = r.decoder.Close() // it can only fail to write to a buffer
	r.split(r.decoded.String())
	r.take(string(r.tail))
	r.run(false, false)
	result := r.p.verdicts()
	*r = *NewReader(r.p.source)
	return result
}

// write takes a text in chunks, and reads of each what is whole.
func (r *Reader) write(text string) {
	for len(text) > 0 {
		n := min(len(text), chunk)
		_, _ = r.decoder.Write([]byte(text[:n])) // it can only fail to write to a buffer
		r.split(r.decoded.String())
		r.decoded.Reset()
		r.run(true, true)
		text = text[n:]
	}
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
		r.take(l)
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
		r.take(string(r.tail[:cut]))
		r.tail = append([]byte(nil), r.tail[cut:]...)
	}
}

// take takes a line, which goes on with the one before if that ends within an id.
func (r *Reader) take(content string) {
	l := r.p.strip(r.number, content)
	l.raw = content
	r.p.noteOtherIDs(l.text)
	f, ok := r.finders[l.group]
	if !ok && len(r.finders) > mostGroups {
		f = r.order[0]
	} else if !ok {
		f = &finder{p: r.p}
		f.emit = func(found *record) {
			r.p.lines = f.lines
			sc := scope{endpoint: cmp.Or(f.heading, r.p.endpointVar), best: classNone}
			r.p.judge(found, sc)
		}
		r.finders[l.group] = f
		r.order = append(r.order, f)
	}
	if last := len(f.lines) - 1; last >= 0 && l.cells && f.lines[last].cells && !strings.Contains(content, "<tr") && len(f.lines[last].text) < maxRow {
		f.lines[last].text += l.text
		f.lines[last].bare = strings.TrimSpace(f.lines[last].text)
		return
	} else if last >= 0 && isFragment(f.lines[last].text) {
		r.p.join(&f.lines[last], &l)
	}
	f.lines = append(f.lines, l)
}

// run reads the lines that there are. more says that others may follow, and soon that
// they may at once.
func (r *Reader) run(more, soon bool) {
	for _, f := range r.order {
		f.more, f.soon = more, soon
		if len(f.lines) == 0 || soon && len(f.lines) < f.retry {
			continue
		}
		f.at = 0
		f.run()
		f.lines = append(f.lines[:0], f.lines[f.at:]...)
		if f.retry = len(f.lines) + len(f.lines)/8; len(f.lines) > manyLines {
			f.retry = 2 * len(f.lines)
		}
	}
}

// secret matches what people paste together with their requests and would not want to
// see on a shared screen: export API_KEY=..., -H "Authorization: Key ...".
var secret = regexp.MustCompile(`(?i)((?:key|token|secret|password|authorization)["']?\s*[:=]\s*["']?(?:(?:key|bearer)\s+)?)[^\s"']+`)

// textOf returns the start of a line without what looks like a key.
func (p *parser) textOf(content string) string {
	content = strings.TrimSpace(content)
	for _, known := range p.source.Secrets {
		if len(known) >= leastSecret {
			content = strings.ReplaceAll(content, known, "[redacted]")
		}
	}
	return strings.Clone(secret.ReplaceAllString(clip(content, maxText), "$1[redacted]"))
}

// rawOf returns a line that is read, as it came.
func (p *parser) rawOf(number int) string {
	if at, ok := p.lineAt(number); ok {
		return p.lines[at].raw
	}
	return ""
}

// lineAt returns where the line with a number is among those that are read.
func (p *parser) lineAt(number int) (at int, ok bool) {
	return slices.BinarySearchFunc(p.lines, number, func(l line, n int) int { return cmp.Compare(l.number, n) })
}

const wordStart = " \t\"'`(<[{|,;"

// lastWord returns the last word of a text, without the sign of a break in quoted-printable
// mail, and the part of it that may be an id.
func lastWord(content string) (word, own string) {
	tail := content[max(0, len(content)-2*maxID):]
	word = strings.TrimSuffix(tail[strings.LastIndexAny(tail, wordStart)+1:], "=")
	return word, word[strings.LastIndexAny(word, "=:/")+1:]
}

// isFragment tells cheaply whether a line may end within an id or an address.
func isFragment(content string) bool {
	word, own := lastWord(content)
	return len(word) >= 4 && !idShape(own).isID() && (strings.HasPrefix(own, mmsuPrefix) && allBytes(own[len(mmsuPrefix):], isLowerAlnum) ||
		len(own) > 8 && own[8] == '-' && allBytes(strings.ReplaceAll(own, "-", ""), isHex) || mayBeAddress(word))
}

// join puts the first word of a line behind the last of the one before it, where that was
// broken within an id or an address of a request.
func (p *parser) join(before, next *line) {
	tail, own := lastWord(before.text)
	head := next.text[:max(0, strings.IndexAny(next.text+" ", " \t,\"'`)>]"))]
	if head == "" || len(tail)+len(head) > maxAddress || idShape(trimWord(head)).isID() || strings.Contains(head, "://") {
		return
	}
	if a := p.address(tail + head); a != nil && a.Service != "" {
		if old := p.address(tail); !idShape(a.id).isID() || old != nil && idShape(old.id).isID() {
			return
		}
	} else if k := idShape(trimWord(own + head)); k != mmsu && k != uuid || len(own) < minID {
		return
	}
	rest := strings.TrimSpace(next.text[len(head):])
	joined := strings.TrimSuffix(strings.TrimSuffix(before.text, "="), tail) + tail + head
	if !strings.HasPrefix(next.text[len(head):], " ") || p.hasIDs(rest) {
		*next = p.strip(next.number, next.text[len(head):])
	} else { // what a terminal broke was one line
		joined += " " + rest
		*next = line{number: next.number, group: next.group}
	}
	*before = p.strip(before.number, joined)
}

// hasIDs reports whether a word of a text is an id.
func (p *parser) hasIDs(content string) bool {
	return slices.ContainsFunc(strings.Fields(content), func(word string) bool { return idShape(trimWord(word)).isID() || mayBeAddress(word) })
}
