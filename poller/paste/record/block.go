package record

import (
	"strings"

	"polltop/poller/paste/lines"
)

// block is lines of one key and value each, as far as they are read: YAML, TOML, settings,
// what programs print of one thing, an HTTP exchange. Lines of a deeper indentation belong
// to the level above them.
type block struct {
	f       *Finder
	records []*Record
	levels  []indented // the first is the present record
	first   string     // key of the present record
	lines   int
	// http says that it is an HTTP exchange, answered that the status of its answer was
	// read, and ended that its body was.
	http, answered, ended bool
	host, path            string
}

// indented is a record whose parts stand at a deeper indentation.
type indented struct {
	indent int
	r      *Record
	isKey  bool
}

// begin begins a record.
func (b *block) begin(number int) {
	b.pop(1)
	r := &Record{Form: Object, Line: number}
	b.records = append(b.records, r)
	b.levels, b.first = []indented{{indent: -1, r: r}}, ""
}

// pop ends levels until some are left.
func (b *block) pop(left int) {
	for len(b.levels) > left {
		top := len(b.levels) - 1
		b.f.p.enclose(b.levels[top-1].r, b.levels[top].r)
		b.levels = b.levels[:top]
	}
}

// parent returns the record to which a line belongs by its indentation.
func (b *block) parent(l *lines.Line) *Record {
	for len(b.levels) > 1 {
		top := b.levels[len(b.levels)-1]
		if top.indent < l.Indent || top.indent == l.Indent && l.Bullet && top.isKey {
			break
		}
		b.pop(len(b.levels) - 1)
	}
	return b.levels[len(b.levels)-1].r
}

// block reads a block. It reports false where more lines are needed to know its end.
func (f *Finder) block() bool {
	start := f.at
	b := &block{f: f, http: f.startsExchange()}
	b.begin(f.Lines[start].Number)
	for f.at < len(f.Lines) && b.lines < mostLines && !b.ended {
		used, whole := b.line(&f.Lines[f.at])
		if !whole {
			return false
		}
		if used == 0 {
			break
		}
		f.at += used
		b.lines += used
	}
	if f.soon && f.at >= len(f.Lines) && b.lines < mostLines && !b.ended {
		return false
	}
	b.end()
	return true
}

// line reads a line of a block, and the value that begins in it. It returns how many lines
// it took, 0 at the block's end, and whether the value is whole.
func (b *block) line(l *lines.Line) (used int, whole bool) {
	if l.Blank() {
		return b.blank(), true
	} else if b.lines > 0 && (l.IsComment() || b.http && l.Bullet) {
		return 1, true
	} else if b.lines > 0 && endsBlock(l) {
		return 0, true
	}
	r, used, whole := b.f.line()
	switch {
	case !whole:
	case b.http && r.lead == "":
		return b.exchange(l, r, used), true
	case r.lead != "":
		b.pair(l, r)
	case b.holds(l):
		b.f.p.enclose(b.parent(l), r)
	default:
		return 0, true
	}
	return used, whole
}

// holds reports whether a line without a key belongs to a level by its indentation.
func (b *block) holds(l *lines.Line) bool {
	return len(b.levels) > 1 && (l.Indent > 0 || l.Bullet) && l.Indent >= b.levels[1].indent
}

// endsBlock reports whether a line can't go on with a block: a prompt, a log line with a value.
func endsBlock(l *lines.Line) bool {
	return l.Prompt && !l.Bullet || l.Timed && strings.Contains(l.Bare, "{")
}

// pair adds a pair to the record to which it belongs.
func (b *block) pair(l *lines.Line, r *Record) {
	parent := b.parent(l)
	if l.Bullet {
		parent = &Record{Form: Object, Line: l.Number}
		b.levels = append(b.levels, indented{indent: l.Indent, r: parent})
	} else if len(b.levels) == 1 && r.lead == b.first && !b.http {
		b.begin(l.Number)
		parent = b.levels[0].r
	}
	if len(b.levels) == 1 && b.first == "" {
		b.first = r.lead
	}
	switch {
	case b.http && strings.EqualFold(r.lead, "host") && len(r.Values) == 1:
		b.host = r.Values[0].Text
	case len(r.Values) == 1 && r.Values[0].Text == "":
		b.levels = append(b.levels, indented{indent: l.Indent, r: &Record{Form: Object, Key: r.lead, Line: l.Number}, isKey: true})
		return
	}
	parent.Values, parent.Inner = append(parent.Values, r.Values...), append(parent.Inner, r.Inner...)
}

// end passes on the records of a block. A block of one line that only names an endpoint is
// a heading.
func (b *block) end() {
	b.pop(1)
	r := b.levels[0].r
	if b.lines == 1 && len(r.Values) == 1 && len(r.Inner) == 0 {
		if v := r.Values[0]; v.IsEndpoint() && v.Key != "ENDPOINT" {
			b.f.Heading, b.f.fresh = v.Text, true
			return
		}
	}
	if b.path != "" && b.endCall(r) {
		return
	}
	for _, r := range b.records {
		b.f.found(r)
	}
}
