package paste

import (
	"strings"
)

// token is a word of a text, or a value under a key in it.
type token struct {
	text string
	kind kind
	key  string // under which it stands in the text, "" for none
	sep  byte   // what stands between the key and it: : or = or a space
	line int
	// place is what an address says.
	place *place
	// long says that it is a quoted text of several words under a key.
	long bool
	// assigned says that it is the value of a variable.
	assigned bool
}

// wordScanner cuts a text into its words.
type wordScanner struct {
	p      *parser
	text   string
	pos    int
	line   int
	out    []token
	key    string // waits for its value
	sep    byte
	failed [256]int
}

const around = "\"'`“”‘’«»„()[]{}<>*•·…|,;!?\\" // what is trimmed off words

// words returns the words of a text.
func (p *parser) words(text string, number int) []token {
	s := &wordScanner{p: p, text: text, line: number}
	for s.pos < len(text) {
		b := text[s.pos]
		switch {
		case b == ' ' || b == '\t' || b == '\n':
			s.pos++
		case b == ',' || b == ';' || b == '|':
			s.pos++
			if s.key != "" && s.sep != ' ' {
				s.add("", false)
			}
		case (b == '"' || b == '\'') && s.key != "":
			s.value(b)
		default:
			s.word()
		}
	}
	if s.key != "" && s.sep != ' ' {
		s.add("", false)
	}
	return s.out
}

// value reads a quoted value under a key.
func (s *wordScanner) value(q byte) {
	end := -1
	if s.failed[q] <= s.pos {
		end = closing(s.text, s.pos+1, q)
	}
	if end < 0 {
		s.failed[q] = len(s.text)
		s.pos++
		return
	}
	content := unescape(s.text[s.pos+1 : end])
	s.pos = end + 1
	s.add(content, strings.ContainsAny(content, " {["))
}

// word reads a word, or a key.
func (s *wordScanner) word() {
	start := s.pos
	for s.pos < len(s.text) && strings.IndexByte(" \t\n,;|", s.text[s.pos]) < 0 {
		s.pos++
	}
	raw := s.text[start:s.pos]
	word := trimAddress(raw)
	if a := s.p.address(word, s.line); a != nil && (a.service != "" || strings.Contains(raw, "://")) && s.assignAt(raw) <= 0 {
		s.add(word, false)
		s.out[len(s.out)-1].place = a
		s.out[len(s.out)-1].kind = address
		return
	}
	switch {
	case raw == "=" || raw == "=>" || raw == ":=" || raw == ":" || raw == "->":
		s.keyBefore(raw[0])
		return
	case strings.HasPrefix(raw, "--") && len(raw) > 3 && s.assignAt(raw) < 0:
		if c := s.p.classOf(raw); c != classE {
			s.key, s.sep = raw[2:], '='
			return
		}
	case raw[len(raw)-1] == ':' && len(raw) > 1:
		s.push(strings.Trim(raw[:len(raw)-1], around), start)
		s.keyBefore(':')
		return
	}
	if at := s.assignAt(raw); at > 0 {
		if s.key != "" && s.sep != ' ' {
			s.add("", false)
		}
		s.key, s.sep = strings.TrimLeft(strings.Trim(raw[:at], around), "-@$"), raw[at]
		for at++; at < len(raw) && (raw[at] == '>' || raw[at] == '='); at++ {
		}
		s.pos = start + at
		if at == len(raw) {
			return
		}
		if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
			s.value(s.text[s.pos])
		}
		return
	}
	s.push(raw, start)
}

// assignAt returns where in a word its key ends, as in key=value; -1 if it has none.
func (s *wordScanner) assignAt(raw string) int {
	for i := range len(raw) {
		switch b := raw[i]; {
		case b == '=':
			if i == 0 {
				return -1
			}
			return i
		case b == ':':
			if i > 0 && i+1 < len(raw) && raw[i+1] != '/' && raw[i+1] != ':' && i < 40 {
				if c := s.p.classOf(strings.Trim(raw[:i], around)); c != classE && c != classNone {
					return i
				}
			}
		case !isAlnum(b) && strings.IndexByte("_-.@$\"'`[({", b) < 0 && b < 0x80, i > 60:
			return -1
		}
	}
	return -1
}

// push adds a word without a key before it, or as the value of one.
func (s *wordScanner) push(raw string, start int) {
	text := trimWord(raw)
	if text == "" {
		return
	}
	if strings.EqualFold(text, "and") || text == "&" {
		return
	}
	s.add(text, false)
}

// keyBefore takes the words before for a key: of the last three as many as name a
// known one.
func (s *wordScanner) keyBefore(sep byte) {
	n := len(s.out)
	if n == 0 {
		return
	}
	if s.out[n-1].key != "" || s.out[n-1].kind.isID() || s.out[n-1].kind == address {
		return
	}
	take, single := 1, findClass(plainKey(s.out[n-1].text))
	for most := min(3, n); most > 1; most-- {
		key, ok := "", true
		for _, t := range s.out[n-most:] {
			ok = ok && t.key == "" && t.place == nil && allBytes(t.text, isLetter)
			key += t.text
		}
		c := findClass(plainKey(key))
		if ok && len(key) < 40 && (c < single || c == classN && most == 2 && single >= classD || c == classEnd && single == classE) && (most == 2 || c == classA) {
			take = most
			break
		}
	}
	key := ""
	for _, t := range s.out[n-take:] {
		key += t.text + " "
	}
	s.out = s.out[:n-take]
	s.key, s.sep = strings.TrimSpace(key), sep
}

// add adds a word, under the key that waits for one.
func (s *wordScanner) add(text string, long bool) {
	t := token{text: text, line: s.line, key: s.key, sep: s.sep, long: long}
	s.key, s.sep = "", 0
	if !long && text != "" {
		if a := s.p.address(text, s.line); a != nil && (a.service != "" || a.page || strings.Contains(text, "://")) {
			t.kind, t.place = address, a
		} else {
			t.kind = s.p.shape(text)
		}
	}
	s.out = append(s.out, t)
}

// trimWord returns a word without what stands around it.
func trimWord(word string) string {
	if word == "" {
		return ""
	}
	if first, last := word[0], word[len(word)-1]; isAlnum(first) && isAlnum(last) {
		return word
	}
	if isCut(strings.Trim(word, "\"'`“”‘’()[]{}<>*|,;!?")) {
		return strings.Trim(word, "\"'`“”‘’()[]{}<>*|,;!?")
	}
	if isPlaceholder(word) && !strings.Contains(word, "/") {
		return word
	}
	word = strings.Trim(word, around)
	return strings.TrimRight(word, ".:")
}

// trimAddress returns a word without what stands around it, but with the start of a
// placeholder at its end.
func trimAddress(raw string) string {
	word := trimWord(raw)
	if end := strings.Index(raw, word) + len(word); end < len(raw) && strings.IndexByte("{<[$", raw[end]) >= 0 {
		word += raw[end : end+1]
	}
	return word
}
