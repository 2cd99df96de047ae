package paste

import "strings"

// form is what a node is made of.
type form byte

const (
	value  form = iota // a word, or a text in quotes
	object             // keys and values
	list               // values
	row                // values that belong together: the cells of a table's row, a tuple
	text               // a line of text, with the words and the groups in it
)

// node is a part of what was pasted: a value, or a record of values.
type node struct {
	form form
	key  string // under which it stands, "" for none
	text string // of a value
	line int
	kids []*node
	// quoted says that a value stood in quotes, and assigned that it stands behind an
	// equals sign, as a variable's value does.
	quoted, assigned bool
	// best is the highest class of a key with an id in the node and below it.
	best class
	// class, kind and place are those of the key and of the value, see classify.
	class class
	kind  kind
	place *place
	loose bool // see findLoose
}

const (
	// maxDepth bounds how deep groups are nested in each other. What is deeper is
	// read as if it stood there.
	maxDepth = 100
	// maxTexts bounds how deep texts are read that stand in strings.
	maxTexts = 6
	// mostLines bounds a value or a block over several lines, maxString a string that
	// is read as a text, in bytes.
	mostLines = 100_000
	maxString = 4 << 20
)

// collector puts values and their keys together.
type collector struct {
	p *parser
	n *node
	// line says that the values are the words of a line, not those in a group.
	line bool
	last *node // the last value since a separator
	key  string
	sep  byte
	// keyed says that a key waits for its value, symbol that the last value is one of
	// the form :key, and called that a name stands right before.
	keyed, symbol, called bool
}

// add adds a value. In a group a bare word that follows another goes on with it, and the
// name of a type before a group is left out.
func (c *collector) add(v *node) {
	if c.symbol && c.last != nil && !c.keyed {
		c.mark(':')
	}
	last := c.last
	switch {
	case c.called && len(v.kids) == 1 && v.kids[0].form == value && v.kids[0].key == "":
		v = v.kids[0] // Some("x")
	}
	c.called = false
	switch {
	case c.keyed:
		v.key, v.assigned, c.keyed = c.key, c.sep == '=', false
		if !c.line {
			c.n.form = object
		}
	case c.line || last == nil || last.form != value || last.quoted:
	case v.form == value && !v.quoted && len(last.text) < 4*maxID:
		last.text += " " + v.text
		return
	case v.form != value:
		v.key = last.key
		*last = *v
		return
	}
	c.n.kids = append(c.n.kids, v)
	c.last = v
}

// mark takes the last value for the key of the next.
func (c *collector) mark(sep byte) {
	c.symbol = false
	last := c.last
	if last == nil {
		return
	}
	key, took := last.text, 1
	switch {
	case len(last.kids) == 1 && last.kids[0].form == value:
		key = last.kids[0].text // [key] => value
	case last.form != value, c.line && (last.key != "" || idShape(last.text).isID() || mayBeAddress(last.text)):
		return
	case c.line:
		key, took = c.keyWords()
	case last.key != "":
		// The last word of a value is the next key: a: b c: d.
		at := strings.LastIndexByte(last.text, ' ')
		if last.quoted || at < 0 {
			return
		}
		key, last.text, took = last.text[at+1:], last.text[:at], 0
	}
	c.n.kids = c.n.kids[:len(c.n.kids)-took]
	c.await(key, sep)
}

// await takes a key whose value follows.
func (c *collector) await(key string, sep byte) {
	c.key, c.sep, c.keyed, c.last = key, sep, true, nil
}

// keyWords returns the key that the last words of a line are, and how many: of the last
// three as many as make a known one, such as Request ID.
func (c *collector) keyWords() (key string, took int) {
	kids := c.n.kids
	last := kids[len(kids)-1]
	single := findClass(plainKey(last.text))
	for most := min(3, len(kids)); most > 1; most-- {
		key, ok := "", true
		for _, t := range kids[len(kids)-most:] {
			ok = ok && t.key == "" && allBytes(t.text, isLetter)
			key += t.text + " "
		}
		found := findClass(plainKey(key))
		better := found < single || found == classOther && single >= classID || found == classEndpoint && single == classPlain
		if ok && better && len(key) < maxPlainKey && (most == 2 || found == classService) {
			return strings.TrimSpace(key), most
		}
	}
	return last.text, 1
}

// end ends a value at a separator. A key that has no value gets an empty one.
func (c *collector) end() {
	if c.keyed {
		c.add(&node{line: c.n.line})
	}
	c.last, c.called, c.symbol = nil, false, false
}
