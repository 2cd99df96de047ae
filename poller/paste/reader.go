package paste

import (
	"regexp"
	"strings"
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
	p       *parser
	decoder decoder
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
	return &Reader{p: newParser(source), number: 1, finders: map[string]*finder{}, rawFrom: 1}
}

// Parse reads all of a text.
func Parse(text string, source Source) Result {
	r := NewReader(source)
	r.split(r.decoder.decode(text, true))
	r.endLine()
	return r.weigh(false, false)
}

// Add takes the next piece of the text and returns what it completed.
func (r *Reader) Add(text string) Result {
	r.split(r.decoder.decode(text, false))
	return r.weigh(true, true)
}

// Flush reads what was held back as it is, but for a value or a line that is not whole:
// for when no text comes for a while.
func (r *Reader) Flush() Result { return r.weigh(true, false) }

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
	r.split(r.decoder.decode("", true))
	r.endLine()
	result := r.weigh(false, false)
	*r = *NewReader(r.p.source)
	return result
}

// split cuts the text into lines, which end in \n, \r\n or \r. A \r alone ends a line
// that is not counted, as it is drawn over.
func (r *Reader) split(text string) {
	for text != "" {
		if r.skipLF {
			r.skipLF = false
			if text[0] == '\n' {
				r.number++
				text = text[1:]
				continue
			}
		}
		end := strings.IndexAny(text, "\r\n")
		if end < 0 {
			r.tail = append(r.tail, text...)
			if len(r.tail) > maxLine {
				r.tail = append(r.tail[:0:0], r.pieces(string(r.tail))...)
			}
			return
		}
		if len(r.tail) > 0 {
			r.tail = append(r.tail, text[:end]...)
			r.endLine()
		} else {
			r.take(r.pieces(text[:end]))
		}
		if r.skipLF = text[end] == '\r'; !r.skipLF {
			r.number++
		}
		text = text[end+1:]
	}
}

func (r *Reader) endLine() {
	if len(r.tail) > 0 {
		line := r.pieces(string(r.tail))
		r.tail = nil
		r.take(line)
	}
}

// pieces reads a line that is too long as far as needed to make the rest of it, which
// it returns, short enough.
func (r *Reader) pieces(line string) string {
	for len(line) > maxLine {
		end := strings.LastIndexAny(line[:maxLine], " \t,;|") + 1
		if end == 0 {
			end = maxLine
		}
		r.take(line[:end])
		line = line[end:]
	}
	return line
}

// take takes a line, which goes on with the one before if that ends within an id.
func (r *Reader) take(text string) {
	if at := r.number - r.rawFrom; at < len(r.raw) {
		r.raw[at] = text
	} else {
		for at > len(r.raw) {
			r.raw = append(r.raw, "")
		}
		r.raw = append(r.raw, text)
	}
	l := r.p.strip(r.number, text)
	r.p.noteOthers(l.text)
	f, ok := r.finders[l.group]
	if !ok {
		if len(r.finders) > mostGroups {
			f = r.order[0]
		} else {
			f = &finder{p: r.p}
			f.emit = f.weigh
			r.finders[l.group] = f
			r.order = append(r.order, f)
		}
	}
	if last := len(f.lines) - 1; last >= 0 && isPartial(f.lines[last].text) {
		r.p.join(&f.lines[last], &l)
	}
	f.lines = append(f.lines, l)
}

// weigh passes a record on to be judged in the scope of what stands above it.
func (f *finder) weigh(n *node) {
	f.p.shapeNode(n, 0)
	sc := scope{endpoint: f.heading, best: classNone}
	if sc.endpoint == "" {
		sc.endpoint = f.p.endpointVar
	}
	f.p.judge(n, sc)
}

// weigh reads the lines that there are. more says that others may follow, and soon that
// they may at once.
func (r *Reader) weigh(more, soon bool) Result {
	oldest := r.number
	for _, f := range r.order {
		if f.more, f.soon = more, soon; len(f.lines) == 0 || soon && len(f.lines) < f.retry {
			continue
		}
		f.at, f.plain = 0, 0
		f.run()
		f.lines = append(f.lines[:0:0], f.lines[f.at:]...)
		f.retry = len(f.lines) + len(f.lines)/8
	}
	for _, f := range r.order {
		if len(f.lines) > 0 {
			oldest = min(oldest, f.lines[0].number)
		}
	}
	result := r.p.settle()
	for i := range result.Refused {
		result.Refused[i].Text = r.textOf(result.Refused[i].Line)
	}
	for i := range result.Unsure {
		result.Unsure[i].Text = r.textOf(result.Unsure[i].Line)
	}
	if drop := min(oldest-r.rawFrom, len(r.raw)); drop > 0 {
		r.raw, r.rawFrom = append(r.raw[:0:0], r.raw[drop:]...), r.rawFrom+drop
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
	text := strings.TrimSpace(r.raw[at])
	for _, known := range r.p.source.Secrets {
		if len(known) >= leastSecret {
			text = strings.ReplaceAll(text, known, "[redacted]")
		}
	}
	return strings.Clone(secret.ReplaceAllString(clip(text, maxText), "$1[redacted]"))
}

// isPartial tells cheaply whether a line may end within an id or an address.
func isPartial(text string) bool {
	tail := text[max(0, len(text)-maxID*2):]
	word := strings.TrimSuffix(tail[strings.LastIndexAny(tail, " \t\"'`(<[{|,;")+1:], "=")
	own := word[strings.LastIndexAny(word, "=:/")+1:]
	switch {
	case idShape(own).isID() || len(word) < 4:
		return false
	case strings.HasPrefix(own, mmsuPrefix), strings.Contains(word, "://"), strings.Contains(word, seacloudPath), strings.Contains(word, "/requests"):
		return true
	}
	return len(own) > 8 && own[8] == '-' && allBytes(own, func(b byte) bool { return isHex(b) || b == '-' })
}

// join puts the first word of a line behind the last of the one before it, where that
// was broken within an id or an address of a request.
func (p *parser) join(before, next *line) {
	start := strings.LastIndexAny(before.text, " \t\"'`(<[") + 1
	tail := strings.TrimSuffix(before.text[start:], "=")
	end := strings.IndexAny(next.text, " \t,\"'`)>]")
	if end < 0 {
		end = len(next.text)
	}
	head := next.text[:end]
	if head == "" || tail == "" || len(tail)+len(head) > maxAddress || idShape(trimWord(head)).isID() || strings.Contains(head, "://") {
		return
	}
	whole := tail + head
	if a := p.address(whole, 0); a != nil && a.service != "" {
		if old := p.address(tail, 0); !idShape(a.id).isID() || old != nil && idShape(old.id).isID() {
			return
		}
	} else {
		own := tail[strings.LastIndexAny(tail, "=:/")+1:]
		if k := idShape(trimWord(own + head)); k != mmsu && k != uuid || idShape(own).isID() || len(own) < minID {
			return
		}
	}
	cut := len(before.text) - start
	before.bare = before.bare[:max(0, len(before.bare)-cut)] + whole
	before.text = before.text[:start] + whole
	*next = p.strip(next.number, next.text[end:])
}
