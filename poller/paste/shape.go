package paste

import (
	"strings"
)

// texts reads the records in a text that stands in a string, all of which is on one
// line of the paste.
func (p *parser) texts(content string, number, depth int) []*node {
	var lines []line
	for t := range strings.SplitSeq(content, "\n") {
		lines = append(lines, p.strip(number, t))
	}
	var found []*node
	f := &finder{p: p, lines: lines, depth: depth, emit: func(n *node) {
		p.shapeNode(n, depth)
		found = append(found, n)
	}}
	f.run()
	return found
}

// shapeNode makes of a value what is weighed: strings that hold values or texts are
// read, pairs of names and values become objects, and the highest class is found of the
// keys in it.
func (p *parser) shapeNode(n *node, depth int) {
	n.best = classNone
	if n.kind == scalar {
		if p.isText(n) && depth < maxTexts {
			n.kids = p.texts(n.text, n.line, depth+1)
		}
	}
	if n.kind == list || n.kind == tuple {
		pairUp(n)
	}
	if n.kind == object {
		p.mergeExchange(n)
	}
	for _, t := range n.words {
		n.note(p.classOf(t.key), t.text, t.kind)
	}
	for _, kid := range n.kids {
		p.shapeNode(kid, depth)
		n.best = min(n.best, kid.best)
		if kid.kind == scalar && len(kid.kids) == 0 {
			n.note(p.classOf(kid.key), kid.text, idShape(kid.text))
		} else if kid.kind == list && p.classOf(kid.key).isRequest() && bareIDs(kid) && len(kid.kids) > 0 {
			n.note(p.classOf(kid.key), kid.kids[0].text, idShape(kid.kids[0].text))
		}
	}
}

// note lowers the highest class of the node to that of a key whose value is an id.
func (n *node) note(c class, value string, k kind) {
	if c.isRequest() && (k.isID() || c <= classB && (isNothing(value) || fitsID(value) && hasDigit(value))) {
		n.best = min(n.best, c)
	}
}

// isText reports whether a string is a text of its own rather than a value.
func (p *parser) isText(n *node) bool {
	if len(n.text) < minID || len(n.text) > mostBytes {
		return false
	}
	if n.text[0] == '{' || n.text[0] == '[' {
		return !isPlaceholder(n.text) || strings.ContainsAny(n.text, `":'`)
	}
	c := p.classOf(n.key)
	return c >= classE && c != classN && c != classEnd && strings.ContainsAny(n.text, " \n\t")
}

// pairUp makes an object of a list of objects with a name and a value each.
func pairUp(n *node) {
	var pairs []*node
	for _, kid := range n.kids {
		var key, value *node
		for _, part := range kid.kids {
			switch part.key {
			case "name", "key", "Name", "Key":
				key = part
			case "value", "Value":
				value = part
			}
		}
		if kid.kind != object || key == nil || value == nil || key.kind != scalar || value.kind != scalar || len(kid.kids) > 4 {
			return
		}
		pairs = append(pairs, &node{key: key.text, text: value.text, line: value.line, quoted: true})
	}
	if len(pairs) > 0 {
		n.kids, n.kind = pairs, object
	}
}

// mergeExchange makes one record of an object that holds a request to a web service and
// its response, as archives of HTTP have them.
func (p *parser) mergeExchange(n *node) {
	var request, response *node
	for _, kid := range n.kids {
		switch {
		case kid.kind != object:
		case strings.EqualFold(kid.key, "request") || strings.EqualFold(kid.key, "config"):
			request = kid
		case strings.EqualFold(kid.key, "response"):
			response = kid
		}
	}
	if request == nil || response == nil && !isAccess(request) || !isAccess(request) {
		return
	}
	var kids []*node
	for _, kid := range n.kids {
		if kid == request || kid == response {
			kids = append(kids, p.flat(kid, 0)...)
		} else {
			kids = append(kids, kid)
		}
	}
	n.kids = kids
}

// flat returns the keys and values of a message's parts.
func (p *parser) flat(n *node, depth int) []*node {
	var kids []*node
	if n.kind == list {
		pairUp(n)
	}
	for _, kid := range n.kids {
		switch plainKey(kid.key) {
		case "text", "body", "data", "content":
			if kid.kind == scalar && strings.HasPrefix(kid.text, "{") {
				if body := p.texts(kid.text, kid.line, 1); len(body) == 1 {
					kids = append(kids, body[0].kids...)
					continue
				}
			}
		}
		switch plainKey(kid.key) {
		case "headers", "content", "body", "data", "postdata":
			if kid.kind != scalar && depth < 4 {
				kids = append(kids, p.flat(kid, depth+1)...)
				continue
			}
		}
		kids = append(kids, kid)
	}
	return kids
}
