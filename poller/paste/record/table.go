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

// row reads a row of the table. It is not done at the table's end.
func (f *Finder) row() (whole, done bool) {
	l := &f.Lines[f.at]
	if l.IsRule() {
		f.at++
		return true, true
	}
	t, used := l.Text, 1
	if has(",;\t", f.table.Sep) {
		for strings.Count(t, `"`)%2 == 1 && used < mostRowLines {
			if f.at+used >= len(f.Lines) {
				if f.soon {
					return false, false
				}
				break
			}
			t += "\n" + f.Lines[f.at+used].Text
			used++
		}
	}
	r := &Record{Form: Row, Line: l.Number}
	cells := f.table.Cells(t)
	for i, cell := range cells {
		f.p.put(r, Value{Key: f.table.Keys[i], Text: cell, Line: l.Number})
	}
	if cells == nil || misfits(r) {
		f.table = nil
		return true, false
	}
	f.at += used
	f.found(r)
	return true, true
}

// misfits reports whether an id of SeaCloud's form stands in a column of something else while
// that of the id holds none: then the row is one of another table.
func misfits(r *Record) bool {
	misplaced := slices.ContainsFunc(r.Values, func(v Value) bool { return v.Kind == word.MMSU && v.Class == word.PlainKey })
	return misplaced && slices.ContainsFunc(r.Values, func(v Value) bool { return v.Class <= word.TaskKey && v.Text != "" && !v.Kind.IsID() })
}
