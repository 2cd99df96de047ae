package paste

import (
	"cmp"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

// value is a word or a text of a record, and its key.
type value struct {
	Key, Text string
	Line      *lines.Line
	Assigned  bool // it stands behind an equals sign, as a variable's value does
	Field     bool // its key is a field's name before it, with nothing but a blank between
	Class     words.Class
	Kind      words.Kind
	Link      *words.Link // nil unless the text is an address
}

// form is what a record is made of.
type form byte

const (
	object   form = iota // keys and values
	list                 // values that stand for themselves
	row                  // values that belong together: the cells of a table's row, a tuple
	sentence             // the words and groups of a line of text
)

// record is values that belong together, and the records inside it.
type record struct {
	Form   form
	Key    string // the record's own key, "" for none
	Line   *lines.Line
	Values []value
	Inner  []*record

	OwnClass     words.Class // the best class of a key with an id in Values
	BestClass    words.Class // the best one also in Inner
	CallEndpoint string      // the endpoint of an address of the API without an id, or those of several
	Submits      bool        // requests are submitted to one of them
	ModelName    string      // a name that may be the endpoint
	Label        string      // the text under the key label
	HasID        bool        // an id that may be a request's stands in Values or Inner
	Web          bool        // it describes a web access
	Truncated    bool        // its end is missing

	// leadKey is the key of a line of one key and its value, "" for none. The value begins at leadRest.
	leadKey  string
	leadRest int
}

// maxTexts bounds how deep texts inside values are read, maxPairValues the values of an object that is a
// name and a value.
const maxTexts, maxPairValues = 6, 4

// listKeys are the keys of a list whose values stand for themselves.
var listKeys = words.SetOf("ids data items results")

// addValue adds a value to a record. It reads a text of several words and adds the records in it instead.
func (p *parser) addValue(r *record, v value) {
	if r.Form != sentence && strings.EqualFold(v.Key, "label") && !words.IsNull(v.Text) {
		r.Label = strings.TrimSpace(v.Text)
	}
	w := words.Trim(strings.TrimSpace(v.Text))
	v.Class = p.ClassOf(v.Key)
	if p.addIDAndRest(r, v, w) {
		return
	}
	r.Web = r.Web || v.Class == words.WebKey
	switch {
	case strings.ContainsAny(w, " \t\n\",;"):
		r.Web = r.Web || words.IsWebAccess(v.Text)
		if p.addText(r, v) {
			return
		}
		v.Kind = p.KindOf(w) // an id may stand in it
	case words.IDKind(v.Key).IsID():
		p.addInner(r, &record{Form: sentence, Line: v.Line, Values: []value{p.wordValue(v.Key, v.Line), p.wordValue(w, v.Line)}})
		return
	default:
		word := p.wordValue(w, v.Line)
		v.Text, v.Kind, v.Link = word.Text, word.Kind, word.Link
	}
	if strings.HasSuffix(v.Key, "ENDPOINT") && words.CanBeEndpoint(v.Text) {
		p.assigned = strings.Clone(v.Text)
	}
	r.Values = append(r.Values, v)
}

// wordValue returns a word without a key as a value.
func (p *parser) wordValue(w string, l *lines.Line) value {
	v := value{Text: w, Line: l, Class: words.NoKey, Kind: words.Address}
	if v.Link = words.ReadLink(w, p.source.Bases); v.Link == nil {
		v.Kind = p.KindOf(w)
	}
	return v
}

// addText reads a text of several words and adds its records. It returns false if the text is to be added
// as a value.
func (p *parser) addText(r *record, v value) bool {
	plain := !v.Class.IsMeaningful()
	isText := plain || has("{[", v.Text[0]) || strings.Contains(v.Text, words.MMSUPrefix)
	if !words.HasDigit(v.Text) || !isText || p.textDepth >= maxTexts {
		return plain && p.textDepth < maxTexts
	}
	p.textDepth++
	f := &finder{p: p, onRecord: func(found *record) {
		found.Key = v.Key
		p.addInner(r, found)
	}}
	for t := range strings.SplitSeq(v.Text, "\n") {
		l := lines.Strip(v.Line.Number, t)
		l.Raw = v.Line.Raw
		f.add(l)
	}
	f.read(false, false)
	p.textDepth--
	return true
}

// addIDAndRest adds an id and the text behind it as two values, as in request_id: ID (failed). It returns
// false if the text does not begin with an id, or has nothing behind it.
func (p *parser) addIDAndRest(r *record, v value, text string) bool {
	id, rest := words.CutID(text)
	if rest == "" || v.Class > words.TaskKey && (v.Class != words.IDKey || strings.Contains(text, " ")) {
		return false
	}
	v.Text = id
	p.addValue(r, v)
	if more, _ := words.CutID(rest); more == "" {
		v.Key = ""
	}
	v.Text = rest
	p.addValue(r, v)
	return true
}

// addInner adds an inner record. It adds the value of one that is a name and a value under that name, and
// the values of a list under the list's key. A list in a list is a row.
func (p *parser) addInner(r, kid *record) {
	if v, ok := kid.nameAndValue(); ok && r.Form != sentence {
		r.Form = object
		p.addValue(r, v)
		return
	}
	r.Web = r.Web || kid.Web && kid.Key != ""
	c, isList := p.ClassOf(kid.Key), kid.isFlatList()
	switch {
	case isList && c.IsMeaningful() && !listKeys[words.NormalizeKey(kid.Key)], c == words.EndpointKey && kid.Form == object:
		// as in request_ids: [a, b], and in model: {name: kling_v3}
		for _, v := range kid.Values {
			v.Key = kid.Key
			p.addValue(r, v)
		}
		if kid.Values = nil; len(kid.Inner) == 0 {
			return
		}
	case words.IDKind(kid.Key).IsID():
		kid.Values = append(kid.Values, p.wordValue(kid.Key, kid.Line))
	case isList && r.Form == list:
		kid.Form = row
	}
	p.finish(kid)
	r.Inner = append(r.Inner, kid)
}

// isFlatList reports whether a record is a list of values.
func (r *record) isFlatList() bool { return (r.Form == list || r.Form == row) && len(r.Inner) == 0 }

// webPath returns the path of a web access, as in POST /fal-ai/flux/dev, without the slashes at its ends.
func (r *record) webPath() string {
	if len(r.Values) < 2 || !words.IsWebAccess(r.Line.Content) {
		return ""
	}
	return strings.Trim(r.Values[1].Text, "/")
}

// nameAndValue returns the value with its name as the key, if the record is a name and a value.
func (r *record) nameAndValue() (v value, ok bool) {
	if len(r.Values) > maxPairValues {
		return value{}, false
	}
	named := map[string]value{}
	for _, v := range r.Values {
		named[v.Key] = v
	}
	v, ok = named["value"]
	v.Key = cmp.Or(named["name"].Text, named["key"].Text)
	return v, ok && v.Key != ""
}

// finish sets the fields of a record that follow from its values and inner records.
func (p *parser) finish(r *record) {
	if r.Form == list { // each value stands for itself
		for _, v := range r.Values {
			one := &record{Form: sentence, Line: v.Line, Values: []value{v}}
			p.finish(one)
			r.Inner = append(r.Inner, one)
		}
		r.Values = nil
	}
	r.OwnClass = words.NoKey
	for i := range r.Values {
		r.noteValue(&r.Values[i], p.source.Endpoint)
	}
	r.BestClass = r.OwnClass
	for _, kid := range r.Inner {
		r.HasID = r.HasID || kid.HasID
		if r.BestClass = min(r.BestClass, kid.BestClass); kid.HasID {
			continue
		}
		r.ModelName = cmp.Or(r.ModelName, kid.ModelName)
		if r.Form != list {
			r.CallEndpoint, r.Submits = words.Either(r.CallEndpoint, kid.CallEndpoint), r.Submits || kid.Submits
		}
	}
}

// noteValue sets the fields that follow from a value.
func (r *record) noteValue(v *value, endpoint string) {
	if v.Kind.IsID() && v.Class <= words.IDKey || v.Class <= words.RequestKey && (v.mayBeID() || words.IsNoValue(v.Text)) {
		r.OwnClass = min(r.OwnClass, v.Class)
	}
	r.HasID = r.HasID || r.OwnClass <= words.RequestKey || v.Kind.IsID() && (v.Class <= words.IDKey || v.Class == words.NoKey) || v.Kind == words.Pair
	r.CallEndpoint, r.Submits = words.Either(r.CallEndpoint, v.Link.CallEndpoint()), r.Submits || v.Link.Submits()
	if name, rank := v.keyedEndpoint(); rank < modelRank {
		r.ModelName = name
	} else if v.Kind.NamesModel() && v.Text != endpoint {
		r.ModelName = v.Text
	}
}

// mayBeID reports whether a value can be an id in a place where one is expected.
func (v *value) mayBeID() bool { return words.HasDigit(v.Text) && words.CanBeID(v.Text) }

// mayBeUnknownID reports whether a value may be an id of unknown form, such as a long number.
func (v *value) mayBeUnknownID() bool {
	return (v.Kind == words.Ambiguous || v.Kind == words.Number) && len(v.Text) >= words.MinID && v.mayBeID()
}
