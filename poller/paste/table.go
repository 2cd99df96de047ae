package paste

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// table is a table whose head was read.
type table struct {
	sep  byte
	keys []string
	// starts are where the columns begin, in runes, of a table without separators.
	starts []int
}

const (
	// maxHead bounds the length of a column's head, in bytes.
	maxHead = 40
	// mostRowLines bounds how many lines a row takes, as quoted cells may have more.
	mostRowLines = 100
)

// split cuts a row at its separators, and drops the bars around it.
func split(t string, sep byte) []string {
	switch sep {
	case '|':
		t = strings.NewReplacer("│", "|", "┃", "|", "║", "|", `\|`, "¦").Replace(t)
		t = strings.TrimSpace(t)
		t = strings.TrimSuffix(strings.TrimPrefix(t, "|"), "|")
		cells := strings.Split(t, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		return cells
	case ' ':
		var cells []string
		for cell := range strings.SplitSeq(strings.TrimSpace(t), "  ") {
			if cell = strings.TrimSpace(cell); cell != "" {
				cells = append(cells, cell)
			}
		}
		return cells
	}
	var cells []string
	for {
		cell, rest, more := cutCell(t, sep)
		cells = append(cells, cell)
		if !more {
			return cells
		}
		t = rest
	}
}

// cutCell cuts the first cell off a row.
func cutCell(t string, sep byte) (cell, rest string, more bool) {
	if trimmed := strings.TrimLeft(t, " "); strings.HasPrefix(trimmed, `"`) {
		for i := 1; i < len(trimmed); i++ {
			if trimmed[i] != '"' {
				continue
			}
			if i+1 < len(trimmed) && trimmed[i+1] == '"' {
				i++
				continue
			}
			cell, rest = strings.ReplaceAll(trimmed[1:i], `""`, `"`), trimmed[i+1:]
			if at := strings.IndexByte(rest, sep); at >= 0 {
				return cell, rest[at+1:], true
			}
			return cell, "", false
		}
	}
	cell, rest, more = strings.Cut(t, string(sep))
	return strings.TrimSpace(cell), rest, more
}

// isRule reports whether a line is one that is drawn in a table.
func isRule(t string) bool {
	return len(t) > 2 && strings.IndexFunc(t, func(r rune) bool {
		return !strings.ContainsRune(" \t-+=|:_│┃║", r) && (r < 0x2500 || r > 0x257f)
	}) < 0
}

// head reads the head of a table, and the rules around it.
func (f *finder) head() (whole, done bool) {
	l := &f.lines[f.at]
	if isRule(l.text) {
		f.at++
		return true, true
	}
	for _, sep := range []byte("|\t,; ") {
		if sep == '|' && !strings.ContainsAny(l.text, "|│┃║") || sep == ' ' && !strings.Contains(strings.TrimSpace(l.text), "  ") ||
			sep != '|' && sep != ' ' && strings.IndexByte(l.text, sep) < 0 {
			continue
		}
		keys := split(l.text, sep)
		if !f.p.isHead(keys) {
			continue
		}
		next := f.at + 1
		ruled := next < len(f.lines) && isRule(f.lines[next].text)
		for next < len(f.lines) && isRule(f.lines[next].text) {
			next++
		}
		if next >= len(f.lines) {
			return !f.soon, false
		}
		row := split(f.lines[next].text, sep)
		if !ruled && (len(row) < 2 || sep != ' ' && len(row) != len(keys) || sep == ',' && !f.hasID(row)) || sep == ' ' && !ruled && !f.hasID(row) {
			continue
		}
		f.table = &table{sep: sep, keys: keys}
		if sep == ' ' {
			f.table.starts = starts(l.text, keys)
		}
		f.at = next
		return true, true
	}
	return true, false
}

// starts returns where in a line the columns begin, in runes.
func starts(t string, keys []string) []int {
	var out []int
	from := 0
	for _, key := range keys {
		from += strings.Index(t[from:], key)
		out = append(out, utf8.RuneCountInString(t[:from]))
		from += len(key)
	}
	return out
}

// isHead reports whether cells are the head of a table in which requests may be.
func (p *parser) isHead(keys []string) bool {
	if len(keys) < 2 {
		return false
	}
	known := false
	for _, key := range keys {
		if len(key) > maxHead || strings.Count(key, " ") > 3 || strings.ContainsAny(key, "=:{}\"'<>") || idShape(key) != other {
			return false
		}
		c := p.classOf(key)
		known = known || c.isRequest() || c == classEnd
	}
	return known
}

func (f *finder) hasID(cells []string) bool {
	for _, cell := range cells {
		if k := f.p.shape(trimWord(cell)); k.isID() || k == odd || k == cut || k == address || k == shortMmsu || noValues[strings.ToLower(cell)] {
			return true
		}
	}
	return false
}

// row reads a row of the table. It reports false at the table's end.
func (f *finder) row() bool {
	l := &f.lines[f.at]
	if f.table.sep == '<' {
		if strings.Contains(l.text, "<tr") {
			return false
		}
		if !strings.HasPrefix(l.bare, "<") {
			f.table = nil
			return false
		}
		f.at++
		return true
	}
	if isRule(l.text) {
		f.at++
		return true
	}
	t, used := l.text, 1
	if f.table.sep == ',' || f.table.sep == '\t' || f.table.sep == ';' {
		for strings.Count(t, `"`)%2 == 1 && used < mostRowLines && f.at+used < len(f.lines) {
			t += "\n" + f.lines[f.at+used].text
			used++
		}
	}
	cells := split(t, f.table.sep)
	if f.table.sep == ' ' && len(cells) != len(f.table.keys) {
		cells = f.table.byPlace(t)
	}
	if off := len(cells) - len(f.table.keys); len(cells) < 2 || off > 1 || off < -len(f.table.keys)/2 {
		f.table = nil
		return false
	}
	f.found(f.rowNode(cells, l.number))
	f.at += used
	return true
}

// byPlace cuts a row where the columns of the head begin; nil where a word stands there.
func (t *table) byPlace(text string) []string {
	runes := []rune(text)
	cells := make([]string, 0, len(t.starts))
	for i, from := range t.starts {
		end := len(runes)
		if i > 0 && from < len(runes) && runes[from-1] != ' ' {
			return nil
		}
		if i+1 < len(t.starts) {
			end = min(end, t.starts[i+1])
		}
		cells = append(cells, strings.TrimSpace(string(runes[min(from, end):end])))
	}
	return cells
}

// rowNode returns the record of a row.
func (f *finder) rowNode(cells []string, number int) *node {
	n := &node{kind: object, line: number, cells: true}
	for i, cell := range cells {
		if i < len(f.table.keys) && f.table.keys[i] != "" {
			n.kids = append(n.kids, f.field(f.table.keys[i], cell, number))
		}
	}
	return n
}

var (
	htmlCell = regexp.MustCompile(`(?is)<t[hd](?:\s[^>]*)?>(.*?)(?:</t[hd]>|$)`)
	htmlTag  = regexp.MustCompile(`<[^>]*>`)
	comments = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// htmlRow reads a row of an HTML table.
func (f *finder) htmlRow() (whole, done bool) {
	t := f.lines[f.at].text
	if !strings.Contains(t, "<tr") {
		return true, false
	}
	used := 1
	for ; !strings.Contains(t, "</tr>"); used++ {
		if f.at+used >= len(f.lines) || used > mostRowLines {
			return !f.soon, false
		}
		t += "\n" + f.lines[f.at+used].text
	}
	number := f.lines[f.at].number
	f.at += used
	var cells []string
	for _, m := range htmlCell.FindAllStringSubmatch(comments.ReplaceAllString(t, ""), -1) {
		cells = append(cells, strings.TrimSpace(html.UnescapeString(htmlTag.ReplaceAllString(m[1], " "))))
	}
	switch old := f.table; {
	case len(cells) == 0:
	case strings.Contains(t, "<th"):
		f.table = &table{sep: '<', keys: cells}
	case old != nil && old.sep == '<':
		f.found(f.rowNode(cells, number))
	default:
		n := &node{kind: prose, line: number}
		f.cellWords(n, cells, number)
		f.found(n)
	}
	return true, true
}
