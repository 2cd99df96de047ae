package views

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// Cost returns what something costs, for people: the amount, with up to four digits
// behind the point, and its unit, such as "1.25 credits".
func Cost(amount float64, unit string) string {
	return strconv.FormatFloat(math.Round(amount*1e4)/1e4, 'f', -1, 64) + " " + unit
}

// Duration writes a duration as short as it can be read: 4s, 1m12s, 2h05m, 3d4h, and whole days
// from a hundred on. A negative one is 0s. It takes at most six characters below 100,000 days.
func Duration(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	switch {
	case s < minute:
		return fmt.Sprintf("%ds", s)
	case s < hour:
		return fmt.Sprintf("%dm%02ds", s/minute, s%minute)
	case s < day:
		return fmt.Sprintf("%dh%02dm", s/hour, s%hour/minute)
	case s < 100*day:
		return fmt.Sprintf("%dd%dh", s/day, s%day/hour)
	}
	return fmt.Sprintf("%dd", s/day)
}

// roughly writes a duration that is an estimate: in whole minutes from one on, rounded up.
func roughly(d time.Duration) string {
	if d <= time.Minute || d >= time.Hour {
		return Duration(d)
	}
	return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + "m"
}

// bytesText writes a size in bytes for people, in units of a thousand, such as
// 41 MB. A negative one is 0 B.
func bytesText(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

func grouped(n uint64) string { return humanize.Comma(int64(min(n, math.MaxInt64))) }

// compact writes a count in at most six cells, from a million on with a letter for its size.
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

// percent returns a share as whole percent, rounded so that only nothing is 0%
// and only all is 100%.
func percent(share float64) string {
	switch {
	case !(share > 0): // NaN too
		return "0%"
	case share >= 1:
		return "100%"
	}
	return strconv.Itoa(max(min(int(math.Round(share*100)), 99), 1)) + "%"
}

// TruncateBytes returns the start of a text in at most most bytes, without half a
// character at its end, and how many bytes lie behind it.
func TruncateBytes(text string, most int) (start string, left int) {
	if len(text) <= most {
		return text, 0
	}
	end := max(most, 0)
	for end > 0 && end > most-utf8.UTFMax+1 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], len(text) - end
}

// Plural returns a count with its noun, such as "1 try" and "2 tries".
func Plural(n int, noun string) string {
	return strconv.Itoa(n) + " " + english.PluralWord(n, noun, "")
}
