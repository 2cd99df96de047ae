package record

import (
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/word"
	"polltop/poller/queue"
)

// mostKept bounds how many classes of keys a reading remembers.
const mostKept = 10_000

// Reading is what is known while a text is read.
type Reading struct {
	// Assigned is the value of the last ENDPOINT=x.
	Assigned string

	endpoint string
	stripper lines.Stripper
	classes  map[string]word.Class
	texts    int // how deep texts in strings are read
}

// NewReading returns the state at the start of a text. The default endpoint is the name of
// a model.
func NewReading(bases []*queue.Base, endpoint string) *Reading {
	return &Reading{endpoint: endpoint, stripper: lines.Stripper{Bases: bases}, classes: map[string]word.Class{}}
}

// Strip returns a line without what terminals and tools add to it.
func (p *Reading) Strip(number int, text string) lines.Line { return p.stripper.Strip(number, text) }

// Shape returns what a word is.
func (p *Reading) Shape(w string) word.Kind { return word.Shape(w, p.endpoint) }

// Address reads a word as an address; nil if it is none.
func (p *Reading) Address(w string) *word.Place { return word.ReadPlace(w, p.stripper.Bases) }

// ClassOf returns the class of a key.
func (p *Reading) ClassOf(key string) word.Class {
	c, ok := p.classes[key]
	if !ok {
		c = word.ClassOf(key)
		if len(p.classes) < mostKept {
			p.classes[strings.Clone(key)] = c
		}
	}
	return c
}
