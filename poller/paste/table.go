package paste

import (
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

const (
	maxHead = 40 // bounds the head of a column, in bytes
	maxRow  = 20 // bounds a row with line breaks in its cells, in lines
)

// columns are the keys in the head of a table, and the separator between its cells.
type columns struct {
	keys []string
	sep  byte
}

// readHead reads the head of a table. It returns false if the line is none, and true also if it waits for
// more lines.
func (f *finder) readHead() bool {
	l := f.lines[f.at]
	if strings.ContainsAny(l.Text, "=:{}<>") {
		return false
	}
	isOneWord := !strings.ContainsAny(l.Content, " |\t,;│┃║")
	for _, signs := range []string{lines.Bars, "\t", ",", ";"} {
		table := &columns{lines.Cells(l.Text, signs[0]), signs[0]}
		if (isOneWord || strings.ContainsAny(l.Text, signs)) && f.p.isHead(table.keys) && f.beginTable(table) {
			return true
		}
	}
	return false
}

// beginTable begins a table if a row stands below its head, or waits for that. Between them may stand a row
// without digits, such as the types of the columns, and a drawn line.
func (f *finder) beginTable(table *columns) bool {
	next, ruled, width := f.at+1, false, len(table.keys)
	if next < len(f.lines) && width > 1 && !words.HasDigit(f.lines[next].Text) && len(lines.Cells(f.lines[next].Text, table.sep)) == width {
		next++
	}
	for ; next < len(f.lines) && f.lines[next].IsRule(); next++ {
		ruled = true
	}
	if next == len(f.lines) {
		f.waiting = f.moreSoon
		return f.moreSoon
	}
	cells, _ := f.readCells(next, table.sep)
	isHead := !f.waiting && (ruled || words.HasDigit(f.lines[next].Text) && table.fits(cells, 0))
	if isHead {
		f.table, f.at = table, next
		f.resolvePending(false)
	}
	return isHead || f.waiting
}

// fits reports whether cells are a row of the table, of which at most some may be missing. In a table of
// one column the cell must be an id.
func (c *columns) fits(cells []string, missing int) bool {
	if len(c.keys) == 1 {
		return len(cells) == 1 && words.IDKind(words.Trim(cells[0])).IsID()
	}
	off := len(cells) - len(c.keys)
	return len(cells) > 1 && off <= min(missing, 1) && off >= -missing
}

// isHead reports whether cells are the head of a table with a column of ids or endpoints, or of a single
// column of other things.
func (p *parser) isHead(keys []string) bool {
	hasColumn := false
	for _, key := range keys {
		if len(key) > maxHead || strings.Count(key, " ") > 3 || strings.ContainsAny(key, "\"'") {
			return false
		}
		if k := p.KindOf(key); k.IsID() || k == words.Short || k == words.Truncated || k == words.Number || k == words.Model {
			return false // a row, or a key and its value
		}
		c := p.ClassOf(key)
		hasColumn = hasColumn || c <= words.IDKey || c == words.EndpointKey || c == words.OtherKey && len(keys) == 1
	}
	return hasColumn
}

// readCells returns the cells of the row at a line, of which quoted ones may have several lines, and the
// index of the line below the row.
func (f *finder) readCells(at int, sep byte) (cells []string, end int) {
	var text string
	for end = at; end < min(len(f.lines), at+maxRow); end++ {
		text += f.lines[end].Text
		if sep == '|' || strings.Count(text, `"`)%2 == 0 {
			return lines.Cells(text, sep), end + 1
		}
		text += " "
	}
	f.waiting = end == len(f.lines) && f.moreSoon
	return lines.Cells(f.lines[at].Text, sep), at + 1
}

// readRow reads a row of the table. It returns false if the line is none, and true also if it waits for
// more lines.
func (f *finder) readRow() bool {
	l := f.lines[f.at]
	if l.IsRule() {
		f.at++
		return true
	}
	cells, end := f.readCells(f.at, f.table.sep)
	switch {
	case f.waiting:
		return true
	case !f.table.fits(cells, len(f.table.keys)/2):
		f.table = nil
		return false
	}
	r := &record{Form: row, Line: l, Values: make([]value, 0, len(cells))}
	for i, cell := range cells[:min(len(cells), len(f.table.keys))] {
		f.p.addValue(r, value{Key: f.table.keys[i], Text: cell, Line: l})
	}
	f.at = end
	f.handle(r)
	return true
}
