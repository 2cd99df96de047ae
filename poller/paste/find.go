package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

// maxBlockLines bounds a value or a block, in lines.
const maxBlockLines = 100_000

// finder finds the records in lines, in order.
type finder struct {
	p     *parser
	lines []*lines.Line // not read yet
	at    int           // the index of the line to read next
	table *columns      // of the table that is being read, nil for none

	heading        string // the endpoint in a heading above, "" for none
	headingUsed    bool   // a record stands below the heading
	calledEndpoint string // the endpoint of an API call above whose answer has not been read
	unanswered     string // the endpoints of API calls above, also before a prompt, of which no answer was read
	possible       string // a name above that may be the endpoint
	process        string // that of the line above
	nameAbove      string // a name in the record above at indentation indent: deeper lines may belong to it
	indent         int

	inList      bool   // the line above is an id alone
	card        card   // of the last id; zero if that is no card
	nameBelow   string // the last name below a card
	canRevise   bool   // no verdict on the text was returned yet
	mayContinue bool   // more lines may follow, for which incomplete values wait
	moreSoon    bool   // they may follow at once, so that other records wait too
	waiting     bool   // the record waits for lines that have not arrived
	retryLines  int    // the number of lines with which to try again

	onRecord func(*record) // called with each record of a text inside a value; nil outside of one
}

// add adds a line, and joins it with the one before if that ends within an id.
func (f *finder) add(l lines.Line) {
	if l.Truncated {
		f.p.refuse(&l, "the line is too long to be read at once: what stands where it was cut, after each 64 MiB, is not read; break it into lines")
	}
	if last := len(f.lines) - 1; last >= 0 && lines.Join(f.lines[last], &l, f.p.source.Bases) {
		return
	}
	f.lines = append(f.lines, &l)
}

// read reads records until one may continue in lines that have not arrived. It retries that one when
// twice as many lines are there, so that the total time is linear.
func (f *finder) read(more, soon bool) {
	f.mayContinue, f.moreSoon = more, soon
	if soon && len(f.lines) < f.retryLines {
		return
	}
	start := 0
	f.at, f.waiting = 0, false
	for f.at < len(f.lines) && !f.waiting {
		start = f.at
		f.step()
	}
	if !f.waiting {
		start = f.at
	}
	if !more {
		f.resolvePending(false)
	}
	f.lines = slices.Delete(f.lines, 0, start)
	f.retryLines = 2 * len(f.lines)
}

// step reads one record.
func (f *finder) step() {
	l := f.lines[f.at]
	if l.Prompt { // a later command may show the answer of a call
		f.calledEndpoint, f.possible = "", f.unanswered
	}
	if l.Process != f.process { // as another mail, to which a heading may not belong
		f.process, f.heading, f.possible = l.Process, "", cmp.Or(f.heading, f.possible)
	}
	if l.Prompt || l.IsRule() {
		f.card.pending, f.card.closed = "", true
	}
	switch {
	case l.Content == "":
		f.table, f.inList = nil, false
		f.resolvePending(false)
		f.card.blankBelow = true
		if f.headingUsed {
			f.heading = ""
		}
		f.at++
	case f.moreSoon && f.at+1 == len(f.lines) && l.BrokenWord() != "":
		f.waiting = true
	case f.table != nil && f.readRow():
	case f.readHeading(l), l.IsRule():
		f.at++
	case l.IsComment():
		f.noteComment(l)
		f.at++
	case f.readHead():
	default:
		f.readRecord()
	}
}

// readRecord reads the record that begins on the present line.
func (f *finder) readRecord() {
	if r, used := f.readLine(); r.leadKey != "" {
		f.readBlock()
	} else {
		f.at += used
		f.handle(r)
	}
}

// handle judges a complete record with what stands around it.
func (f *finder) handle(r *record) {
	if f.waiting {
		return
	}
	f.p.finish(r)
	if f.onRecord != nil {
		f.onRecord(r)
		return
	}
	f.headingUsed = true
	f.resolvePending(r.HasID)
	if !r.HasID {
		f.noteRecordBelow(r)
	}
	sc := f.scopeOf(r)
	if r.HasID {
		f.card = card{}
		if sc.endpoint == "" && !f.inList && r.isBare() {
			f.card = card{r: r, sc: sc}
		}
	}
	if sc.possible == "" && f.nameBelow != "" && f.nameBelow != f.p.source.Endpoint {
		if sc.possible = f.nameBelow; f.card.r == r && !f.canRevise {
			sc.possible += " or one named below" // it is no endpoint, so that --take-unsure does not take it
		}
	}
	if f.card.r == r {
		f.card.judged = sc.possible
	}
	f.inList = r.HasID && len(r.Values) == 1
	f.p.judge(r, sc)
}

// scopeOf returns the scope of a record, and notes what the record says about those below.
func (f *finder) scopeOf(r *record) scope {
	sc := scope{endpoint: cmp.Or(f.heading, f.p.assigned), bestClass: words.NoKey}
	if r.Line.Indent <= f.indent {
		f.nameAbove, f.indent = r.ModelName, r.Line.Indent
	} else {
		sc.possible = f.nameAbove
	}
	if isAnswer := r.Form == object || len(r.Values) <= 1; !r.HasID {
		f.noteCall(r)
	} else if isAnswer && words.CanBeEndpoint(f.calledEndpoint) {
		sc.endpoint, f.calledEndpoint, f.unanswered, f.possible = f.calledEndpoint, "", "", f.calledEndpoint
	} else if f.calledEndpoint+f.possible != "" {
		f.calledEndpoint, f.unanswered, f.possible = "", "", cmp.Or(f.calledEndpoint, f.possible)
		sc.endpoint, sc.possible = "", f.possible
	}
	return sc
}

// noteComment notes a model that a comment names, if no heading does: the lines below may be about it.
func (f *finder) noteComment(l *lines.Line) {
	if f.heading != "" {
		return
	}
	name := f.p.ModelIn(l.Text)
	f.noteBelow(name, l)
	f.possible = cmp.Or(name, f.possible)
}

// noteCall notes the API call or the heading in a record without an id: it is about the records below.
func (f *finder) noteCall(r *record) {
	path := r.webPath()
	switch {
	case r.CallEndpoint != "": // the answers of several calls may arrive in any order
		if f.calledEndpoint, f.possible = words.Either(f.calledEndpoint, r.CallEndpoint), ""; r.Submits && len(r.Values) != 1 { // not only a setting
			f.unanswered = words.Either(f.unanswered, r.CallEndpoint)
		}
	case path != "" && path != f.calledEndpoint:
		f.calledEndpoint, f.possible = "", path
	case r.isHeading():
		if f.setHeading(r.ModelName); r.Values[0].Assigned && f.heading == r.ModelName {
			f.p.assigned = f.heading
		}
	case r.ModelName == "":
	case r.ModelName == f.p.assigned: // as in export ENDPOINT=x
		f.calledEndpoint, f.unanswered, f.possible = "", "", ""
	case f.calledEndpoint == "" && (len(r.Values) > 0 || r.Inner[0].Form == row): // not a value of JSON
		if f.setPossible(r.ModelName); len(r.Values) == 0 { // as in submit("kling_v3")
			f.unanswered = r.ModelName
		}
	}
}

// readableText returns a line without the comment at its end, unless that names a model or its sign stands
// in a quoted text.
func (p *parser) readableText(l *lines.Line) string {
	t, commentPart := lines.CutComment(l.Content)
	if p.ModelIn(commentPart) != "" {
		t = l.Content
	}
	if key, rest, ok := strings.Cut(t, " | "); ok && words.IsKey(strings.TrimSpace(key)) && !strings.ContainsAny(rest, lines.Bars) {
		t = strings.TrimSpace(key) + ": " + rest // as psql shows one record
	}
	return t
}

// readLine reads a line, and the next ones in which its groups continue. It returns how many it used.
func (f *finder) readLine() (r *record, used int) {
	l := f.lines[f.at]
	t := f.p.readableText(l)
	r = &record{Form: sentence, Line: l}
	s := &scanner{p: f.p, lines: f.lines, at: f.at, text: t}
	s.readItems(r)
	r.Truncated = s.cutOff || s.unfinished
	isLine := s.at == f.at
	if r.leadKey != "" && (len(r.Values)+len(r.Inner) > 1 || !isLine && len(r.Values) > 0) {
		f.p.joinPair(r, t, isLine)
	}
	f.waiting = f.waiting || s.unfinished && f.mayContinue && s.at-f.at < maxBlockLines
	if !f.waiting && f.onRecord == nil {
		f.p.noteInputs(f.lines[f.at : s.at+1])
	}
	return r, s.at - f.at + 1
}

// joinPair makes one value of the text behind the first key of a line, unless another key or a group
// follows.
func (p *parser) joinPair(r *record, t string, isLine bool) {
	isKey := func(v value) bool { return v.Assigned || v.Class.IsMeaningful() }
	if !isLine || len(r.Inner) > 0 || slices.ContainsFunc(r.Values[1:], isKey) {
		r.leadKey = ""
		return
	}
	assigned := r.Values[0].Assigned
	r.Values = nil
	p.addValue(r, value{Key: r.leadKey, Text: strings.TrimRight(t[r.leadRest:], ",;"), Line: r.Line, Assigned: assigned})
}

// readBlock reads lines of one key and value each, as in YAML, TOML, settings, headers and many programs'
// output.
func (f *finder) readBlock() {
	start, r := f.at, &record{Form: object, Line: f.lines[f.at]}
	f.readPairs(r, 0)
	f.waiting = f.waiting || f.moreSoon && f.at >= len(f.lines) && f.at-start < maxBlockLines
	f.handle(r)
}

// readPairs reads the pairs of a record from lines with at least an indentation, up to a blank line. A
// bullet or a key without a value begins an inner record of the lines below that are indented deeper.
func (f *finder) readPairs(r *record, indent int) {
	first, last := "", ""
	for start := f.at; f.at < len(f.lines) && f.at-start < maxBlockLines && !f.waiting; {
		l := f.lines[f.at]
		if l.Content == "" || l.Indent < indent {
			break
		}
		got, used := f.readLine()
		if indent == 0 && (got.leadKey == "" || got.leadKey == first && last != first) {
			break // of the next record, if the first key is there again
		}
		first, last = cmp.Or(first, got.leadKey), got.leadKey
		f.at += used
		if got.leadKey != "" {
			got.Form = object
			switch {
			case l.Bullet:
			case len(got.Values) == 1 && got.Values[0].Text == "":
				got.Key, got.Values = got.leadKey, nil
			default:
				r.Values, r.Inner = append(r.Values, got.Values...), append(r.Inner, got.Inner...)
				continue
			}
			f.readPairs(got, l.Indent+1)
		}
		f.p.addInner(r, got)
	}
}
