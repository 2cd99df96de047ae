package paste

import (
	"encoding/csv"
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
	// bars are what stands between the columns of a drawn table.
	bars = "|│┃║"
)

var plainBars = strings.NewReplacer("│", "|", "┃", "|", "║", "|", `\|`, "¦")

// split cuts a row at its separators, and drops the bars around it. The separator of
// columns that are only aligned is two spaces.
func split(t string, sep byte) (cells []string) {
	switch {
	case sep == '|':
		t = strings.TrimSpace(plainBars.Replace(t))
		cells = strings.Split(strings.TrimSuffix(strings.TrimPrefix(t, "|"), "|"), "|")
	case sep == ' ':
		for cell := range strings.SplitSeq(strings.TrimSpace(t), "  ") {
			if cell != "" {
				cells = append(cells, cell)
			}
		}
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

// isRule reports whether a line is one that is drawn in a table.
func isRule(t string) bool {
	return len(t) > 2 && !isAlnum(t[0]) && strings.IndexFunc(t, func(r rune) bool {
		return !strings.ContainsRune(" \t-+=|:_", r) && (r < 0x2500 || r > 0x257f)
	}) < 0
}

// head reads the head of a table, and the rule below it.
func (f *finder) head() (whole, done bool) {
	l := &f.lines[f.at]
	if strings.ContainsAny(l.text, "=:{}<>") {
		return true, false
	}
	for _, sep := range []byte("|\t,; ") {
		if strings.IndexByte(l.text, sep) < 0 && (sep != '|' || !strings.ContainsAny(l.text, bars)) || sep == ' ' && !strings.Contains(l.bare, "  ") {
			continue
		}
		keys := split(l.text, sep)
		if !f.p.isHead(keys) {
			continue
		}
		next := f.at + 1
		for next < len(f.lines) && isRule(f.lines[next].text) {
			next++
		}
		if next >= len(f.lines) {
			return !f.soon, false
		}
		cells := split(f.lines[next].text, sep)
		if next == f.at+1 && (len(cells) < 2 || sep != ' ' && len(cells) != len(keys) || !f.p.hasID(cells)) {
			continue
		}
		f.table = &table{sep: sep, keys: keys}
		from := 0
		for _, key := range keys {
			if sep == ' ' {
				from += strings.Index(l.text[from:], key)
				f.table.starts = append(f.table.starts, utf8.RuneCountInString(l.text[:from]))
				from += len(key)
			}
		}
		f.at = next
		return true, true
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
		if k := p.shape(key); k.isID() || k == shortMmsu || k == cutID || k == number || k == model {
			return false // a row, or a key and its value
		}
		c := p.classOf(key)
		known = known || c <= classID || c == classEndpoint
	}
	return known && len(keys) > 1
}

// hasID reports whether a row may be one below a head in which ids are named.
func (p *parser) hasID(cells []string) bool {
	for _, cell := range cells {
		if k := p.shape(trimWord(cell)); k.isID() || k == looseID || k == cutID || k == shortMmsu || mayBeAddress(cell) || noValues[strings.ToLower(cell)] {
			return true
		}
	}
	return false
}

// row reads a row of the table. It reports false at the table's end.
func (f *finder) row() bool {
	l := &f.lines[f.at]
	if isRule(l.text) {
		f.at++
		return true
	}
	t, used := l.text, 1
	if strings.IndexByte(",;\t", f.table.sep) >= 0 {
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
	r := &record{form: row, line: l.number, values: make([]value, 0, len(cells))}
	for i, cell := range cells[:min(len(cells), len(f.table.keys))] {
		f.p.put(r, value{key: f.table.keys[i], text: cell, line: l.number})
	}
	f.found(r)
	f.at += used
	return true
}

// byPlace cuts a row where the columns of the head begin; nil where a word stands there.
func (t *table) byPlace(content string) []string {
	runes := []rune(content)
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
