package paste

import (
	"regexp"
	"strings"
)

// A block is lines of one key and value each, which belong together: YAML, TOML,
// settings, what programs print of one thing, and the headers of an HTTP exchange.

var (
	logPair  = regexp.MustCompile(`["\w]\s+[\w.-]{1,40}=`)
	exports  = regexp.MustCompile(`^(?:export|set|declare -x|local|const|let|var|env)\s+`)
	statusRe = regexp.MustCompile(`^HTTP/\d(?:\.\d)? \d{3}`)
	callRe   = regexp.MustCompile(`^(?:GET|POST|PUT|DELETE|PATCH|HEAD) (\S+)(?: HTTP/[\d.]+)?$`)
	// laterKey matches a second key in a line, behind a comma or a space.
	laterKey = regexp.MustCompile(`[,;\s]\s*["']?([A-Za-z][\w-]{1,40})["']?(?::\s|=)`)
)

// maxKey bounds the length of a key in a line, in bytes.
const maxKey = 48

// pairOf returns the key and the value of a line that is one of both.
func (p *parser) pairOf(l *line) (key, rest string, sep byte) {
	t := l.inner()
	if l.bullet || l.prompt {
		t = l.bare
	}
	t = exports.ReplaceAllString(strings.TrimSpace(withoutComment(t)), "")
	from := 0
	if strings.HasPrefix(t, "$env:") {
		from = len("$env:")
	}
	at := strings.IndexAny(t[from:min(len(t), maxKey)], ":=|") + from
	if at <= from {
		return "", "", 0
	}
	sep, key, rest = t[at], strings.TrimSpace(t[:at]), t[at+1:]
	switch {
	case sep == '|' && (!strings.HasPrefix(rest, " ") || strings.Contains(rest, "|") || key == ""):
		return "", "", 0
	case sep == '=':
		rest = strings.TrimPrefix(rest, ">")
	case strings.HasPrefix(rest, "="):
		rest = rest[1:]
	case rest != "" && strings.IndexByte(" \t\"'", rest[0]) < 0:
		return "", "", 0
	}
	key, rest = strings.Trim(key, `"'`), strings.TrimSpace(rest)
	if !isKey(key) || sep == '=' && logPair.MatchString(rest) {
		return "", "", 0
	}
	if m := laterKey.FindStringSubmatch(rest); m != nil && strings.IndexByte("{[(\"'", rest[0]) < 0 && p.classOf(m[1]) != classPlain {
		return "", "", 0
	}
	return key, rest, sep
}

// isKey reports whether a text is a key: at most four words, which begin with a letter.
func isKey(key string) bool {
	key = strings.TrimLeft(key, "$@*")
	if key == "" || !isLetter(key[0]) || strings.Count(key, " ") > 3 || idShape(key) != other {
		return false
	}
	return allBytes(key, func(b byte) bool { return isAlnum(b) || strings.IndexByte("_-.$@: /*", b) >= 0 })
}

// block is a block as far as it is read. Lines of a deeper indentation belong to the
// level above them.
type block struct {
	records []*node
	levels  []level
	first   string // key of the present record
	lines   int
	// http says that it is an HTTP exchange, answered that a status line was in it, and
	// path what it asks for.
	http, answered bool
	path           string
}

type level struct {
	indent int
	n      *node
	isKey  bool
}

// begin begins a record.
func (b *block) begin(number int) {
	n := &node{form: object, line: number}
	b.records = append(b.records, n)
	b.levels, b.first = []level{{indent: -1, n: n}}, ""
}

// parent returns the node to which a line belongs by its indentation.
func (b *block) parent(l *line) *node {
	for len(b.levels) > 1 {
		top := b.levels[len(b.levels)-1]
		if top.indent < l.indent || top.indent == l.indent && l.bullet && top.isKey {
			break
		}
		b.levels = b.levels[:len(b.levels)-1]
	}
	return b.levels[len(b.levels)-1].n
}

func (b *block) push(indent int, n *node, isKey bool) {
	b.levels = append(b.levels, level{indent: indent, n: n, isKey: isKey})
}

// block reads a block.
func (f *finder) block() (whole, done bool) {
	start, l := f.at, &f.lines[f.at]
	b := &block{}
	if f.soon && start+1 == len(f.lines) && callRe.MatchString(l.bare) {
		return false, false
	}
	if _, _, sep := f.p.pairOf(l); sep == 0 && !f.httpLine(b, l) {
		return true, false
	}
	b.begin(l.number)
	for f.at < len(f.lines) && b.lines < mostLines {
		used, whole := f.blockLine(b)
		if !whole {
			f.at = start
			return false, false
		}
		if used == 0 {
			break
		}
		f.at += used
		b.lines += used
	}
	if f.soon && f.at >= len(f.lines) && b.lines < mostLines {
		f.at = start
		return false, false
	}
	if b.lines == 0 {
		return true, false
	}
	f.endBlock(b)
	return true, true
}

// httpLine reads the first line of an HTTP request or of its answer.
func (f *finder) httpLine(b *block, l *line) bool {
	m := callRe.FindStringSubmatch(l.bare)
	next := ""
	if f.at+1 < len(f.lines) {
		next = f.lines[f.at+1].bare
	}
	_, header, _ := strings.Cut(next, ":")
	switch {
	case m != nil && header != "" && !strings.Contains(next[:strings.IndexByte(next, ':')], " "):
		b.path = m[1]
	case statusRe.MatchString(l.bare):
		b.answered = true
	case !strings.Contains(l.bare, "/") || !statusRe.MatchString(next):
		return false
	}
	b.http = true
	return true
}

// blockLine reads a line of a block, and the value that begins in it. It returns how many
// lines it took, 0 at the block's end, and whether the value is whole.
func (f *finder) blockLine(b *block) (used int, whole bool) {
	l := &f.lines[f.at]
	f.p.expand(l)
	root := b.records[len(b.records)-1]
	key, rest, sep := f.p.pairOf(l)
	switch {
	case b.http && (l.blank() || strings.IndexByte("{[", l.bare[0]) >= 0):
		return f.body(b, root)
	case l.blank():
		return 0, true
	case b.lines > 0 && isComment(l), b.http && l.bullet:
		return 1, true
	case b.http && b.lines > 0 && callRe.MatchString(l.bare):
		return 0, true
	case b.http && sep == 0 && f.httpLine(b, l):
		if strings.Contains(l.bare, "/") && b.path == "" {
			root.kids = append(root.kids, f.p.words(l.bare, l.number)...)
		}
		return 1, true
	case b.lines > 0 && (l.prompt && !l.bullet || statusRe.MatchString(l.bare) || l.timed && strings.Contains(l.bare, "{")),
		sep == 0 && (b.http || len(b.levels) < 2 || l.indent == 0 && !l.bullet || l.indent < b.levels[1].indent):
		return 0, true
	}
	parent := b.parent(l)
	if sep == 0 {
		n, used, whole := f.line()
		parent.kids = append(parent.kids, n)
		return used, whole
	}
	if l.bullet && !b.http {
		item := &node{form: object, line: l.number}
		parent.kids = append(parent.kids, item)
		b.push(l.indent, item, false)
		parent = item
	} else if parent == root && key == b.first && !b.http {
		b.begin(l.number)
		parent = b.records[len(b.records)-1]
	}
	if len(b.levels) == 1 && b.first == "" {
		b.first = key
	}
	n, used, whole := f.pair(key, rest, sep)
	parent.kids = append(parent.kids, n)
	if rest == "" {
		b.push(l.indent, n, true)
	}
	return used, whole
}

// pair reads the value of a key in a block.
func (f *finder) pair(key, rest string, sep byte) (n *node, used int, whole bool) {
	l := &f.lines[f.at]
	n = &node{key: key, text: strings.TrimRight(rest, ",;"), line: l.number, assigned: sep == '='}
	if rest == "" {
		n.form = object
		return n, 1, true
	}
	if strings.IndexByte("{[(\"'", rest[0]) >= 0 {
		line := &node{line: l.number}
		c := &collector{p: f.p, n: line, line: true}
		c.await(key, sep)
		s := &scanner{p: f.p, lines: f.lines, at: f.at, text: rest}
		if s.opens() {
			c.add(s.group(rest[0]))
		} else if !s.quoted(c, rest[0]) || len(line.kids) == 0 {
			c.add(n)
		}
		if s.open && f.more && s.at-f.at < mostLines {
			return nil, 0, false
		}
		if strings.Trim(s.text[s.pos:], " \t,;") != "" {
			return f.line()
		}
		n, used = line.kids[0], s.at-f.at
	}
	if (n.assigned || key == "ENDPOINT") && n.form == value {
		f.p.assign(key, n.text)
	}
	return n, used + 1, true
}

// body reads the value behind the headers of an exchange. The exchange ends behind that
// of its answer, and where none follows.
func (f *finder) body(b *block, root *node) (used int, whole bool) {
	at := f.at
	for at < len(f.lines) && f.lines[at].blank() {
		at++
	}
	if at >= len(f.lines) {
		return at - f.at, true
	}
	next := f.lines[at].bare
	if strings.IndexByte("{[", next[0]) < 0 {
		if statusRe.MatchString(next) && !b.answered {
			return at - f.at, true
		}
		return 0, true
	}
	n := &node{}
	last, whole := f.p.scanText(n, f.lines, at, next)
	for _, kid := range n.kids {
		if kid.form == object {
			root.kids = append(root.kids, kid.kids...)
		} else {
			root.kids = append(root.kids, kid)
		}
	}
	if b.answered {
		b.http = false // so that nothing but pairs can follow
	}
	return last + 1 - f.at, whole || !f.more
}

// endBlock passes on the records of a block. A block of one line that only names an
// endpoint is a heading.
func (f *finder) endBlock(b *block) {
	root := b.records[len(b.records)-1]
	if b.lines == 1 && len(root.kids) == 1 {
		kid := root.kids[0]
		if f.p.classOf(kid.key) == classEndpoint && kid.form == value && fitsEndpoint(kid.text) && kid.key != "ENDPOINT" {
			f.heading, f.fresh = kid.text, true
			return
		}
	}
	for _, kid := range root.kids {
		if strings.EqualFold(kid.key, "host") && strings.HasPrefix(b.path, "/") {
			b.path = "https://" + kid.text + b.path
		}
	}
	if b.path != "" {
		root.kids = append(root.kids, &node{key: "method", text: "-", line: root.line}, &node{key: "path", text: b.path, line: root.line})
	}
	for _, n := range b.records {
		f.found(n)
	}
}
