package paste

import (
	"bytes"
	"regexp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// maxLine bounds how much of one line is read at once, in bytes. A longer line is
	// read in pieces, cut between its words.
	maxLine = 4 << 20
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
	// raw holds the lines from the number rawFrom, for what is said of them.
	raw     []string
	rawFrom int
}

// NewReader returns a reader at the start of a text.
func NewReader(source Source) *Reader {
	r := &Reader{p: newParser(source), decoded: &bytes.Buffer{}, number: 1, finders: map[string]*finder{}, rawFrom: 1}
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
	return r.read(true, true)
}

// Flush reads what was held back as it is, but for a value or a line that is not whole:
// for when no text comes for a while.
func (r *Reader) Flush() Result { return r.read(true, false) }

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
	r.split(r.decoded.Bytes())
	r.take(string(r.tail))
	result := r.read(false, false)
	*r = *NewReader(r.p.source)
	return result
}

func (r *Reader) write(text string) {
	_, _ = r.decoder.Write([]byte(text)) // it can only fail to write to a buffer
	r.split(r.decoded.Bytes())
	r.decoded.Reset()
}

// split cuts the text into lines, which end in \n, \r\n or \r. A \r alone ends a line
// that is not counted, as it is drawn over.
func (r *Reader) split(content []byte) {
	for len(content) > 0 {
		if r.skipLF && content[0] == '\n' {
			r.number++
			content = content[1:]
		}
		r.skipLF = false
		end := bytes.IndexAny(content, "\r\n")
		if end < 0 {
			r.tail = append(r.tail, content...)
			for len(r.tail) > maxLine {
				cut := bytes.LastIndexAny(r.tail[:maxLine], " \t,;|") + 1
				if cut == 0 {
					cut = maxLine
				}
				r.take(string(r.tail[:cut]))
				r.tail = append([]byte(nil), r.tail[cut:]...)
			}
			return
		}
		r.take(string(append(r.tail, content[:end]...)))
		r.tail = r.tail[:0]
		if r.skipLF = content[end] == '\r'; !r.skipLF {
			r.number++
		}
		content = content[end+1:]
	}
}

// take takes a line, which goes on with the one before if that ends within an id.
func (r *Reader) take(content string) {
	if at := r.number - r.rawFrom; at < len(r.raw) {
		r.raw[at] = content
	} else {
		r.raw = append(append(r.raw, make([]string, at-len(r.raw))...), content)
	}
	l := r.p.strip(r.number, content)
	r.p.noteOtherIDs(l.text)
	f, ok := r.finders[l.group]
	if !ok && len(r.finders) > mostGroups {
		f = r.order[0]
	} else if !ok {
		f = &finder{p: r.p}
		f.emit = func(n *node) {
			r.p.lines = f.lines
			r.p.prepare(n, 0)
			sc := scope{endpoint: f.heading, best: classNone}
			if sc.endpoint == "" {
				sc.endpoint = r.p.endpointVar
			}
			r.p.judge(n, sc)
		}
		r.finders[l.group] = f
		r.order = append(r.order, f)
	}
	if last := len(f.lines) - 1; last >= 0 && isFragment(f.lines[last].text) {
		r.p.join(&f.lines[last], &l)
	}
	f.lines = append(f.lines, l)
}

// read reads the lines that there are. more says that others may follow, and soon that
// they may at once.
func (r *Reader) read(more, soon bool) Result {
	oldest := r.number
	for _, f := range r.order {
		f.more, f.soon = more, soon
		if len(f.lines) > 0 && (!soon || len(f.lines) >= f.retry) {
			f.at = 0
			f.run()
			f.lines = append([]line(nil), f.lines[f.at:]...)
			f.retry = len(f.lines) + len(f.lines)/8
		}
		if len(f.lines) > 0 {
			oldest = min(oldest, f.lines[0].number)
		}
	}
	result := r.p.verdicts()
	for i := range result.Refused {
		result.Refused[i].Text = r.textOf(result.Refused[i].Line)
	}
	for i := range result.Unsure {
		result.Unsure[i].Text = r.textOf(result.Unsure[i].Line)
	}
	if drop := min(oldest-r.rawFrom, len(r.raw)); drop > 0 {
		r.raw, r.rawFrom = append([]string(nil), r.raw[drop:]...), r.rawFrom+drop
	}
	return result
}

// secret matches what people paste together with their requests and would not want to
// see on a shared screen: export API_KEY=..., -H "Authorization: Key ...".
var secret = regexp.MustCompile(`(?i)((?:key|token|secret|password|authorization)["']?\s*[:=]\s*["']?(?:(?:key|bearer)\s+)?)[^\s"']+`)

// textOf returns the start of a line without what looks like a key.
func (r *Reader) textOf(number int) string {
	at := number - r.rawFrom
	if at < 0 || at >= len(r.raw) {
		return ""
	}
	content := strings.TrimSpace(r.raw[at])
	for _, known := range r.p.source.Secrets {
		if len(known) >= leastSecret {
			content = strings.ReplaceAll(content, known, "[redacted]")
		}
	}
	return strings.Clone(secret.ReplaceAllString(clip(content, maxText), "$1[redacted]"))
}

const wordStart = " \t\"'`(<[{|,;"

// fragment matches the start of an id.
var fragment = regexp.MustCompile(`^(?:mmsu_[0-9a-z]*|[0-9a-fA-F]{8}-[0-9a-fA-F-]*)$`)

// isFragment tells cheaply whether a line may end within an id or an address.
func isFragment(content string) bool {
	tail := content[max(0, len(content)-2*maxID):]
	word := strings.TrimSuffix(tail[strings.LastIndexAny(tail, wordStart)+1:], "=")
	own := word[strings.LastIndexAny(word, "=:/")+1:]
	return len(word) >= 4 && !idShape(own).isID() &&
		(fragment.MatchString(own) || strings.Contains(word, "://") || strings.Contains(word, seacloudPath) || strings.Contains(word, "/requests"))
}

// hasIDs reports whether a word of a text is an id.
func (p *parser) hasIDs(content string) bool {
	for word := range strings.FieldsSeq(content) {
		if idShape(trimWord(word)).isID() || mayBeAddress(word) {
			return true
		}
	}
	return false
}

// join puts the first word of a line behind the last of the one before it, where that
// was broken within an id or an address of a request.
func (p *parser) join(before, next *line) {
	start := strings.LastIndexAny(before.text, wordStart) + 1
	tail := strings.TrimSuffix(before.text[start:], "=")
	head, _, _ := strings.Cut(next.text, " ")
	if end := strings.IndexAny(head, "\t,\"'`)>]"); end >= 0 {
		head = head[:end]
	}
	if head == "" || tail == "" || len(tail)+len(head) > maxAddress || idShape(trimWord(head)).isID() || strings.Contains(head, "://") {
		return
	}
	whole := tail + head
	own := tail[strings.LastIndexAny(tail, "=:/")+1:]
	if a := p.address(whole, 0); a != nil && a.service != "" {
		if old := p.address(tail, 0); !idShape(a.id).isID() || old != nil && idShape(old.id).isID() {
			return
		}
	} else if k := idShape(trimWord(own + head)); k != mmsu && k != uuid || idShape(own).isID() || len(own) < minID {
		return
	}
	before.bare = before.bare[:max(0, len(before.bare)-len(before.text)+start)] + whole
	before.text = before.text[:start] + whole
	rest := next.text[len(head):]
	if after := strings.TrimSpace(rest); len(rest) > len(after) && !p.hasIDs(after) {
		// What a terminal broke was one line.
		before.bare, before.text, rest = before.bare+" "+after, before.text+" "+after, ""
	}
	*next = p.strip(next.number, rest)
}
