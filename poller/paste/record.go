package paste

import (
	"slices"
	"strings"
)

// value is a word or a text of a record, and the key under which it stands.
type value struct {
	key, text string
	line      int
	assigned  bool  // it stands behind an equals sign, as a variable's value does
	class     class // of the key
	kind      kind  // of the text
	place     *place
}

// form is what a record is made of.
type form byte

const (
	object   form = iota // keys and values
	list                 // values, each for itself
	row                  // values that belong together: the cells of a table's row, a tuple
	sentence             // a line of text, with the words and the groups in it
)

// record is values that belong together, with the records inside it.
type record struct {
	form   form
	key    string // under which it stands, "" for none
	class  class  // of the key
	line   int
	values []value
	inner  []*record
	// own is the highest class of a key with an id in the record, best that in it and in
	// those inside.
	own, best class
	// created is the endpoint of an address in the record, or in an object inside it that
	// has no id, to which a request is sent; "" for none.
	created string
	// lead is the key with which a line begins that is one key and its value, and rest
	// where the value begins in the line.
	lead string
	rest int
}

const (
	// maxTexts bounds how deep texts are read that stand in strings, maxString the length
	// of such a string, in bytes.
	maxTexts, maxString = 6, 4 << 20
	// mostOfPair bounds how many values an object has that is a name and a value.
	mostOfPair = 4
)

// put adds a value to a record. A string that holds a value or a text is read in its place.
func (p *parser) put(r *record, v value) {
	v.class = p.classOf(v.key)
	switch word := trimWord(strings.TrimSpace(v.text)); {
	case anyByte(word, func(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '"' }):
		if v.key != "value" && p.putText(r, v) {
			return
		}
	case idShape(v.key).isID():
		r.inner = append(r.inner, &record{form: sentence, line: v.line, values: []value{p.classified("", v.key, v.line), p.classified("", word, v.line)}})
		return
	default:
		assigned := v.assigned
		v = p.classified(v.key, word, v.line)
		v.assigned = assigned
		if last := len(r.values) - 1; v.class == classNone && v.kind.isID() && last >= 0 {
			v.key, v.class = p.keyBefore(r.values[last], v.kind)
		}
	}
	if strings.HasSuffix(v.key, "ENDPOINT") && v.class == classEndpoint && fitsEndpoint(v.text) {
		p.endpointVar = strings.Clone(v.text)
	}
	r.values = append(r.values, v)
}

// classified returns a value that is one word, with what it and its key are.
func (p *parser) classified(key, word string, number int) value {
	v := value{key: key, text: word, line: number, class: p.classOf(key), kind: address}
	if v.place = p.address(word); v.place == nil {
		v.kind = p.shape(word)
	}
	return v
}

var authWords = set("key bearer basic token")

// keyBefore returns the key of an id that stands without one behind another value: that of
// an id before it, as in request_id: a, b, or a word for something else, as in user 764c….
func (p *parser) keyBefore(before value, k kind) (string, class) {
	switch {
	case before.kind.isID() && before.class <= classID, before.class == classOther && authWords[strings.ToLower(before.text)]:
		return before.key, before.class
	case k != mmsu && before.key == "" && before.kind == other && p.classOf(before.text) == classOther:
		return before.text, classOther
	}
	return "", classNone
}

func isGap(r rune) bool { return strings.ContainsRune(" \t\n,", r) }

// putText adds a value of several words: ids as one value each, and what is a text of its
// own as the records in it. It reports false where it is only a value that is no id.
func (p *parser) putText(r *record, v value) bool {
	plain := !v.class.isKnown()
	if !hasDigit(v.text) {
		return plain
	}
	var ids []value
	for word := range strings.FieldsFuncSeq(v.text, isGap) {
		if word = trimWord(word); !idShape(word).isID() {
			ids = nil
			break
		}
		ids = append(ids, p.classified(v.key, word, v.line))
	}
	if r.values = append(r.values, ids...); len(ids) > 0 {
		return true
	}
	if !plain && v.text[0] != '{' && v.text[0] != '[' && !strings.Contains(v.text, mmsuPrefix) || p.texts >= maxTexts || len(v.text) > maxString {
		return plain
	}
	p.texts++
	f := &finder{p: p, emit: func(found *record) {
		found.key = v.key
		p.enclose(r, found)
	}}
	for t := range strings.SplitSeq(v.text, "\n") {
		f.lines = append(f.lines, p.strip(v.line, t))
	}
	f.run()
	p.texts--
	return true
}

// enclose puts a record inside another one. One of a name and a value is a key and its
// value there, and the values of a list stand under its key.
func (p *parser) enclose(r, kid *record) {
	named := func(keys ...string) int {
		return slices.IndexFunc(kid.values, func(v value) bool { return slices.Contains(keys, strings.ToLower(v.key)) })
	}
	if key, v := named("name", "key"), named("value"); key >= 0 && v >= 0 && len(kid.values) <= mostOfPair && r.form != sentence {
		r.form = object
		p.put(r, value{key: kid.values[key].text, text: kid.values[v].text, line: kid.values[v].line})
		return
	}
	kid.class = p.classOf(kid.key)
	if kid.class.isKnown() && kid.form == list && len(kid.inner) == 0 && !listKeys[plainKey(kid.key)] {
		kid.form = object
		for i := range kid.values {
			kid.values[i].key, kid.values[i].class = kid.key, kid.class
		}
	}
	p.close(kid)
	r.inner = append(r.inner, kid)
}

// close finds out what is known of a record that is whole.
func (p *parser) close(r *record) {
	r.own = classNone
	for i := range r.values {
		v := &r.values[i]
		if v.class <= classRequest && (isNothing(v.text) || fitsID(v.text) && hasDigit(v.text)) || v.class <= classID && v.kind.isID() {
			r.own = min(r.own, v.class)
		}
		if a := v.place; a != nil && a.id == "" && a.endpoint != "" {
			r.created = a.endpoint
		}
	}
	r.best = r.own
	for _, kid := range r.inner {
		r.best = min(r.best, kid.best)
		if kid.created != "" && kid.form == object && r.form == object && kid.best == classNone {
			r.created = kid.created
		}
	}
}
