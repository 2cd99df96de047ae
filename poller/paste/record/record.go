package record

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/paste/word"
)

// Value is a word or a text of a record, and the key under which it stands.
type Value struct {
	Key, Text string
	Line      int
	Assigned  bool       // it stands behind an equals sign, as a variable's value does
	Class     word.Class // of the key
	Kind      word.Kind  // of the text
	Place     *word.Place
}

// Form is what a record is made of.
type Form byte

const (
	Object   Form = iota // keys and values
	List                 // values, each for itself
	Row                  // values that belong together: the cells of a table's row, a tuple
	Sentence             // a line of text, with the words and the groups in it
)

// Record is values that belong together, with the records inside it.
type Record struct {
	Form   Form
	Key    string     // under which it stands, "" for none
	Class  word.Class // of the key
	Line   int
	Values []Value
	Inner  []*Record
	// Own is the highest class of a key with an id in the record, Best that in it and in
	// those inside.
	Own, Best word.Class
	// Created is the endpoint of an address in the record, or in an object inside it that
	// has no id, to which a request is sent; "" for none.
	Created string
	// Named is the name of a model in the record, or in one inside it that has no id; "" for
	// none, or the default endpoint.
	Named string
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

// empty reports whether nothing stands in the record yet.
func (r *Record) empty() bool { return len(r.Values)+len(r.Inner) == 0 }

// listKeys are the keys of a list whose values stand for themselves.
var listKeys = word.Set("ids data items results")

// put adds a value to a record. A string that holds a value or a text is read in its place.
func (p *Reading) put(r *Record, v Value) {
	v.Class = p.ClassOf(v.Key)
	switch w := word.Trim(strings.TrimSpace(v.Text)); {
	case word.HasGap(w):
		if v.Key != "value" && p.putText(r, v) {
			return
		}
	case word.IDShape(v.Key).IsID():
		r.Inner = append(r.Inner, &Record{Form: Sentence, Line: v.Line, Values: []Value{p.Classified("", v.Key, v.Line), p.Classified("", w, v.Line)}})
		return
	default:
		assigned := v.Assigned
		v = p.Classified(v.Key, w, v.Line)
		v.Assigned = assigned
		if last := len(r.Values) - 1; v.Class == word.NoKey && v.Kind.IsID() && last >= 0 {
			v.Key, v.Class = p.keyBefore(r.Values[last], v.Kind)
		}
	}
	if strings.HasSuffix(v.Key, "ENDPOINT") && v.IsEndpoint() {
		p.Assigned = strings.Clone(v.Text)
	}
	r.Values = append(r.Values, v)
}

// Classified returns a value that is one word, with what it and its key are.
func (p *Reading) Classified(key, w string, number int) Value {
	v := Value{Key: key, Text: w, Line: number, Class: p.ClassOf(key), Kind: word.Address}
	if v.Place = p.Address(w); v.Place == nil {
		v.Kind = p.Shape(w)
	}
	return v
}

var authWords = word.Set("key bearer basic token")

// keyBefore returns the key of an id that stands without one behind another value: that of
// an id before it, as in request_id: a, b, or a word for something else, as in user 764c….
func (p *Reading) keyBefore(before Value, k word.Kind) (string, word.Class) {
	switch {
	case before.Kind.IsID() && before.Class <= word.IDKey, before.Class == word.OtherKey && authWords[strings.ToLower(before.Text)]:
		return before.Key, before.Class
	case k != word.MMSU && before.Key == "" && before.Kind == word.Other && p.ClassOf(before.Text) == word.OtherKey:
		return before.Text, word.OtherKey
	}
	return "", word.NoKey
}

func isGap(r rune) bool { return strings.ContainsRune(" \t\n,", r) }

// putText adds a value of several words: ids as one value each, and what is a text of its
// own as the records in it. It reports false where it is only a value that is no id.
func (p *Reading) putText(r *Record, v Value) bool {
	plain := !v.Class.IsKnown()
	if !word.HasDigit(v.Text) {
		return plain
	}
	var ids []Value
	for w := range strings.FieldsFuncSeq(v.Text, isGap) {
		if w = word.Trim(w); !word.IDShape(w).IsID() {
			ids = nil
			break
		}
		ids = append(ids, p.Classified(v.Key, w, v.Line))
	}
	if r.Values = append(r.Values, ids...); len(ids) > 0 {
		return true
	}
	if !plain && v.Text[0] != '{' && v.Text[0] != '[' && !strings.Contains(v.Text, word.Prefix) || p.texts >= maxTexts || len(v.Text) > maxString {
		return plain
	}
	p.texts++
	f := &Finder{p: p, emit: func(found *Record) {
		found.Key = v.Key
		p.enclose(r, found)
	}}
	for t := range strings.SplitSeq(v.Text, "\n") {
		f.Lines = append(f.Lines, p.stripper.Strip(v.Line, t))
	}
	f.run()
	p.texts--
	return true
}

// enclose puts a record inside another one. One of a name and a value is a key and its
// value there, and the values of a list stand under its key.
func (p *Reading) enclose(r, kid *Record) {
	named := func(keys ...string) int {
		return slices.IndexFunc(kid.Values, func(v Value) bool { return slices.Contains(keys, strings.ToLower(v.Key)) })
	}
	if key, v := named("name", "key"), named("value"); key >= 0 && v >= 0 && len(kid.Values) <= mostOfPair && r.Form != Sentence {
		r.Form = Object
		p.put(r, Value{Key: kid.Values[key].Text, Text: kid.Values[v].Text, Line: kid.Values[v].Line})
		return
	}
	kid.Class = p.ClassOf(kid.Key)
	if kid.Class.IsKnown() && kid.Form == List && len(kid.Inner) == 0 && !listKeys[word.Fold(kid.Key)] {
		kid.Form = Object
		for i := range kid.Values {
			kid.Values[i].Key, kid.Values[i].Class = kid.Key, kid.Class
		}
	}
	p.Close(kid)
	r.Inner = append(r.Inner, kid)
}

// Close finds out what is known of a record that is whole.
func (p *Reading) Close(r *Record) {
	r.Own = word.NoKey
	for i := range r.Values {
		p.note(r, &r.Values[i])
	}
	r.Best = r.Own
	for _, kid := range r.Inner {
		r.Best = min(r.Best, kid.Best)
		if kid.Best != word.NoKey {
			continue
		}
		r.Named = cmp.Or(r.Named, kid.Named)
		if kid.Created != "" && kid.Form == Object && r.Form == Object {
			r.Created = kid.Created
		}
	}
}

// note notes what a value tells of the record.
func (p *Reading) note(r *Record, v *Value) {
	if v.Kind.IsID() && v.Class <= word.IDKey || v.Class <= word.RequestKey && (v.MayBeID() || word.IsNothing(v.Text)) {
		r.Own = min(r.Own, v.Class)
	}
	if a := v.Place; a != nil && a.ID == "" && a.Endpoint != "" {
		r.Created = a.Endpoint
	}
	if v.Kind == word.Model && v.Text != p.endpoint {
		r.Named = v.Text
	}
}

// IsEndpoint reports whether a value is an endpoint by its key.
func (v *Value) IsEndpoint() bool { return v.Class == word.EndpointKey && word.FitsEndpoint(v.Text) }

// MayBeID reports whether a value can be an id where only one can stand.
func (v *Value) MayBeID() bool { return word.HasDigit(v.Text) && word.FitsID(v.Text) }

// IsLoose reports whether a value may be an id of no known form, such as a long number.
func (v *Value) IsLoose() bool {
	return v.Kind == word.Loose || len(v.Text) >= word.MinID && word.IsNumeral(v.Text)
}
