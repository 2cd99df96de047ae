package paste

import (
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// isHeading reports whether a record is only an endpoint under its key.
func (r *record) isHeading() bool {
	return len(r.Values) == 1 && r.ModelName != "" && r.Values[0].Class == words.EndpointKey && r.Values[0].Key != "ENDPOINT"
}

// readHeading notes the model on a line that names nothing else as the endpoint of the lines below. It returns
// false if the line is none.
func (f *finder) readHeading(l *lines.Line) bool {
	t := l.Title()
	if l.Prompt || strings.ContainsAny(t, " :") {
		return false
	}
	k := f.p.KindOf(t)
	if !k.NamesModel() {
		return false
	}
	f.noteBelow(t, l)
	if k == words.Family { // which is no endpoint
		f.setPossible(t)
	} else {
		f.setHeading(t)
	}
	return true
}

// setHeading sets the endpoint of the lines below. Below a card the name may be the card's, and is no
// heading.
func (f *finder) setHeading(name string) {
	if f.inList = false; !f.belowCard() {
		f.heading, f.unanswered, f.possible, f.headingUsed = name, "", "", false
		return
	}
	f.setPossible(name)
	f.card.pendingHeads = true
}

// setPossible notes a name that may be the endpoint of ids near it.
func (f *finder) setPossible(name string) {
	if f.belowCard() {
		f.nameBelow = name
	} else {
		f.possible = name
	}
}

// maxLinesBelow bounds the lines below an id that belong to its card, maxNameWords the words of a line that
// only names a model, as in Kling 2.1 Master.
const maxLinesBelow, maxNameWords = 12, 4

// card is an id alone on its line, without an endpoint. A name below it may be its model, as on the cards of
// a web page. Behind a blank line it is one only if it does not head the id right below.
type card struct {
	r            *record
	sc           scope
	judged       string // the possible endpoint that the id was judged with
	blankBelow   bool   // a blank line stands below the id
	pending      string // a name behind it that may head an id right below
	pendingHeads bool   // the pending name has the form of a heading
	closed       bool   // no further name is the card's model
}

// isBare reports whether a record is a line with an id and no endpoint.
func (r *record) isBare() bool {
	says := func(v value) bool { return v.Link != nil || v.Kind == words.Pair }
	isLine := r.Form == sentence || r.Form == row && len(r.Values) == 1
	return isLine && r.HasID && len(r.Inner) == 0 && r.ModelName == "" && !slices.ContainsFunc(r.Values, says)
}

// belowCard reports whether a name may be a card's model instead of a heading.
func (f *finder) belowCard() bool { return f.card.r != nil }

// noteRecordBelow notes the name in a record below the card.
func (f *finder) noteRecordBelow(r *record) {
	name := r.ModelName
	if slices.ContainsFunc(r.Values, func(v value) bool { return v.Text == f.p.source.Endpoint }) {
		name = f.p.source.Endpoint
	}
	isBlock := r.Form == object && len(r.Values) > 1
	if isBlock || len(r.Values) <= maxNameWords || !f.card.blankBelow {
		f.noteBelow(name, r.Line)
	}
	if isBlock { // which heads no id
		f.resolvePending(false)
	}
}

// noteBelow notes a name on a line below the card. Behind a blank line it is pending.
func (f *finder) noteBelow(name string, l *lines.Line) {
	if f.card.r == nil || name == "" || l.Number-f.card.r.Line.Number > maxLinesBelow {
		return
	}
	f.resolvePending(false)
	if f.card.pending, f.card.pendingHeads = name, false; !f.card.blankBelow {
		f.resolvePending(false)
	}
}

// resolvePending decides about the pending name: it heads the id below, or it is the card's model.
func (f *finder) resolvePending(idBelow bool) {
	if f.card.pending == "" {
		return
	}
	name := f.card.pending
	if f.card.pending = ""; !idBelow {
		f.nameCard(name)
	} else if f.card.pendingHeads {
		f.heading, f.possible = name, ""
	}
}

// nameCard judges the card's id again with a name as its possible endpoint. What was returned of a stream
// stays: an id that is tracked is asked about in addition.
func (f *finder) nameCard(name string) {
	c, sc := &f.card, f.card.sc
	if sc.possible != "" || name != f.p.source.Endpoint {
		sc.possible = words.Either(sc.possible, name)
	}
	closed := c.closed
	if c.closed = true; closed || sc.possible == c.judged {
		return
	}
	for _, v := range c.r.Values {
		id := queue.NormalizeID(v.Text)
		switch known := f.p.byID[id]; {
		case known == nil || known.first.lineNumber != c.r.Line.Number:
		case known.best == nil || f.canRevise:
			*known = candidate{}
		default:
			delete(f.p.byID, id)
		}
	}
	refusals := f.p.refusals
	f.p.judge(c.r, sc)
	f.p.refusals = refusals
}
