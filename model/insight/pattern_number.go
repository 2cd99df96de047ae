package insight

import "strings"

// number returns the length of the number that text begins with: digits, also
// in groups, with a fraction or an exponent.
func number(text string) int {
	n := digits(text)
	if n == 0 {
		return 0
	}
	for n+1 < len(text) && (text[n] == '.' || text[n] == ',') && digit(text[n+1]) {
		n += 1 + digits(text[n+1:])
	}
	exponent := n
	if exponent < len(text) && text[exponent]|0x20 == 'e' {
		exponent++
		if exponent < len(text) && (text[exponent] == '-' || text[exponent] == '+') {
			exponent++
		}
		m := digits(text[exponent:])
		if end := exponent + m; m > 0 && (end == len(text) || !wordByte(text[end])) {
			return end
		}
	}
	return n
}

// digits returns how many digits text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && digit(text[n]) {
		n++
	}
	return n
}

// identifies reports whether a word is an id: one of its parts looks like one.
// What it takes for an id is a guess; a wrong one hides a word or splits a
// group, and so the rules ask for more than a number at a word's end.
func identifies(text string) bool {
	if strings.IndexByte(text, '@') >= 0 {
		return true // an e-mail address
	}
	if number(text) == len(text) {
		return false
	}
	if len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' {
		return true // a UUID, also one of digits alone
	}
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && (letter(text[end]) || digit(text[end])) {
			end++
		}
		if end > start && random(text[start:end]) {
			return true
		}
		start = end + 1
	}
	return false
}

// random reports whether a part of a word, of letters and digits, looks like it
// was drawn at random.
func random(part string) bool {
	letters, figures, changes, hex, lower, upper := 0, 0, 0, true, false, false
	for i := range len(part) {
		b := part[i]
		if digit(b) {
			figures++
			hex = hex && b != '#'
		} else {
			letters++
			hex = hex && b|0x20 <= 'f'
			lower, upper = lower || b >= 'a', upper || b < 'a'
		}
		if i > 0 && digit(b) != digit(part[i-1]) {
			changes++
		}
	}
	switch {
	case letters == 0:
		return false
	case figures == 0:
		// Few words are of the letters a to f alone or very long; those written
		// in camel case are.
		return hex && letters >= 8 || letters >= 24 && lower != upper
	case hex && len(part) >= 8, strings.HasPrefix(part, "0x"):
		return true
	case measure(part):
		return false
	case digit(part[0]):
		return true
	}
	return hex && len(part) >= 6 || changes >= 3 && len(part) >= 5 || len(part) >= 16 || len(part) >= 8 && figures >= 4
}

// units are what stands right behind a number. Where a measure has several, only
// those of a duration do, from large to small, or the x of dimensions.
var units = map[string]bool{
	"b": true, "k": true, "g": true, "t": true, "kb": true, "mb": true, "gb": true, "tb": true,
	"kib": true, "mib": true, "gib": true, "tib": true, "bit": true, "px": true, "p": true,
	"fps": true, "hz": true, "khz": true, "mhz": true, "ghz": true, "e": true,
	"st": true, "nd": true, "rd": true, "th": true, "hr": true, "hrs": true, "sec": true, "secs": true, "mins": true,
}

// durations are the units of a duration, from large to small.
var durations = []string{"d", "h", "m", "min", "s", "ms", "us", "ns"}

// measure reports whether a part of a word is a number with its unit: 12s, 16GiB,
// 1h30m, 1024x768, 3rd.
func measure(part string) bool {
	rank, dimensions := -1, false
	for first := true; part != ""; first = false {
		n := digits(part)
		if n == 0 {
			return false
		}
		end := n
		for end < len(part) && letter(part[end]) {
			end++
		}
		unit := strings.ToLower(part[n:end])
		part = part[end:]
		switch {
		case unit == "x" && (first || dimensions):
			dimensions = true
		case dimensions && (unit == "" || unit == "px"):
			return part == ""
		case unit == "":
			// 1h30, and the 1h30m5 of 1h30m5.2s.
			return rank >= 0 && n <= 2
		case units[unit]:
			return first && part == ""
		default:
			next := -1
			for i, d := range durations {
				if d == unit && i > rank {
					next = i
				}
			}
			if next < 0 || dimensions {
				return false
			}
			rank = next
		}
	}
	return true
}
