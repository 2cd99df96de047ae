package paste

import "strings"

// scope is what stands around a record.
type scope struct {
	// endpoint is the one that something around says, "" for none.
	endpoint string
	// word is what the ids stand under, where it may be their endpoint.
	word string
	// best is the highest class of a key with an id in the records around.
	best class
	// id is the key under which the record stands, where that is an id; else nil.
	id *node
}

// prepare readies a node for being judged: strings that hold values or texts are read,
// pairs of names and values become objects, and the highest class of the keys in it that
// have an id is found.
func (p *parser) prepare(n *node, depth int) {
	n.best = classNone
	p.classify(n)
	if n.form == value && depth < maxTexts && p.isText(n) {
		n.kids = p.texts(n.text, n.line)
		depth++
	}
	if n.form == list || n.form == row || n.form == object && len(n.kids) > 0 && n.kids[0].key == "" {
		pairUp(n)
	}
	for _, kid := range n.kids {
		p.prepare(kid, depth)
		n.best = min(n.best, kid.best)
		if c := kid.class; c.isRequest() && kid.form == value && len(kid.kids) == 0 &&
			(kid.kind.isID() || c <= classRequest && (isNothing(kid.text) || fitsID(kid.text) && hasDigit(kid.text))) {
			n.best = min(n.best, c)
		}
	}
	if n.form == object {
		p.mergeExchange(n)
	}
}

// classify finds out the class of a node's key, and what its value is.
func (p *parser) classify(n *node) {
	n.class = p.classOf(n.key)
	if n.form != value {
		return
	}
	if trimmed := trimWord(strings.TrimSpace(n.text)); !strings.ContainsAny(trimmed, " \t\n\"") {
		n.text = trimmed
		if a := p.address(trimmed, n.line); a != nil && (a.service != "" || strings.Contains(trimmed, "://")) {
			n.kind, n.place = address, a
		} else {
			n.kind = p.shape(trimmed)
		}
	}
}

// isText reports whether a string is a text of its own rather than a value.
func (p *parser) isText(n *node) bool {
	if len(n.text) < minID || len(n.text) > maxString {
		return false
	}
	if n.text[0] == '{' || n.text[0] == '[' {
		return !isPlaceholder(n.text) || strings.ContainsAny(n.text, `":'`)
	}
	if strings.Contains(n.text, mmsuPrefix) && strings.ContainsAny(n.text, " \n\t") && !p.onlyIDs(n.text) {
		return true
	}
	return (n.class == classPlain || n.class == classNone) && strings.ContainsAny(n.text, " \n\t") && !p.onlyIDs(n.text)
}

// onlyIDs reports whether a text is a list of ids.
func (p *parser) onlyIDs(content string) bool {
	for word := range strings.FieldsSeq(content) {
		if !idShape(trimWord(word)).isID() {
			return false
		}
	}
	return true
}

// pairUp makes an object of a list of objects with a name and a value each.
func pairUp(n *node) {
	var pairs []*node
	for _, kid := range n.kids {
		pair := &node{quoted: true}
		for _, part := range kid.kids {
			switch strings.ToLower(part.key) {
			case "name", "key":
				pair.key = part.text
			case "value":
				pair.text, pair.line = part.text, part.line
			}
		}
		if kid.form != object || pair.key == "" || pair.line == 0 || len(kid.kids) > 4 {
			return
		}
		pairs = append(pairs, pair)
	}
	if len(pairs) > 0 {
		n.kids, n.form = pairs, object
	}
}

// messageParts are the parts of an HTTP message that belong to its record.
var messageParts = set("request response config headers content body data postdata text")

// mergeExchange makes one record of an object that holds a request to a web service and
// its response, as archives of HTTP have them.
func (p *parser) mergeExchange(n *node) {
	for _, kid := range n.kids {
		if key := strings.ToLower(kid.key); (key == "request" || key == "config") && isAccess(kid) {
			n.kids = flatten(n, 0)
			return
		}
	}
}

// maxMessage bounds how deep the parts of a message are nested: exchange, response,
// content, text, object.
const maxMessage = 5

func flatten(n *node, depth int) (kids []*node) {
	for _, kid := range n.kids {
		if depth < maxMessage && len(kid.kids) > 0 && (kid.form == object || kid.form == value) && (kid.key == "" || messageParts[plainKey(kid.key)]) {
			kids = append(kids, flatten(kid, depth+1)...)
		} else {
			kids = append(kids, kid)
		}
	}
	return kids
}

// judge weighs the evidence in a node and all in it.
func (p *parser) judge(n *node, sc scope) {
	switch {
	case n.form == value && len(n.kids) == 0:
		if n.text != "" {
			p.judgeRecord(&node{form: text, line: n.line, kids: p.classified(p.words(n.text, n.line)), best: classNone}, sc)
		}
	case n.form == value || n.form == list || n.form == row && !flat(n):
		for _, kid := range n.kids {
			if kid.form == list {
				kid.form = row
			}
			p.judge(kid, sc)
		}
	default:
		p.judgeRecord(n, sc)
	}
}

func (p *parser) classified(words []*node) []*node {
	for _, word := range words {
		p.prepare(word, maxTexts)
	}
	return words
}

// flat reports whether a node holds values alone.
func flat(n *node) bool {
	for _, kid := range n.kids {
		if kid.form != value || len(kid.kids) > 0 && n.form != row {
			return false
		}
	}
	return true
}

// judgeRecord weighs a record, and what stands within it.
func (p *parser) judgeRecord(n *node, sc scope) {
	r := &record{p: p, n: n, sc: sc, own: classNone}
	r.gather()
	r.floor = min(r.own, sc.best, n.best)
	r.findEndpoint()
	r.takeIDs()
	inner := scope{endpoint: sc.endpoint, best: min(sc.best, r.own)}
	if r.said != "" && r.vague == "" {
		inner.endpoint = r.said
	}
	for _, kid := range r.inner {
		r.judgeInner(kid, inner)
	}
}

// judgeInner judges what stands in a record under a key.
func (r *record) judgeInner(kid *node, sc scope) {
	p := r.p
	switch k := p.shape(kid.key); {
	case kid.key == "":
	case k.isID() && kid.form == value:
		p.judgeRecord(&node{form: text, line: kid.line, kids: p.classified(p.words(kid.key+" "+kid.text, kid.line)), best: classNone}, sc)
		return
	case k.isID():
		sc.id = &node{text: kid.key, kind: k, line: kid.line, class: classNone}
	case kid.class != classPlain:
	case k.namesEndpoint():
		sc.endpoint = kid.key
	case k.maybeEndpoint() && kid.form == list:
		sc.word = kid.key
	}
	// The values of a list stand under its key.
	if keyed := kid.class != classNone && kid.class != classPlain; kid.form == list && keyed && !listKeys[plainKey(kid.key)] {
		group := &node{form: object, line: kid.line, best: kid.best}
		for _, item := range kid.kids {
			if item.form == value && len(item.kids) == 0 {
				item.key, item.class = kid.key, kid.class
			} else if item.form == list {
				item.form = row
			}
			group.kids = append(group.kids, item)
		}
		kid = group
	}
	p.judge(kid, sc)
}

// listKeys are the keys of a list whose values stand for themselves.
var listKeys = set("ids data items results")
