package paste

import (
	"encoding/csv"
	"strings"
)

const (
	// maxHead bounds the length of a column's head, in bytes.
	maxHead = 40
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

// head reads the head of a table, and reports whether enough lines are there to know it.
func (f *finder) head() (whole, done bool) {
	l := &f.lines[f.at]
	if strings.ContainsAny(l.Text, "=:{}<>") {
		return true, false
	}
	for _, sep := range []byte("|\t,;") {
		if strings.IndexByte(l.Text, sep) < 0 && (sep != '|' || !strings.ContainsAny(l.Text, bars)) {
			continue
		}
		keys := cellsOf(l.Text, sep)
		if len(keys) < 2 || !f.p.isHead(keys) {
			continue
		}
		next := f.at + 1
		for next < len(f.lines) && ruleForm.MatchString(f.lines[next].Text) {
			next++
		}
		if next >= len(f.lines) {
			return !f.soon, false
		}
		if t := f.lines[next].Text; next > f.at+1 || hasDigit(t) && len(cellsOf(t, sep)) == len(keys) {
			f.table, f.at = &columns{keys, sep}, next
			return true, true
		}
	}
	return true, false
}

// isHead reports whether cells are the head of a table in which requests may be.
func (p *parser) isHead(keys []string) bool {
	known := false
	for _, key := range keys {
		if len(key) > maxHead || strings.Count(key, " ") > 3 || strings.ContainsAny(key, "\"'") {
			return false
		}
		if k := p.shape(key); k.isID() || k == shortID || k == cutID || k == numberWord || k == modelName {
			return false // a row, or a key and its value
		}
		c := p.classOf(key)
		known = known || c <= idKey || c == endpointKey
	}
	return known
}

// row reads a row of the table. It reports false at the table's end.
func (f *finder) row() bool {
	l := &f.lines[f.at]
	if ruleForm.MatchString(l.Text) {
		f.at++
		return true
	}
	keys := f.table.keys
	cells := cellsOf(l.Text, f.table.sep)
	if off := len(cells) - len(keys); len(cells) < 2 || off > 1 || off < -len(keys)/2 {
		f.table = nil
		return false
	}
	r := &record{Form: row, Line: l, Values: make([]value, 0, len(cells))}
	for i, cell := range cells[:min(len(cells), len(keys))] {
		f.p.put(r, value{Key: keys[i], Text: cell, Line: l})
	}
	f.found(r)
	f.at++
	return true
}
