package lines

import (
	"encoding/csv"
	"slices"
	"strings"

	"polltop/poller/paste/words"
)

const (
	Bars           = "|│┃║"  // separate the columns of a drawn table
	cellSeparators = ",;\t|" // separate the cells of a row without a head
	maxRow         = 4000    // bounds a row without a head, in bytes
)

// plainBars replaces all Bars by the first one.
var plainBars = strings.NewReplacer("│", "|", "┃", "|", "║", "|", `\|`, "¦")

// Cells cuts a row at its separators, and removes the bars around it.
func Cells(t string, sep byte) (cells []string) {
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

// IsInCell reports whether a name is among other words of a cell, as in a prompt, in a line with an id in a
// cell of its own.
func IsInCell(line, name string) bool {
	isID := func(word string) bool { return words.IDKind(words.Trim(word)).IsID() }
	hasID, isBeside := false, len(line) > maxRow || !strings.ContainsAny(line, cellSeparators)
	for cell := range strings.FieldsFuncSeq(line, func(sign rune) bool { return strings.ContainsRune(cellSeparators, sign) }) {
		if isBeside {
			return false
		}
		cell = words.Trim(strings.TrimSpace(cell))
		hasID = hasID || isID(cell)
		isBeside = cell == name || strings.Contains(cell, name) && slices.ContainsFunc(strings.Fields(cell), isID)
	}
	return hasID && !isBeside
}
