package paste

import "strings"

// value is a value that begins with a bracket in a line.
type value struct {
	node *node
	// lines counts the lines behind the first that it takes, and rest is what follows
	// it in the last of them.
	lines int
	rest  string
	// open says that the value does not end in the lines that there are.
	open bool
}

// opener returns where in a text a value may begin, -1 for nowhere: at a bracket, or at
// a quote around a value whose own quotes are escaped.
func opener(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			if i+1 < len(text) && strings.IndexByte("{[", text[i+1]) >= 0 && strings.Contains(text[i:], `\"`) {
				if end := closing(text, i+1, '"'); end > 0 && strings.Contains(text[i:end], `\"`) {
					return i
				}
			}
		case '{':
			if i == 0 || text[i-1] != '$' {
				return i
			}
		case '[', '(':
			if i+1 == len(text) && (i == 0 || isAlnum(text[i-1]) || text[i-1] == ' ' || text[i-1] == '=') || i+1 < len(text) && begins(text, i) {
				return i
			}
		}
	}
	return -1
}

// begins reports whether a bracket or parenthesis in a text may begin a value: a
// quote, another bracket or a key follows.
func begins(text string, i int) bool {
	rest := strings.TrimLeft(text[i+1:], " ")
	if rest == "" {
		return false
	}
	if strings.IndexByte("\"'{[(", rest[0]) >= 0 {
		return true
	}
	for j := 0; j < len(rest) && j < 60; j++ {
		switch b := rest[j]; {
		case b == '=' || b == ':':
			return j > 0 && isLetter(rest[0]) && !strings.HasPrefix(rest[j:], "://")
		case b == ']' && j > 0:
			return strings.HasPrefix(strings.TrimLeft(rest[j+1:], " "), "=>")
		case !isAlnum(b) && b != '_' && b != '-' && b != '.' && b != '@':
			return false
		}
	}
	return false
}

// value reads the value that begins at a place in the text of the line at an index.
func (f *finder) value(at int, first string, start int) value {
	x := extent{depth: 0}
	var text strings.Builder
	v := value{open: true}
	lines := []line{f.lines[at]}
	for i := at; i < len(f.lines) && len(lines) < mostLines && text.Len() < mostBytes; i++ {
		part := first[start:]
		if i > at {
			part = f.lines[i].inner()
			if !x.goesOn(&f.lines[i], part, first) {
				v.open = false // cut off
				break
			}
			text.WriteByte('\n')
			lines = append(lines, f.lines[i])
		}
		end := x.scan(part)
		v.lines = i - at
		if end >= 0 {
			text.WriteString(part[:end])
			v.rest, v.open = part[end:], false
			break
		}
		text.WriteString(part)
		x.last = part
	}
	s := &scanner{text: text.String(), pos: 1, lines: lines, failed: map[byte]int{}}
	v.node = s.container(first[start])
	return v
}

// extent finds out where a value ends.
type extent struct {
	depth   int
	quote   bool // a quoted text of the last line goes on
	comment bool // in a comment
	last    string
}

// scan takes the next line of a value. It returns where in it the value ends, -1 where
// it goes on.
func (x *extent) scan(t string) int {
	i, single := 0, 0
	if x.quote {
		x.quote = false
		if i = closing(t, 0, '"') + 1; i == 0 {
			return -1
		}
	}
	for ; i < len(t); i++ {
		if x.comment {
			end := strings.Index(t[i:], "*/")
			if end < 0 {
				return -1
			}
			x.comment = false
			i += end + 1
			continue
		}
		switch b := t[i]; b {
		case '"':
			end := closing(t, i+1, '"')
			if end < 0 {
				x.quote = true
				return -1
			}
			i = end
		case '\'', '`':
			if i > 0 && isAlnum(t[i-1]) || single > i {
				continue
			}
			if end := closing(t, i+1, b); end > 0 {
				i = end
			} else {
				single = len(t)
			}
		case '/':
			if strings.HasPrefix(t[i:], "//") && (i == 0 || t[i-1] == ' ' || t[i-1] == ',') {
				return -1
			}
			x.comment = strings.HasPrefix(t[i:], "/*")
		case '#':
			if (i == 0 || t[i-1] == ' ') && strings.HasPrefix(t[i:]+" ", "# ") {
				return -1
			}
		case '{', '[', '(':
			x.depth++
		case '}', ']', ')':
			if x.depth--; x.depth <= 0 {
				return i + 1
			}
		}
	}
	return -1
}

// goesOn reports whether a line can go on with a value. Where it can't, the value was
// cut off.
func (x *extent) goesOn(l *line, t, first string) bool {
	if x.quote {
		end := closing(t, 0, '"')
		return end >= 0 && endsValue(t[end+1:])
	}
	if x.comment || t == "" {
		return true
	}
	if l.prompt {
		return false
	}
	last := strings.TrimRight(x.last, " \t")
	if x.last == "" && l.indent == 0 && strings.IndexByte("}])", t[0]) < 0 {
		return false // behind a blank line
	}
	switch b := t[0]; {
	case b == '{' && first[0] == '{' && l.indent == 0 && last != "" && strings.IndexByte(",[({:>", last[len(last)-1]) < 0:
		return false
	case strings.IndexByte("\"'`{}[]():,;.<", b) >= 0, b >= '0' && b <= '9':
		return true
	case b == '-' || b == '+':
		return len(t) > 1 && t[1] >= '0' && t[1] <= '9' || len(t) > 1 && t[1] == '.'
	case strings.HasPrefix(t, "//"), strings.HasPrefix(t, "/*"), b == '#', b == '*':
		return true
	}
	i := 0
	for i < len(t) && (isAlnum(t[i]) || strings.IndexByte("_-.$@/", t[i]) >= 0) {
		i++
	}
	rest := strings.TrimLeft(t[i:], " ")
	switch {
	case i == 0:
		return false
	case rest == "":
		return l.indent > 0 || noValues[strings.ToLower(t)] || t == "true" || t == "false"
	}
	return strings.IndexByte(":=({[\"", rest[0]) >= 0 || strings.HasPrefix(rest, "->") || rest[0] == ',' && !strings.Contains(rest, ", ")
}

// accepts reports whether a value is one, rather than a text in brackets: there is a
// quoted text in it, or a key.
func (f *finder) accepts(n *node) bool {
	if n.kind == scalar {
		return n.quoted
	}
	ids := 0
	for _, kid := range n.kids {
		if kid.key != "" && fitsKey(kid.key) || f.accepts(kid) {
			return true
		}
		if kid.kind == scalar && idShape(kid.text).isID() {
			ids++
		}
	}
	return ids > 1 && ids == len(n.kids)
}

// fitsKey reports whether a text may be a key.
func fitsKey(key string) bool {
	return len(key) <= maxID && (isLetter(key[0]) || strings.IndexByte("_$@:\"", key[0]) >= 0 || idShape(key).isID())
}
