package keyboard

import (
	"slices"
	"time"
)

const (
	// maxSequenceGap is the longest pause inside an escape sequence or a character. After it a lone ESC
	// is the key, and a paste without brackets ends.
	maxSequenceGap = 250 * time.Millisecond
	// singleKeyWait is how long a printable key waits for the next one: a slow serial line sends a byte
	// each ms, a held-down key one each 33 ms. With 12 ms, on a machine under load, the first byte of a
	// paste became a key.
	singleKeyWait = 15 * time.Millisecond
	burstWait     = 50 * time.Millisecond // how long several keys wait for more before they are typed ones
	maxAltGap     = 30 * time.Millisecond // the longest pause between ESC and a character that together mean alt and that character
	interruptWait = 50 * time.Millisecond // how long ctrl+c at the end of a paste waits: if more text follows it is a byte of the text
	pasteTimeout  = time.Second           // how long after its last byte a paste without an end is ended

	// burstRunes and burstDistinct are how many characters, and different ones, make a burst a paste. An
	// id has at least twenty. A key held down while the connection stalled is one character many times.
	burstRunes    = 8
	burstDistinct = 4

	maxSequence   = 64 << 10 // bounds an escape sequence, in bytes
	maxDeferred   = 1024     // bounds the reports that wait for the end of a paste without brackets, in bytes
	maxParameters = 128      // bounds the parameters of a control sequence, in bytes
	readSize      = 256      // bounds one read of the terminal, in bytes
	// maxExpansion bounds the filter's output per byte of input: one character of a paste becomes a
	// number between two brackets of six bytes.
	maxExpansion = 12
)

// Sequences that the filter writes, and bytes that it recognizes.
const (
	pasteStart        = "\x1b[200~"
	pasteEnd          = "\x1b[201~"
	escapeKey         = "\x1b[27u" // the key ESC, which needs no time-out to be distinguished from a sequence
	stringEnd         = "\x1b\\"
	stringStarts      = "P]_^X" // what starts a control string behind ESC
	escape       byte = 0x1b
	ctrlC        byte = 0x03
)

// burst counts the characters that arrived so fast that they may be a paste.
type burst struct {
	runes    int
	distinct []rune // the different characters, at most burstDistinct of them
}

func (t *burst) add(text string) {
	for _, r := range text {
		t.runes++
		if len(t.distinct) < burstDistinct && !slices.Contains(t.distinct, r) {
			t.distinct = append(t.distinct, r)
		}
	}
}

// pasted reports whether the characters are a paste.
func (t *burst) pasted() bool { return t.runes >= burstRunes && len(t.distinct) >= burstDistinct }

// wait returns how long to wait for the next character.
func (t *burst) wait() time.Duration {
	switch {
	case t.pasted():
		return maxSequenceGap
	case t.runes <= 1:
		return singleKeyWait
	}
	return burstWait
}
