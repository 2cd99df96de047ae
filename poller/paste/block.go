package paste

import (
	"html"
	"regexp"
	"strings"
)

// A block is lines of one key and value each, which belong together: YAML, TOML,
// settings, and what programs print of one thing.

var (
	logPair  = regexp.MustCompile(`["\w]\s+[\w.-]{1,40}=`)
	element  = regexp.MustCompile(`^<([\w:.-]+)[^<>]*>([^<>]*)</([\w:.-]+)>$`)
	exports  = regexp.MustCompile(`^(?:export|set|declare -x|local|const|let|var|env)\s+`)
	statusRe = regexp.MustCompile(`^HTTP/\d(?:\.\d)? \d{3}`)
	callRe   = regexp.MustCompile(`^(GET|POST|PUT|DELETE|PATCH|HEAD) (\S+)(?: HTTP/[\d.]+)?$`)
	headerRe = regexp.MustCompile(`^[A-Za-z][\w-]{0,60}:(?:\s|$)`)
)

// maxKey bounds the length of a key in a line, in bytes.
const maxKey = 48

// pairOf returns the key and the value of a line that is one of both.
func (l *line) pairOf() (key, rest string, sep byte) {
	t := l.inner()
	if l.bullet || l.prompt {
		t = l.bare
	}
	t = strings.TrimSpace(until(t))
	if strings.HasPrefix(t, "<") {
		if m := element.FindStringSubmatch(t); m != nil && m[1] == m[3] {
			return m[1], html.UnescapeString(m[2]), ':'
		}
		return "", "", 0
	}
	t = exports.ReplaceAllString(t, "")
	at := strings.IndexAny(t[:min(len(t), maxKey)], ":=")
	if at >= 4 && strings.HasPrefix(t, "$env:") {
		at = strings.IndexByte(t[:min(len(t), maxKey)], '=')
	}
	if at <= 0 {
		return "", "", 0
	}
	sep = t[at]
	key, rest = strings.TrimSpace(t[:at]), t[at+1:]
	if sep == '=' {
		rest = strings.TrimPrefix(rest, ">")
	} else if rest != "" && rest[0] == '=' {
		rest = rest[1:]
	} else if rest != "" && strings.IndexByte(" \t\"'", rest[0]) < 0 {
		return "", "", 0
	}
	key = strings.Trim(key, `"'`)
	if !isKey(key) || sep == '=' && logPair.MatchString(rest) {
		return "", "", 0
	}
	return key, strings.TrimSpace(rest), sep
}

// isKey reports whether a text is a key: at most four words, which begin with a letter.
func isKey(key string) bool {
	key = strings.TrimLeft(key, "$@*")
	if key == "" || !isLetter(key[0]) || strings.Count(key, " ") > 3 || idShape(key) != other {
		return false
	}
	return allBytes(key, func(b byte) bool {
		return isAlnum(b) || strings.IndexByte("_-.$@: /*", b) >= 0
	})
}

// level is a part of a block that lines of a deeper indentation belong to.
type blockLevel struct {
	indent int
	n      *node
	isKey  bool
}

// block reads a block.
func (f *finder) block() (whole, done bool) {
	if _, _, sep := f.lines[f.at].pairOf(); sep == 0 {
		return true, false
	}
	start := f.at
	root := &node{kind: object, line: f.lines[f.at].number}
	stack := []blockLevel{{indent: -1, n: root}}
	first, lines := "", 0
	var records []*node
	for ; f.at < len(f.lines) && !f.lines[f.at].blank() && lines < mostLines; lines++ {
		l := &f.lines[f.at]
		if l.number != root.line && isComment(l) {
			f.at++
			continue
		}
		f.p.expand(l)
		key, rest, sep := l.pairOf()
		ok := sep != 0
		if !ok && (len(stack) < 2 || l.indent == 0 && !l.bullet || l.indent < stack[1].indent) || lines > 0 && f.startsOther(l) {
			break
		}
		for len(stack) > 1 && (stack[len(stack)-1].indent > l.indent || stack[len(stack)-1].indent == l.indent && !(l.bullet && stack[len(stack)-1].isKey)) {
			stack = stack[:len(stack)-1]
		}
		top := stack[len(stack)-1].n
		if l.bullet && ok {
			item := &node{kind: object, line: l.number}
			top.kids = append(top.kids, item)
			stack = append(stack, blockLevel{indent: l.indent, n: item})
			top = item
		}
		if ok && top == root && key == first {
			records = append(records, root)
			root = &node{kind: object, line: l.number}
			stack = []blockLevel{{indent: -1, n: root}}
			top = root
		} else if ok && top == root && first == "" {
			first = key
		}
		kid, used, closed := f.item(key, rest, ok)
		if !closed {
			f.at = start
			return false, false
		}
		kid.assigned = sep == '='
		if (kid.assigned || key == "ENDPOINT") && kid.kind == scalar {
			f.p.assign(key, kid.text)
		}
		top.kids = append(top.kids, kid)
		f.at += used
		if ok && rest == "" {
			stack = append(stack, blockLevel{indent: l.indent, n: kid, isKey: true})
		}
	}
	if f.soon && f.at == len(f.lines) && lines < mostLines {
		f.at = start
		return false, false
	}
	f.ended(append(records, root), lines)
	return true, true
}

// startsOther reports whether a line in a block begins something else.
func (f *finder) startsOther(l *line) bool {
	return l.prompt && !l.bullet || statusRe.MatchString(l.bare) || l.timed && strings.ContainsAny(l.bare, "{")
}

// item reads what stands in one line of a block.
func (f *finder) item(key, rest string, ok bool) (n *node, used int, whole bool) {
	l := &f.lines[f.at]
	if !ok {
		return f.textLine()
	}
	if rest != "" && strings.IndexByte("{[(", rest[0]) >= 0 {
		v := f.value(f.at, rest, 0)
		if v.open && f.more && v.lines < mostLines {
			return nil, 0, false
		}
		if strings.Trim(v.rest, " \t,;") != "" {
			return f.textLine()
		}
		if f.accepts(v.node) || v.lines > 0 {
			v.node.key = key
			return v.node, v.lines + 1, true
		}
	}
	if rest == "" {
		return &node{kind: object, key: key, line: l.number}, 1, true
	}
	return f.field(key, rest, l.number), 1, true
}

// ended passes on the records of a block. A block of one line that only names an
// endpoint is a heading.
func (f *finder) ended(records []*node, lines int) {
	root := records[len(records)-1]
	if lines == 1 && len(root.kids) == 1 {
		kid := root.kids[0]
		if f.p.classOf(kid.key) == classEnd && kid.kind == scalar && fitsEndpoint(kid.text) && kid.key != "ENDPOINT" {
			f.heading, f.fresh = kid.text, true
			return
		}
	}
	for _, n := range records {
		f.found(n)
	}
}

// field returns a value under a key: a text that holds values or several words is read
// in its place.
func (f *finder) field(key, value string, number int) *node {
	n := &node{key: key, text: value, line: number}
	if q := value[:min(1, len(value))]; q == `"` || q == "'" {
		if end := closing(value, 1, q[0]); end == len(value)-1 || end > 0 && strings.Trim(value[end+1:], " ,;") == "" {
			n.text, n.quoted = unescape(value[1:end]), true
		}
	}
	return n
}

// exchange reads an HTTP request and its answer, as curl shows them.
func (f *finder) exchange() (whole, done bool) {
	l := &f.lines[f.at]
	call := callRe.FindStringSubmatch(l.bare)
	next := f.at + 1
	if call == nil && !statusRe.MatchString(l.bare) && !(strings.Contains(l.bare, "/") && next < len(f.lines) && statusRe.MatchString(f.lines[next].bare)) {
		return true, false
	}
	if call != nil && (next >= len(f.lines) || !headerRe.MatchString(f.lines[next].bare)) {
		return !f.soon || next < len(f.lines), false
	}
	start := f.at
	n := &node{kind: object, line: l.number}
	if call == nil && !statusRe.MatchString(l.bare) {
		n.words = f.p.words(l.bare, l.number)
	}
	answered, path := false, ""
	for ; f.at < len(f.lines); f.at++ {
		l := &f.lines[f.at]
		t := l.bare
		switch again := callRe.FindStringSubmatch(t); {
		case again != nil && f.at > start:
			f.foundExchange(n, path)
			return true, true
		case again != nil:
			path = again[2]
			n.kids = append(n.kids, &node{key: "method", text: again[1], line: l.number})
		case statusRe.MatchString(t):
			answered = true
		case headerRe.MatchString(t):
			key, value, _ := strings.Cut(t, ":")
			n.kids = append(n.kids, f.field(key, strings.TrimSpace(value), l.number))
		case f.at == start, l.bullet:
		case l.blank():
			used, whole := f.body(n)
			if !whole {
				f.at = start
				return false, false
			}
			if used == 0 && answered && f.soon && f.at+1 == len(f.lines) {
				f.at = start
				return false, false
			}
			f.at += used
			if used > 0 && answered || used == 0 && f.at+1 < len(f.lines) && !statusRe.MatchString(f.lines[f.at+1].bare) {
				f.at++
				f.foundExchange(n, path)
				return true, true
			}
		case t[0] == '{' || t[0] == '[':
			f.at--
			used, whole := f.body(n)
			f.at++
			if !whole {
				f.at = start
				return false, false
			}
			f.at += used - 1
		default:
			f.foundExchange(n, path)
			return true, true
		}
	}
	if f.soon {
		f.at = start
		return false, false
	}
	f.foundExchange(n, path)
	return true, true
}

// body reads the value in the line behind the present one into an exchange. It returns
// how many lines it took, 0 where there is none.
func (f *finder) body(n *node) (used int, whole bool) {
	at := f.at + 1
	for at < len(f.lines) && f.lines[at].blank() {
		at++
	}
	if at >= len(f.lines) || f.lines[at].bare == "" || strings.IndexByte("{[", f.lines[at].bare[0]) < 0 {
		return 0, true
	}
	v := f.value(at, f.lines[at].bare, 0)
	if v.open && f.more {
		return 0, false
	}
	if v.node.kind == object {
		n.kids = append(n.kids, v.node.kids...)
	} else {
		n.kids = append(n.kids, v.node)
	}
	return at - f.at + v.lines, true
}

// foundExchange passes on an exchange, with the address that it asked.
func (f *finder) foundExchange(n *node, path string) {
	for _, kid := range n.kids {
		if strings.EqualFold(kid.key, "host") && strings.HasPrefix(path, "/") {
			path = "https://" + kid.text + path
		}
	}
	if path != "" {
		n.kids = append(n.kids, &node{key: "path", text: path, line: n.line})
	}
	f.found(n)
}
