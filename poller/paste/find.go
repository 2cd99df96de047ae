package paste

import "strings"

// finder finds the records in lines that belong together, in order.
type finder struct {
	p     *parser
	lines []line
	at    int
	emit  func(*node)
	// depth says in how many strings the lines stand.
	depth int
	table *table
	// heading is the endpoint that a heading gave, fresh until a line follows it.
	heading string
	fresh   bool
	// more says that lines may follow, so that a value that is not whole must wait, and
	// soon that they may at once, so that other records must too.
	more, soon bool
	retry      int // with how many lines to try again
	// plain is the index of the first line behind those in which no value begins.
	plain int
}

// run reads records until there are no more lines, or until what is left may go on in
// lines that have not come.
func (f *finder) run() {
	for f.at < len(f.lines) {
		start := f.at
		if !f.step() {
			f.at = start
			return
		}
	}
}

// step reads one record. It reports false where more lines are needed to know its end.
func (f *finder) step() bool {
	l := &f.lines[f.at]
	switch {
	case l.blank():
		f.table = nil
		if !f.fresh {
			f.heading = ""
		}
		f.at++
		return true
	case f.table != nil && f.row():
		return true
	case f.isHeading(l), isComment(l), isSection(l):
		f.at++
		return true
	}
	if f.soon && f.at+1 == len(f.lines) && isPartial(l.text) {
		return false
	}
	f.p.expand(l)
	if whole, done := f.head(); done || !whole {
		return whole
	}
	for _, read := range []func() (bool, bool){f.htmlRow, f.exchange, f.block} {
		if whole, done := read(); !whole {
			return false
		} else if done {
			return true
		}
	}
	n, used, whole := f.textLine()
	if !whole {
		return false
	}
	f.at += used
	f.found(n)
	return true
}

// found passes a record on.
func (f *finder) found(n *node) {
	f.fresh = false
	f.emit(n)
}

func isComment(l *line) bool {
	t := l.text[len(l.text)-len(strings.TrimLeft(l.text, " \t")):]
	if t == "" {
		return false
	}
	return t[0] == '#' && !strings.HasPrefix(t, "#<") || strings.HasPrefix(t, "//") || strings.HasPrefix(t, "-- ") || strings.HasPrefix(t, "<!--") || l.timed && l.bare[0] == '#'
}

// isSection reports whether a line is the name of a section, as in settings.
func isSection(l *line) bool {
	name := strings.Trim(l.text, "[]")
	return len(name)+2 <= len(l.text) && l.text[0] == '[' && l.text[len(l.text)-1] == ']' && isKey(name)
}

// isHeading reports whether a line only names a model, and takes it for the endpoint
// of the lines below.
func (f *finder) isHeading(l *line) bool {
	t := strings.TrimSpace(l.text)
	if len(t) > 100 || l.prompt {
		return false
	}
	t = strings.TrimSpace(strings.TrimLeft(t, "#"))
	t = strings.TrimSpace(strings.TrimSuffix(strings.Trim(t, "[]*`="), ":"))
	if t == "" || strings.ContainsAny(t, " \t") {
		return false
	}
	if k := f.p.shape(t); k != model && k != family {
		return false
	}
	f.heading, f.fresh = t, true
	return true
}

// until returns a line without the comment behind it.
func until(text string) string {
	if at := strings.Index(text, " # "); at > 0 {
		return strings.TrimRight(text[:at], " \t")
	}
	return text
}

// textLine reads a line, with the values that begin in it, which may go on in the
// next ones. It returns how many lines it took, and whether it is whole.
func (f *finder) textLine() (n *node, used int, whole bool) {
	l := &f.lines[f.at]
	n = &node{kind: prose, line: l.number}
	rest := l.bare
	if cells := rowCells(rest); cells != nil {
		f.cellWords(n, cells, l.number)
		return n, 1, true
	}
	return f.textFrom(n, until(rest), f.at)
}

// textFrom reads what is left of the line at an index into a text node.
func (f *finder) textFrom(n *node, rest string, at int) (_ *node, used int, whole bool) {
	for number := f.lines[at].number; ; number = f.lines[at+used].number {
		start := -1
		if at+used >= f.plain {
			start = opener(rest)
		}
		if start < 0 {
			n.words = append(n.words, f.p.words(rest, number)...)
			break
		}
		var v value
		if rest[start] == '"' {
			end := closing(rest, start+1, '"')
			v = value{node: &node{text: unescape(rest[start+1 : end]), line: number, quoted: true}, rest: rest[end+1:]}
		} else {
			v = f.value(at+used, rest, start)
		}
		if v.open && f.more && v.lines < mostLines {
			return nil, 0, false
		}
		if !f.accepts(v.node) {
			// These brackets begin nothing: what is in them is text.
			end := len(rest)
			if f.plain = max(f.plain, at+used+v.lines); v.lines == 0 {
				end = len(rest) - len(v.rest)
			}
			n.words = append(n.words, f.p.words(rest[:end], number)...)
			if rest = rest[end:]; rest == "" {
				break
			}
			continue
		}
		words := f.p.words(rest[:start], number)
		if last := len(words) - 1; last >= 0 && words[last].text == "" && words[last].key != "" {
			v.node.key, words = words[last].key, words[:last]
		}
		n.words, n.kids = append(n.words, words...), append(n.kids, v.node)
		used += v.lines
		if rest = v.rest; rest == "" {
			break
		}
	}
	if len(n.words) == 0 && len(n.kids) == 1 && n.kids[0].key == "" {
		n = n.kids[0]
	}
	return n, used + 1, true
}

// rowCells returns the cells of a line that is a row of a table without a head; nil
// where it is none.
func rowCells(t string) []string {
	switch {
	case t == "", strings.Contains(t, "{"), strings.IndexByte("[(", t[0]) >= 0:
		return nil
	case strings.ContainsAny(t, "|│┃║") && strings.Count(t, "://") <= strings.Count(t, "|"):
		if cells := split(t, '|'); len(cells) > 1 {
			return cells
		}
	case strings.IndexByte(t, '\t') >= 0:
		return split(t, '\t')
	case strings.Count(t, ",") > 1 && !strings.Contains(t, ", ") && !strings.Contains(t, "="):
		return split(t, ',')
	case strings.Count(t, ",") > 2 && strings.Count(t, ", ") <= strings.Count(t, ",")/2 && !strings.Contains(t, "="):
		return split(t, ',')
	}
	return nil
}

// cellWords adds the words of a row's cells. The name of a model counts where it is
// all of a cell.
func (f *finder) cellWords(n *node, cells []string, number int) {
	n.cells = true
	for _, cell := range cells {
		words := f.p.words(cell, number)
		if len(words) > 1 {
			for i := range words {
				if k := words[i].kind; k.namesEndpoint() || k == taskWord || k == statusWord {
					words[i].kind = other
				}
			}
		}
		n.words = append(n.words, words...)
	}
}
