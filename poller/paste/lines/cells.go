package lines

import (
	"encoding/csv"
	"strings"
	"unicode/utf8"

	"polltop/poller/paste/word"
)

// Bars are what stands between the columns of a drawn table.
const Bars = "|│┃║"

var plainBars = strings.NewReplacer("│", "|", "┃", "|", "║", "|", `\|`, "¦")

// Split cuts a row at its separators, and drops the bars around it. The separator of
// columns that are only aligned is two spaces.
func Split(t string, sep byte) (cells []string) {
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

// Columns are those of a table whose head was read.
type Columns struct {
	// Keys are the cells of the head, and Sep what stands between them: a space where the
	// columns are only aligned.
	Keys []string
	Sep  byte
	// starts are where the columns begin, in runes, of a table without separators.
	starts []int
}

// NewColumns returns the columns of a head.
func NewColumns(head string, sep byte) *Columns {
	c, from := &Columns{Keys: Split(head, sep), Sep: sep}, 0
	for _, key := range c.Keys {
		if sep == ' ' {
			from += strings.Index(head[from:], key)
			c.starts = append(c.starts, utf8.RuneCountInString(head[:from]))
			from += len(key)
		}
	}
	return c
}

// Cells returns the cells of a row, nil where it is none of the table's.
func (c *Columns) Cells(row string) []string {
	cells := Split(row, c.Sep)
	if c.Sep == ' ' && len(cells) != len(c.Keys) {
		cells = c.byPlace(row)
	}
	if off := len(cells) - len(c.Keys); len(cells) < 2 || off > 1 || off < -len(c.Keys)/2 {
		return nil
	}
	return cells[:min(len(cells), len(c.Keys))]
}

// byPlace cuts a row where the columns of the head begin; nil where a word stands there.
func (c *Columns) byPlace(content string) []string {
	runes := []rune(content)
	cells := make([]string, 0, len(c.starts))
	for i, from := range c.starts {
		end := len(runes)
		if i > 0 && from < len(runes) && runes[from-1] != ' ' {
			return nil
		}
		if i+1 < len(c.starts) {
			end = min(end, c.starts[i+1])
		}
		cells = append(cells, strings.TrimSpace(string(runes[min(from, end):end])))
	}
	return cells
}

// IsRule reports whether the line is one that is drawn in a table.
func (l *Line) IsRule() bool {
	t := l.Text
	return len(t) > 2 && !word.IsAlnum(t[0]) && strings.IndexFunc(t, func(r rune) bool {
		return !strings.ContainsRune(" \t-+=|:_", r) && (r < 0x2500 || r > 0x257f)
	}) < 0
}
