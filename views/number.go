package views

import (
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// bytesText writes a size in bytes for people, in units of a thousand, such as
// 41 MB. A negative one is 0 B.
func bytesText(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

// grouped writes a count with its digits in groups of three.
func grouped(n uint64) string { return humanize.Comma(int64(min(n, math.MaxInt64))) }

// compact writes a count in at most six cells, from a million on with a letter
// for its size.
func compact(n int) string {
	if n > -100_000 && n < 1_000_000 {
		return strconv.Itoa(n)
	}
	value, prefix := humanize.ComputeSI(float64(n))
	return strconv.FormatFloat(value, 'f', 0, 64) + prefix
}

// fraction writes a number with one digit behind the point, and none where that
// is 0. One that is none is a dash.
func fraction(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// bounded returns the start of a text in at most most bytes, without half a
// character at its end, and how many bytes lie behind it.
func bounded(text string, most int) (start string, left int) {
	if len(text) <= most {
		return text, 0
	}
	end := max(most, 0)
	// A character has at most four bytes, the later ones with the top bits 10.
	for i := 0; i < 3 && end > 0 && text[end]&0xC0 == 0x80; i++ {
		end--
	}
	return text[:end], len(text) - end
}
