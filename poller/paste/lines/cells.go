package lines

import (
	"encoding/csv"
	"slices"
	"strings"

	"polltop/poller/paste/words"
)

const (
	// Bars are what stands between the columns of a drawn table.
	Bars = "|│┃║"
	// cellSigns are what stands between the cells of a line without a head.
	cellSigns = ",;\t|"
	// maxRow bounds a line that is taken for a row without a head, in bytes.
	maxRow = 4000
)

var plainBars = strings.NewReplacer("│", "|", "┃", "|", "║", "|", `\|`, "¦")

// Cells cuts a row at its separators, and drops the bars around it.
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

// IsInCell reports whether a name stands among other words of a cell, in a line in which an id
// has a cell of its own: it may be of a prompt.
func IsInCell(line, name string) bool {
	isID := func(word string) bool { return words.IDKind(words.Trim(word)).IsID() }
	hasID, isBeside := false, len(line) > maxRow
	for cell := range strings.FieldsFuncSeq(line, func(sign rune) bool { return strings.ContainsRune(cellSigns, sign) }) {
		if isBeside {
			return false
		}
		cell = words.Trim(strings.TrimSpace(cell))
		hasID = hasID || isID(cell)
		isBeside = cell == name || strings.Contains(cell, name) && slices.ContainsFunc(strings.Fields(cell), isID)
	}
	return hasID && !isBeside
}
