package paste

import "strings"

// wordEnds reports whether a word that began at start ends here. In a group a colon ends
// a key, but is a part of a value.
func (s *scanner) wordEnds(start int, keyed bool) bool {
	b := s.text[s.pos]
	switch {
	case strings.IndexByte(" \t\r\n,;|", b) >= 0:
		return true
	case s.depth == 0:
		return s.pos > start && s.opens()
	case b == ':':
		rest := s.text[s.pos+1:]
		if keyed || s.pos == start {
			return s.pos > start && strings.HasPrefix(rest, " ")
		}
		return isLetter(s.text[start]) && !strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, ":")
	case b == '=':
		return s.pos > start && (!keyed || strings.HasPrefix(s.text[s.pos:], "=>"))
	}
	return strings.IndexByte("{}[]()\"`", b) >= 0 || b == '\'' && s.pos == start
}

// word reads a word, or a key.
func (s *scanner) word(c *collector) {
	start := s.pos
	if at := s.assignAt(s.text[start:min(len(s.text), start+maxKey)]); s.depth == 0 && at > 0 {
		if c.keyed {
			c.end()
		}
		c.await(strings.TrimLeft(strings.Trim(s.text[start:start+at], around), "-@$"), s.text[start+at])
		for s.pos += at + 1; s.pos < len(s.text) && strings.IndexByte(">=", s.text[s.pos]) >= 0; {
			s.pos++
		}
		return
	}
	for s.pos++; s.pos < len(s.text) && !s.wordEnds(start, c.keyed); {
		s.pos++
	}
	raw := s.text[start:s.pos]
	named := s.pos < len(s.text) && strings.IndexByte("{[(", s.text[s.pos]) >= 0
	switch {
	case s.depth > 0 && !named:
		c.add(&node{text: raw, line: s.number()})
	case s.depth == 0 && strings.HasPrefix(raw, "--") && s.p.classOf(raw) != classPlain && s.p.classOf(raw) != classNone:
		c.await(raw[2:], '=')
	case s.depth == 0 && strings.HasSuffix(raw, ":"):
		s.addWord(c, raw[:len(raw)-1])
		c.mark(':')
	case named:
		c.called = true
	default:
		s.addWord(c, raw)
	}
}

// addWord adds a word of a line.
func (s *scanner) addWord(c *collector, raw string) {
	word := trimWord(raw)
	if end := strings.Index(raw, word) + len(word); mayBeAddress(word) && end < len(raw) && strings.IndexByte("{<[$", raw[end]) >= 0 {
		word += raw[end : end+1] // the start of a placeholder
	}
	if word != "" && !strings.EqualFold(word, "and") && word != "&" {
		c.add(&node{text: word, line: s.number()})
	}
}

// assignAt returns where in a word of a line its key ends, as in key=value; -1 if it has
// none. Before a colon only a known key counts.
func (s *scanner) assignAt(raw string) int {
	for i := range len(raw) {
		switch b := raw[i]; {
		case b == '=':
			return i
		case b == ':' && i > 0 && i+1 < len(raw) && raw[i+1] != '/' && raw[i+1] != ':':
			if c := s.p.classOf(strings.Trim(raw[:i], around)); c != classPlain && c != classNone {
				return i
			}
		case !isAlnum(b) && strings.IndexByte("_-.@$\"'`[({:", b) < 0 && b < 0x80, strings.IndexByte("[({", b) >= 0 && i > 0 && strings.IndexByte("[({@$\"'`", raw[i-1]) < 0:
			return -1
		}
	}
	return -1
}

// around is what is trimmed off words.
const around = "\"'`“”‘’«»„()[]{}<>*•·…|,;!?\\"

// trimWord returns a word without what stands around it.
func trimWord(word string) string {
	if word == "" || isAlnum(word[0]) && isAlnum(word[len(word)-1]) {
		return word
	}
	if cut := strings.Trim(word, strings.Replace(around, "…", "", 1)); isCut(cut) {
		return cut
	}
	if isPlaceholder(word) && !strings.Contains(word, "/") {
		return word
	}
	return strings.TrimLeft(strings.TrimRight(strings.Trim(word, around), ".:"), "+-")
}
