package queue

// scanned is how far a scanner got with a JSON value.
type scanned uint8

const (
	scanMore scanned = iota // the value goes on behind the text
	scanDone                // the value ended
	scanBad                 // the text is no JSON
)

// maxDepth bounds how deep JSON values may be nested.
const maxDepth = 64

// scanner finds the end of a JSON object or array in text that comes line by
// line, and tells at the first byte that can't belong to one. encoding/json
// reads whole values only, and so can't tell a value that goes on in the next
// line from a log line with a bracket in it. Numbers and escapes are not
// checked: decoding does that.
type scanner struct {
	state scanState
	open  []opened // the objects and arrays around the place
	// tokens counts the strings and literals that were read: with none, the
	// text was a bracket and no more.
	tokens int
	offset int // bytes read
}

// opened is an object or array that has begun.
type opened struct {
	bracket byte
	offset  int
}

type scanState uint8

const (
	wantValue scanState = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantColon
	wantCommaOrEnd
	inKey
	inKeyEscape
	inString
	inStringEscape
	inLiteral
)

// scan reads on. It returns how many bytes of text it read: all of it, or up to
// and with the value's last byte, or up to the bad one.
func (s *scanner) scan(text string) (int, scanned) {
	for i := range len(text) {
		result := s.step(text[i])
		s.offset++
		if result == scanDone {
			return i + 1, result
		}
		if result == scanBad {
			return i, result
		}
	}
	return len(text), scanMore
}

// step reads one byte.
func (s *scanner) step(b byte) scanned {
	switch s.state {
	case inKey, inString:
		switch {
		case b == '"' && s.state == inKey:
			s.tokens++
			s.state = wantColon
		case b == '"':
			s.tokens++
			s.state = wantCommaOrEnd
		case b == '\\' && s.state == inKey:
			s.state = inKeyEscape
		case b == '\\':
			s.state = inStringEscape
		case b < 0x20:
			return scanBad
		}
		return scanMore
	case inKeyEscape, inStringEscape:
		if b < 0x20 {
			return scanBad
		}
		if s.state == inKeyEscape {
			s.state = inKey
		} else {
			s.state = inString
		}
		return scanMore
	case inLiteral:
		if isLiteral(b) {
			return scanMore
		}
		s.state = wantCommaOrEnd
	}
	if b == ' ' || b == '\t' || b == '\n' || b == '\r' {
		return scanMore
	}
	return s.token(b)
}

// token reads the first byte of what stands between white space.
func (s *scanner) token(b byte) scanned {
	switch s.state {
	case wantColon:
		if b == ':' {
			s.state = wantValue
			return scanMore
		}
		return scanBad
	case wantCommaOrEnd:
		switch {
		case b != ',':
			return s.close(b)
		case s.open[len(s.open)-1].bracket == '{':
			s.state = wantKey
		default:
			s.state = wantValue
		}
		return scanMore
	case wantKey, wantKeyOrEnd:
		if b == '"' {
			s.state = inKey
			return scanMore
		}
		if s.state == wantKeyOrEnd {
			return s.close(b)
		}
		return scanBad
	}
	return s.value(b)
}

// value reads the first byte of a value.
func (s *scanner) value(b byte) scanned {
	switch {
	case b == '{', b == '[':
		if len(s.open) == maxDepth {
			return scanBad
		}
		s.open = append(s.open, opened{b, s.offset})
		s.state = wantValueOrEnd
		if b == '{' {
			s.state = wantKeyOrEnd
		}
	case len(s.open) == 0:
		return scanBad
	case b == '"':
		s.state = inString
	case b == ']' && s.state == wantValueOrEnd:
		return s.close(b)
	case b == '-', b >= '0' && b <= '9', b == 't', b == 'f', b == 'n':
		s.tokens++
		s.state = inLiteral
	default:
		return scanBad
	}
	return scanMore
}

// close reads the bracket at the end of an object or array.
func (s *scanner) close(b byte) scanned {
	last := len(s.open) - 1
	if (b == '}') != (s.open[last].bracket == '{') || (b != '}' && b != ']') {
		return scanBad
	}
	s.open = s.open[:last]
	s.state = wantCommaOrEnd
	if last == 0 {
		return scanDone
	}
	return scanMore
}

// isLiteral reports whether b may stand in a number, true, false or null.
func isLiteral(b byte) bool {
	switch b {
	case '-', '+', '.', 'E', 't', 'r', 'u', 'e', 'f', 'a', 'l', 's', 'n':
		return true
	}
	return b >= '0' && b <= '9'
}
