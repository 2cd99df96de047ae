package keyboard

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// state says what the filter is in the middle of.
type state uint8

const (
	typing    state = iota // keys, mouse events, answers
	burst                  // text that came too fast to be typed, in brackets of ours
	bracketed              // a paste in the terminal's own brackets
)

// filter turns the bytes of a terminal into bytes that Bubble Tea's decoder reads right.
// It loses none and keeps their order, except that reports among the text of a paste
// without brackets come after it. The caller takes what is in out.
type filter struct {
	out   []byte
	state state
	// typed is text that may be typed or pasted, and fast counts it, styles apart.
	typed []byte
	fast  fastText
	// deferred are reports that came among such text or a paste without brackets. They
	// are passed on after it: between its pieces they would make two pastes of it.
	deferred []byte
	// rest is a piece that is not whole yet; in a paste also ctrl+c at the end.
	rest []byte
	// last is when the last byte came, and lastText the last text outside of brackets.
	// Text that comes until pasteUntil goes with a paste without brackets before it.
	last, lastText, pasteUntil time.Time
}

// read fills p with what comes, and waits for the rest of what has come in part. next returns the
// next bytes of the terminal, at most readSize, or nil if none came by a time that is not zero.
func (f *filter) read(p []byte, next func(until time.Time) ([]byte, error)) (int, error) {
	for came := false; ; came = true {
		until, expire := f.deadline()
		if len(f.out) > 0 && (expire == nil || len(p)-len(f.out) < maxGrowth*readSize) || came && expire == nil {
			break
		}
		b, err := next(until)
		if err != nil && len(f.out) == 0 {
			return 0, err
		} else if err != nil {
			break // the next Read meets the error again
		}
		if len(b) > 0 {
			f.take(b, time.Now())
		} else if expire != nil {
			expire()
		}
	}
	n := copy(p, f.out)
	f.out = append(f.out[:0], f.out[n:]...)
	return n, nil
}

// take takes bytes that the terminal sent.
func (f *filter) take(in []byte, now time.Time) {
	f.separateEscape(in, now)
	f.last = now
	f.rest = slices.Concat(f.rest, in)
	for n := -1; len(f.rest) > 0 && n != 0; {
		n = f.next(f.rest)
		f.rest = f.rest[n:]
	}
}

// next takes the first piece of b and returns its length, 0 where more has to come.
func (f *filter) next(b []byte) int {
	if f.state == bracketed {
		return f.takePasted(b)
	}
	n, k := scan(b)
	switch k {
	case partial:
		return 0
	case character, style:
		f.takeText(b[:n], k)
		return n
	case report:
		if (f.state == burst || len(f.typed) > 0) && len(f.deferred)+n <= maxDeferred {
			f.deferred = append(f.deferred, b[:n]...)
			return n
		}
	case end:
		// The start of this paste was lost, or its end came too late. What came with the
		// end is the end of the text.
		if len(f.typed) > 0 {
			f.openBurst()
		}
		f.passOn()
		f.pasteUntil = time.Time{}
		return n
	}
	f.passOn()
	if k == loneEscape {
		f.out = append(f.out, escapeKey...)
		return n
	}
	f.out = append(f.out, b[:n]...)
	switch k {
	case brokenString:
		f.out = append(f.out, stringEnd...)
	case start:
		f.state = bracketed
	}
	return n
}

// separateEscape passes on a lone ESC as a key if in does not continue its sequence, so
// that it is not taken for alt and the next key.
func (f *filter) separateEscape(in []byte, now time.Time) {
	if f.state == bracketed || !onlyEscapes(f.rest) || now.Sub(f.last) <= altGap {
		return
	}
	if in[0] != '[' && in[0] != 'O' && (len(in) == 1 || strings.IndexByte(stringStarts, in[0]) < 0) { // P alone is a key
		f.passRest()
	}
}

func onlyEscapes(b []byte) bool {
	return len(b) > 0 && len(bytes.Trim(b, string(escape))) == 0
}

func (f *filter) takeText(b []byte, k kind) {
	f.lastText = f.last
	if f.state != burst && f.last.Before(f.pasteUntil) {
		f.openBurst()
	}
	if f.state == burst {
		f.out = appendText(f.out, b)
		f.pasteUntil = f.last.Add(sequenceGap)
		return
	}
	f.typed = append(f.typed, b...)
	if k == style {
		return
	}
	r, _ := utf8.DecodeRune(b)
	if f.fast.add(r); f.fast.pasted() {
		f.openBurst()
	}
}

// openBurst starts a paste with the text that may have been typed.
func (f *filter) openBurst() {
	f.out = appendText(append(f.out, pasteStart...), f.typed)
	f.typed, f.fast = nil, fastText{}
	f.state, f.pasteUntil = burst, f.last.Add(sequenceGap)
}

// passOn passes on as keys the text that may have been pasted, ends the paste without
// brackets if one is under way, and then passes on what waited for that.
func (f *filter) passOn() {
	f.out = append(f.out, f.typed...)
	f.typed, f.fast = nil, fastText{}
	if f.state == burst {
		f.out = append(f.out, pasteEnd...)
		f.state = typing
	}
	f.out = append(f.out, f.deferred...)
	f.deferred = f.deferred[:0]
}

// deadline returns when what is held back is to be decided, as if nothing more came, and what
// does so. It returns nil where nothing is held back.
func (f *filter) deadline() (at time.Time, expire func()) {
	switch {
	case f.state == bracketed && allInterrupts(f.rest):
		return f.last.Add(interruptWait), f.expirePaste
	case f.state == bracketed:
		return f.last.Add(pasteTimeout), f.expirePaste
	case len(f.typed) > 0:
		return f.lastText.Add(f.fast.wait()), f.passOn
	case len(f.rest) > 0:
		return f.last.Add(sequenceGap), f.passRest
	case f.state == burst:
		return f.pasteUntil, f.passOn
	}
	return time.Time{}, nil
}

// passRest passes on a piece that nothing completes. An unfinished control string is
// ended, as the decoder would take what comes next for more of it.
func (f *filter) passRest() {
	f.passOn()
	if b := f.rest; onlyEscapes(b) {
		f.out = append(f.out, strings.Repeat(escapeKey, len(b))...)
	} else {
		f.out = append(f.out, b...)
		if len(b) > 2 && b[0] == escape && strings.IndexByte(stringStarts, b[1]) >= 0 {
			f.out = append(f.out, stringEnd...)
		}
	}
	f.rest = nil
}
