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

// Cost returns an amount with up to four decimals, and its unit, such as "1.25 credits".
func Cost(amount float64, unit string) string {
	number := strconv.FormatFloat(math.Round(amount*1e4)/1e4, 'f', -1, 64)
	if number == "1" {
		unit = strings.TrimSuffix(unit, "s")
	}
	return number + " " + unit
}

// Duration returns a duration in its two largest units: 4s, 1m12s, 2h05m, 3d4h, and whole days
// from 100 on. A negative one is 0s. Below 100,000 days it takes at most six characters.
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

// approximate returns an estimated duration: between a minute and an hour in whole minutes,
// rounded up.
func approximate(d time.Duration) string {
	if d <= time.Minute || d >= time.Hour {
		return Duration(d)
	}
	return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + "m"
}

// bytesText returns a size in bytes in units of 1000, such as 41 MB. A negative one is 0 B.
func bytesText(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

func withCommas(n uint64) string { return humanize.Comma(int64(min(n, math.MaxInt64))) }

// compactCount returns a count in at most six cells, from a million on with an SI prefix.
func compactCount(n int) string {
	if n > -100_000 && n < 1_000_000 {
		return strconv.Itoa(n)
	}
	value, prefix := humanize.ComputeSI(float64(n))
	return strconv.FormatFloat(value, 'f', 0, 64) + prefix
}

// oneDecimal returns a number with one decimal, without it if it is 0. NaN and infinity are a dash.
func oneDecimal(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// percent returns a share as a whole percentage, rounded so that only 0 is 0% and only 1 is 100%.
func percent(share float64) string {
	switch {
	case !(share > 0): // NaN too
		return "0%"
	case share >= 1:
		return "100%"
	}
	return strconv.Itoa(max(min(int(math.Round(share*100)), 99), 1)) + "%"
}

// TruncateBytes returns the start of a text in at most limit bytes, cut between characters, and
// how many bytes were cut.
func TruncateBytes(text string, limit int) (start string, cut int) {
	if len(text) <= limit {
		return text, 0
	}
	end := max(limit, 0)
	for end > 0 && end > limit-utf8.UTFMax+1 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], len(text) - end
}

// Plural returns a count with its noun, such as "1 try" and "2 tries".
func Plural(n int, noun string) string {
	return strconv.Itoa(n) + " " + english.PluralWord(n, noun, "")
}
