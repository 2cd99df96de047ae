package words

import "strings"

// maxRemembered bounds how many words and keys a Classifier remembers.
const maxRemembered = 10_000

// Classifier returns the kinds of words and the classes of keys. It remembers them, because the same ones
// occur in most lines of a text.
type Classifier struct {
	endpoint string          // the default endpoint, which counts as the name of a model; "" for none
	kinds    map[string]Kind // of words
	keyKinds map[string]Kind // of keys as words
	classes  map[string]Class
}

// NewClassifier returns a classifier that remembers nothing yet.
func NewClassifier(endpoint string) *Classifier {
	return &Classifier{endpoint: endpoint, kinds: map[string]Kind{}, keyKinds: map[string]Kind{}, classes: map[string]Class{}}
}

// remember returns compute() for a text, from known if it is there.
func remember[V any](known map[string]V, text string, compute func() V) V {
	v, ok := known[text]
	if !ok {
		if v = compute(); len(known) < maxRemembered {
			known[strings.Clone(text)] = v
		}
	}
	return v
}

// KindOf returns the kind of a word.
func (c *Classifier) KindOf(word string) Kind {
	if k := IDKind(word); k != Other || len(word) > MaxID {
		return k
	}
	return remember(c.kinds, word, func() Kind { return KindOf(word, c.endpoint) })
}

// KeyKindOf returns the kind of a key as a word, as KeyKind does.
func (c *Classifier) KeyKindOf(key string) Kind {
	return remember(c.keyKinds, key, func() Kind { return KeyKind(key, c.endpoint) })
}

// ClassOf returns the class of a key, NoKey for "".
func (c *Classifier) ClassOf(key string) Class {
	if key == "" {
		return NoKey
	}
	return remember(c.classes, key, func() Class { return ClassOf(key) })
}

// maxComment bounds the part of a comment that may name a model, in bytes.
const maxComment = 100

// ModelIn returns the last name of a model in a comment; "" if there is none, or if an id is there.
func (c *Classifier) ModelIn(comment string) (model string) {
	for word := range strings.FieldsSeq(comment[:min(len(comment), maxComment)]) {
		if k := c.KindOf(Trim(word)); k.IsID() {
			return ""
		} else if k.NamesModel() {
			model = Trim(word)
		}
	}
	return model
}
