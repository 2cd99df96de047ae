package insight

import "strings"

// layouts are the ways in which moments are written: 9 stands for a digit, D for
// the name of a weekday and M for that of a month, three letters each. Longer
// ones come before those that they begin with.
var layouts = []string{
	"9999-99-99T99:99:99", "9999-99-99 99:99:99", "9999/99/99 99:99:99",
	"9999-99-99T99:99", "9999-99-99 99:99", "9999-99-99", "9999/99/99",
	"D, 99 M 9999 99:99:99", "D M 99 99:99:99 9999", "D M 9 99:99:99 9999",
	"99:99:99",
}

// timestamp returns the length of a moment or a date, with its fraction of a
// second and its zone.
func timestamp(text string) int {
	for _, layout := range layouts {
		n := matchLayout(layout, text)
		if n == 0 {
			continue
		}
		if n+1 < len(text) && (text[n] == '.' || text[n] == ',') && digit(text[n+1]) {
			n += 1 + digits(text[n+1:])
		}
		n += zone(text[n:])
		if n == len(text) || !wordByte(text[n]) {
			return n
		}
	}
	return 0
}

// matchLayout returns how many bytes of text are in a layout; 0 if text does not
// begin with it.
func matchLayout(layout, text string) int {
	n := 0
	for i := range len(layout) {
		switch mark := layout[i]; {
		case n >= len(text):
			return 0
		case mark == '9':
			if text[n] < '0' || text[n] > '9' {
				return 0
			}
			n++
		case mark == 'D' || mark == 'M':
			names := "Mon Tue Wed Thu Fri Sat Sun"
			if mark == 'M' {
				names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
			}
			if n+3 > len(text) || strings.Contains(text[n:n+3], " ") || !strings.Contains(names, text[n:n+3]) {
				return 0
			}
			n += 3
		case text[n] != mark:
			return 0
		default:
			n++
		}
	}
	return n
}

// zone returns the length of the time zone that text begins with.
func zone(text string) int {
	if text != "" && (text[0] == 'Z' || text[0] == 'z') {
		return 1
	}
	for _, name := range []string{" UTC", " GMT"} {
		if strings.HasPrefix(text, name) {
			text = text[len(name):]
			return len(name) + offset(text)
		}
	}
	if strings.HasPrefix(text, " ") {
		if n := offset(text[1:]); n > 0 {
			return 1 + n
		}
		return 0
	}
	return offset(text)
}

// offset returns the length of an offset from UTC such as +02:00 or -0700.
func offset(text string) int {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return 0
	}
	for _, layout := range []string{"99:99", "9999"} {
		if n := matchLayout(layout, text[1:]); n > 0 {
			return 1 + n
		}
	}
	return 0
}
