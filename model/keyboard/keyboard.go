package keyboard

import (
	"slices"
	"time"
)

const (
	// sequenceGap is the longest pause inside an escape sequence or a character. It is
	// also how long a lone ESC waits to be taken for the key, and how long after its
	// last byte a paste without brackets goes on.
	sequenceGap = 250 * time.Millisecond
	// singleKeyWait is how long a printable key waits for the next one: a slow serial line
	// sends a byte each ms, a held-down key one each 33 ms. With 12 ms a machine under load
	// took the first byte of a paste for a key.
	singleKeyWait = 15 * time.Millisecond
	burstWait     = 50 * time.Millisecond // two or more keys that came within singleKeyWait wait for more, before they are taken for typed ones
	altGap        = 30 * time.Millisecond // the longest pause between ESC and a character that together mean alt and that character
	interruptWait = 50 * time.Millisecond // ctrl+c at the end of what came of a paste waits: more text shows that it is a byte of the text
	pasteTimeout  = time.Second           // ends a paste whose end does not come, counted from its last byte

	// burstRunes and burstDistinct are the fewest characters, and the fewest different
	// ones, that make a burst a paste. An id has at least twenty; a key that was held
	// down while the link stood still is one character many times.
	burstRunes    = 8
	burstDistinct = 4

	maxSequence   = 64 << 10 // bounds an escape sequence that is held until it is whole, in bytes
	maxDeferred   = 1024     // bounds what waits for the end of a paste without brackets, in bytes
	maxParameters = 128      // bounds the parameters of a control sequence, in bytes
	readSize      = 256      // bounds one read of the terminal, in bytes
	// maxGrowth is by how much what is read may grow in the filter: a character of a paste and
	// the key behind it become a number between two brackets of six bytes, and the key.
	maxGrowth = 12
)

// What is put into the stream of bytes beside what the terminal sent.
const (
	pasteStart        = "\x1b[200~"
	pasteEnd          = "\x1b[201~"
	escapeKey         = "\x1b[27u" // the key ESC, which needs no time-out to be distinguished from a sequence
	stringEnd         = "\x1b\\"
	stringStarts      = "P]_^X" // what starts a control string behind ESC
	escape       byte = 0x1b
	ctrlC        byte = 0x03
)

// fastText counts the characters that came so fast that they may be a paste.
type fastText struct {
	runes    int
	distinct []rune // the different ones, at most burstDistinct
}

func (t *fastText) add(text string) {
	for _, r := range text {
		t.runes++
		if len(t.distinct) < burstDistinct && !slices.Contains(t.distinct, r) {
			t.distinct = append(t.distinct, r)
		}
	}
}

// pasted reports whether they are a paste.
func (t *fastText) pasted() bool { return t.runes >= burstRunes && len(t.distinct) >= burstDistinct }

// wait returns how long it is waited for more of them.
func (t *fastText) wait() time.Duration {
	switch {
	case t.pasted():
		return sequenceGap
	case t.runes <= 1:
		return singleKeyWait
	}
	return burstWait
}
