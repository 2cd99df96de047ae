package queue

import "bytes"

// plainDepth bounds how deep in each other arrays and objects may lie for the
// quick reading of an answer.
const plainDepth = 32

// plainScan goes over JSON. Its methods take where something starts and return
// where it ends, or -1 where it is not what it should be.
type plainScan struct{ body []byte }

// at returns the byte at i, 0 behind the end: 0 is never part of JSON.
func (s *plainScan) at(i int) byte {
	if i < len(s.body) {
		return s.body[i]
	}
	return 0
}

// space returns where the white space that starts at i ends.
func (s *plainScan) space(i int) int {
	for i < len(s.body) && (s.body[i] == ' ' || s.body[i] == '\n' || s.body[i] == '\t' || s.body[i] == '\r') {
		i++
	}
	return i
}

// object goes over an object, and notes its fields in a status answer's, unless
// that is nil.
func (s *plainScan) object(i, depth int, fields *answerFields) int {
	if s.at(i) != '{' || depth > plainDepth {
		return -1
	}
	if i = s.space(i + 1); s.at(i) == '}' {
		return i + 1
	}
	for {
		start := i
		if i = s.text(i); i < 0 {
			return -1
		}
		name := s.body[start+1 : i-1]
		if fields != nil && bytes.IndexByte(name, '\\') >= 0 {
			return -1
		}
		if i = s.space(i); s.at(i) != ':' {
			return -1
		}
		start = s.space(i + 1)
		if i = s.value(start, depth+1); i < 0 {
			return -1
		}
		if fields != nil {
			if field := fields.named(name); field != nil {
				*field = s.body[start:i:i]
			}
		}
		switch i = s.space(i); s.at(i) {
		case ',':
			i = s.space(i + 1)
		case '}':
			return i + 1
		default:
			return -1
		}
	}
}

// array goes over an array.
func (s *plainScan) array(i, depth int) int {
	if depth > plainDepth {
		return -1
	}
	if i = s.space(i + 1); s.at(i) == ']' {
		return i + 1
	}
	for {
		if i = s.value(i, depth+1); i < 0 {
			return -1
		}
		switch i = s.space(i); s.at(i) {
		case ',':
			i = s.space(i + 1)
		case ']':
			return i + 1
		default:
			return -1
		}
	}
}

// value goes over any value.
func (s *plainScan) value(i, depth int) int {
	switch s.at(i) {
	case '"':
		return s.text(i)
	case '{':
		return s.object(i, depth, nil)
	case '[':
		return s.array(i, depth)
	case 't':
		return s.word(i, "true")
	case 'f':
		return s.word(i, "false")
	case 'n':
		return s.word(i, "null")
	}
	return s.number(i)
}

// word goes over one of JSON's three words.
func (s *plainScan) word(i int, word string) int {
	if end := i + len(word); end <= len(s.body) && string(s.body[i:end]) == word {
		return end
	}
	return -1
}

// text goes over a string.
func (s *plainScan) text(i int) int {
	if s.at(i) != '"' {
		return -1
	}
	for i++; i < len(s.body); i++ {
		switch b := s.body[i]; {
		case b == '"':
			return i + 1
		case b < ' ':
			return -1
		case b == '\\':
			if i = s.escape(i + 1); i < 0 {
				return -1
			}
		}
	}
	return -1
}

// escape goes over what stands behind a backslash and returns its last byte.
func (s *plainScan) escape(i int) int {
	switch s.at(i) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		for end := i + 4; i < end; {
			i++
			if b := s.at(i) | 0x20; !digit(s.at(i)) && (b < 'a' || b > 'f') {
				return -1
			}
		}
		return i
	}
	return -1
}

// number goes over a number.
func (s *plainScan) number(i int) int {
	if s.at(i) == '-' {
		i++
	}
	switch {
	case s.at(i) == '0':
		i++
	case digit(s.at(i)):
		i = s.digits(i)
	default:
		return -1
	}
	if s.at(i) == '.' {
		if i++; !digit(s.at(i)) {
			return -1
		}
		i = s.digits(i)
	}
	if b := s.at(i); b == 'e' || b == 'E' {
		if i++; s.at(i) == '+' || s.at(i) == '-' {
			i++
		}
		if !digit(s.at(i)) {
			return -1
		}
		i = s.digits(i)
	}
	return i
}

// digits returns where the digits that start at i end.
func (s *plainScan) digits(i int) int {
	for digit(s.at(i)) {
		i++
	}
	return i
}

func digit(b byte) bool { return '0' <= b && b <= '9' }
