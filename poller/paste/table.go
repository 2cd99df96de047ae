package paste

import (
	"encoding/csv"
	"strings"

	"polltop/poller/paste/words"
)

const (
	// maxHead bounds the length of a column's head, in bytes.
	maxHead = 40
	// maxRow bounds how many lines a row with line breaks in its cells has.
	maxRow = 20
	// bars are what stands between the columns of a drawn table.
	bars = "|│┃║"
)

// columns are those of a table whose head was read, and what stands between them.
type columns struct {
	keys []string
	sep  byte
}

var plainBars = strings.NewReplacer("│", "|", "┃", "|", "║", "|", `\|`, "¦")

// cellsOf cuts a row at its separators, and drops the bars around it.
func cellsOf(t string, sep byte) (cells []string) {
	switch {
	case sep == '|':
		t = strings.TrimSpace(plainBars.Replace(t))
		cells = strings.Split(strings.TrimSuffix(strings.TrimPrefix(t, "|"), "|"), "|")
	case strings.Contains(t, `"`):
		r := csv.NewReader(strings.NewReader(t))
		r.Comma, r.LazyQuotes, r.TrimLeadingSpace = rune(sep), true, sep != '\t'
		cells, _ = r.Read()
	default:
		cells = strings.Split(t, string(sep))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// head reads the head of a table. It reports whether it is one, or waits for more lines.
func (f *finder) head() bool {
	l := &f.lines[f.at]
	if strings.ContainsAny(l.Text, "=:{}<>") {
		return false
	}
	isOneWord := !strings.ContainsAny(l.Bare, " |\t,;│┃║")
	for _, signs := range []string{bars, "\t", ",", ";"} {
		table := &columns{cellsOf(l.Text, signs[0]), signs[0]}
		if (isOneWord || strings.ContainsAny(l.Text, signs)) && f.p.isHead(table.keys) && f.begin(table) {
			return true
		}
	}
	return false
}

// begin begins a table where a row of it stands below the head, or waits for that. Between
// them may be the types of the columns, or a row without an id, and a drawn line.
func (f *finder) begin(table *columns) bool {
	next, ruled, width := f.at+1, false, len(table.keys)
	if next < len(f.lines) && width > 1 && !words.HasDigit(f.lines[next].Text) && len(cellsOf(f.lines[next].Text, table.sep)) == width {
		next++
	}
	for ; next < len(f.lines) && f.lines[next].IsRule(); next++ {
		ruled = true
	}
	if next == len(f.lines) {
		f.waits = f.soon
		return f.soon
	}
	cells, _ := f.cells(next, table.sep)
	isHead := !f.waits && (ruled || words.HasDigit(f.lines[next].Text) && table.fits(cells, 0))
	if isHead {
		f.table, f.at = table, next
	}
	return isHead || f.waits
}

// fits reports whether cells are a row of the table, of which some may be missing. In a
// table of one column it is an id.
func (c *columns) fits(cells []string, missing int) bool {
	if len(c.keys) == 1 {
		return len(cells) == 1 && words.IDKind(words.Trim(cells[0])).IsID()
	}
	off := len(cells) - len(c.keys)
	return len(cells) > 1 && off <= min(missing, 1) && off >= -missing
}

// isHead reports whether cells are the head of a table in which requests may be, or of a
// column of other things.
func (p *parser) isHead(keys []string) bool {
	known := false
	for _, key := range keys {
		if len(key) > maxHead || strings.Count(key, " ") > 3 || strings.ContainsAny(key, "\"'") {
			return false
		}
		if k := p.shape(key); k.IsID() || k == words.Short || k == words.Cut || k == words.Number || k == words.Model {
			return false // a row, or a key and its value
		}
		c := p.classOf(key)
		known = known || c <= words.IDKey || c == words.EndpointKey || c == words.OtherKey && len(keys) == 1
	}
	return known
}

// cells returns those of the row that begins at a line, in which a quoted cell may have
// several lines, and where the next row begins.
func (f *finder) cells(at int, sep byte) (cells []string, end int) {
	var text string
	for end = at; end < min(len(f.lines), at+maxRow); end++ {
		text += f.lines[end].Text
		if sep == '|' || strings.Count(text, `"`)%2 == 0 {
			return cellsOf(text, sep), end + 1
		}
		text += " "
	}
	f.waits = end == len(f.lines) && f.soon
	return cellsOf(f.lines[at].Text, sep), at + 1
}

// row reads a row of the table. It reports whether it is one, or waits for more lines.
func (f *finder) row() bool {
	l := &f.lines[f.at]
	if l.IsRule() {
		f.at++
		return true
	}
	cells, end := f.cells(f.at, f.table.sep)
	switch {
	case f.waits:
		return true
	case !f.table.fits(cells, len(f.table.keys)/2):
		f.table = nil
		return false
	}
	r := &record{Form: row, Line: l, Values: make([]value, 0, len(cells))}
	for i, cell := range cells[:min(len(cells), len(f.table.keys))] {
		f.p.put(r, value{Key: f.table.keys[i], Text: cell, Line: l})
	}
	f.at = end
	f.found(r)
	return true
}
