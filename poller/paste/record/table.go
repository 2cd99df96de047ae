package record

import (
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/word"
)

const (
	// maxHead bounds the length of a column's head, in bytes.
	maxHead = 40
	// mostRowLines bounds how many lines a row takes, as quoted cells may have more.
	mostRowLines = 100
)

// head reads the head of a table, and the rule below it.
func (f *Finder) head() (whole, done bool) {
	l := &f.Lines[f.at]
	if strings.ContainsAny(l.Text, "=:{}<>") {
		return true, false
	}
	for _, sep := range []byte("|\t,; ") {
		if strings.IndexByte(l.Text, sep) < 0 && (sep != '|' || !strings.ContainsAny(l.Text, lines.Bars)) || sep == ' ' && !strings.Contains(l.Bare, "  ") {
			continue
		}
		keys := lines.Split(l.Text, sep)
		if !f.p.isHead(keys) {
			continue
		}
		next := f.at + 1
		for next < len(f.Lines) && f.Lines[next].IsRule() {
			next++
		}
		if next >= len(f.Lines) {
			return !f.soon, false
		}
		if next > f.at+1 || f.p.fitsHead(lines.Split(f.Lines[next].Text, sep), keys, sep) {
			f.table, f.at = lines.NewColumns(l.Text, sep), next
			return true, true
		}
	}
	return true, false
}

// isHead reports whether cells are the head of a table in which requests may be.
func (p *Reading) isHead(keys []string) bool {
	known := false
	for _, key := range keys {
		if len(key) > maxHead || strings.Count(key, " ") > 3 || strings.ContainsAny(key, "\"'") {
			return false
		}
		if k := p.Shape(key); k.IsID() || k == word.Short || k == word.Cut || k == word.Number || k == word.Model {
			return false // a row, or a key and its value
		}
		c := p.ClassOf(key)
		known = known || c <= word.IDKey || c == word.EndpointKey
	}
	return known && len(keys) > 1
}

// fitsHead reports whether a row may be one right below a head in which ids are named.
func (p *Reading) fitsHead(cells, keys []string, sep byte) bool {
	return len(cells) > 1 && (sep == ' ' || len(cells) == len(keys)) && slices.ContainsFunc(cells, func(cell string) bool {
		k := p.Shape(word.Trim(cell))
		return k.IsID() || k == word.Loose || k == word.Cut || k == word.Short || word.MayBeAddress(cell) || word.IsNull(cell)
	})
}

// row reads a row of the table. It reports false at the table's end.
func (f *Finder) row() bool {
	l := &f.Lines[f.at]
	if l.IsRule() {
		f.at++
		return true
	}
	t, used := l.Text, 1
	if has(",;\t", f.table.Sep) {
		for strings.Count(t, `"`)%2 == 1 && used < mostRowLines && f.at+used < len(f.Lines) {
			t += "\n" + f.Lines[f.at+used].Text
			used++
		}
	}
	cells := f.table.Cells(t)
	if cells == nil {
		f.table = nil
		return false
	}
	r := &Record{Form: Row, Line: l.Number, Values: make([]Value, 0, len(cells))}
	for i, cell := range cells {
		f.p.put(r, Value{Key: f.table.Keys[i], Text: cell, Line: l.Number})
	}
	f.found(r)
	f.at += used
	return true
}
