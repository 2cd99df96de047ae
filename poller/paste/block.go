package paste

import (
	"regexp"
	"strings"
)

// block is lines of one key and value each, as far as they are read: YAML, TOML, settings,
// what programs print of one thing, an HTTP exchange. Lines of a deeper indentation belong
// to the level above them.
type block struct {
	f       *finder
	records []*record
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
	r      *record
	isKey  bool
}

var (
	statusForm = regexp.MustCompile(`^HTTP/\d(?:\.\d)? \d{3}`)
	callForm   = regexp.MustCompile(`^(?:GET|POST|PUT|DELETE|PATCH|HEAD) (\S+)(?: HTTP/[\d.]+)?$`)
)

// startsExchange reports whether an HTTP exchange begins here: with a request or a status
// line, or with the command before that.
func (f *finder) startsExchange() bool {
	t := f.lines[f.at].bare
	return statusForm.MatchString(t) || callForm.MatchString(t) ||
		strings.Contains(t, "/") && f.at+1 < len(f.lines) && statusForm.MatchString(f.lines[f.at+1].bare)
}

// begin begins a record.
func (b *block) begin(number int) {
	b.pop(1)
	r := &record{form: object, line: number}
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
func (b *block) parent(l *line) *record {
	for len(b.levels) > 1 {
		top := b.levels[len(b.levels)-1]
		if top.indent < l.indent || top.indent == l.indent && l.bullet && top.isKey {
			break
		}
		b.pop(len(b.levels) - 1)
	}
	return b.levels[len(b.levels)-1].r
}

// block reads a block. It reports false where more lines are needed to know its end.
func (f *finder) block() bool {
	start := f.at
	b := &block{f: f, http: f.startsExchange()}
	b.begin(f.lines[start].number)
	for f.at < len(f.lines) && b.lines < mostLines && !b.ended {
		used, whole := b.line(&f.lines[f.at])
		if !whole {
			return false
		}
		if used == 0 {
			break
		}
		f.at += used
		b.lines += used
	}
	if f.soon && f.at >= len(f.lines) && b.lines < mostLines && !b.ended {
		return false
	}
	b.end()
	return true
}

// line reads a line of a block, and the value that begins in it. It returns how many lines
// it took, 0 at the block's end, and whether the value is whole.
func (b *block) line(l *line) (used int, whole bool) {
	switch {
	case l.blank():
		return b.blank(), true
	case b.lines > 0 && isComment(l), b.lines > 0 && b.http && l.bullet:
		return 1, true
	case b.lines > 0 && (l.prompt && !l.bullet || l.timed && strings.Contains(l.bare, "{")):
		return 0, true
	}
	r, used, whole := b.f.line()
	switch {
	case !whole:
	case b.http && r.lead == "":
		return b.exchange(l, r, used), true
	case r.lead != "":
		b.pair(l, r)
	case len(b.levels) < 2 || l.indent == 0 && !l.bullet || l.indent < b.levels[1].indent:
		return 0, true
	default:
		b.f.p.enclose(b.parent(l), r)
	}
	return used, whole
}

// pair adds a pair to the record to which it belongs.
func (b *block) pair(l *line, r *record) {
	parent := b.parent(l)
	if l.bullet {
		parent = &record{form: object, line: l.number}
		b.levels = append(b.levels, indented{indent: l.indent, r: parent})
	} else if len(b.levels) == 1 && r.lead == b.first && !b.http {
		b.begin(l.number)
		parent = b.levels[0].r
	}
	if len(b.levels) == 1 && b.first == "" {
		b.first = r.lead
	}
	switch {
	case b.http && strings.EqualFold(r.lead, "host") && len(r.values) == 1:
		b.host = r.values[0].text
	case len(r.values) == 1 && r.values[0].text == "":
		b.levels = append(b.levels, indented{indent: l.indent, r: &record{form: object, key: r.lead, line: l.number}, isKey: true})
		return
	}
	parent.values, parent.inner = append(parent.values, r.values...), append(parent.inner, r.inner...)
}

// blank returns how many blank lines stand inside an exchange here: before a body, or an
// answer; 0 at the block's end.
func (b *block) blank() (used int) {
	lines := b.f.lines[b.f.at:]
	for used < len(lines) && lines[used].blank() {
		used++
	}
	if !b.http || used < len(lines) && strings.IndexByte("{[", lines[used].bare[0]) < 0 && (b.answered || !statusForm.MatchString(lines[used].bare)) {
		return 0
	}
	return used
}

// exchange adds a line of an HTTP exchange that is no header, and a body. It returns how
// many lines it took, 0 at the exchange's end, which is behind the body of the answer.
func (b *block) exchange(l *line, r *record, used int) int {
	root, call := b.levels[0].r, callForm.FindStringSubmatch(l.bare)
	switch {
	case call != nil && b.path == "" && !b.answered:
		b.path = call[1]
	case statusForm.MatchString(l.bare) && !b.answered:
		b.answered = true
	case strings.IndexByte("{[", l.bare[0]) >= 0:
		for _, kid := range r.inner {
			root.values, root.inner = append(root.values, kid.values...), append(root.inner, kid.inner...)
		}
		b.ended = b.answered
	case b.lines == 0:
		root.values = append(root.values, r.values...) // the command
	default:
		return 0
	}
	return used
}

// end passes on the records of a block. A block of one line that only names an endpoint is
// a heading.
func (b *block) end() {
	b.pop(1)
	r := b.levels[0].r
	if b.lines == 1 && len(r.values) == 1 && len(r.inner) == 0 {
		if v := r.values[0]; v.class == classEndpoint && fitsEndpoint(v.text) && v.key != "ENDPOINT" {
			b.f.heading, b.f.fresh = v.text, true
			return
		}
	}
	if b.path != "" {
		if at := b.host + b.path; b.host != "" && b.f.p.address(at) != nil {
			b.path = at
		} else if b.host != "" {
			b.path = "https://" + at
		}
		if a := b.f.p.address(b.path); b.lines == 1 && a != nil && a.id == "" && a.endpoint != "" {
			b.f.heading, b.f.fresh = a.endpoint, true
			return
		}
		r.values = append(r.values, b.f.p.classified("method", "-", r.line), b.f.p.classified("path", b.path, r.line))
	}
	for _, r := range b.records {
		b.f.found(r)
	}
}
