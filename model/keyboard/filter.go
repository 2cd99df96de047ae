package keyboard

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// filter turns the bytes of a terminal into bytes that Bubble Tea's decoder reads right.
// It loses none and keeps their order, except that reports among the text of a paste
// without brackets come after it. The caller takes what is in out.
//
// Bubble Tea's decoder takes the text of a paste apart as if it were typed: it drops escape
// sequences and invalid bytes, waits on U+FFFD, and misses the end of the paste after an
// unfinished control string. So it is given a number between the brackets, which Restore
// replaces with the text.
type filter struct {
	out    []byte
	texts  sync.Map // of pastes, by their numbers
	pastes int      // the number of the last

	bracketed bool // a paste in the terminal's own brackets is under way
	// text is that of a paste, or may be typed or pasted. fast counts it, and
	// pasted says that it is a paste without brackets.
	text   []byte
	fast   fastText
	pasted bool
	// deferred are reports that came among such text. They are passed on after it: between its
	// pieces they would make two pastes of it.
	deferred []byte
	rest     []byte // a piece that is not whole yet; in a paste also ctrl+c at the end
	// last is when the last byte came, and lastText the last text outside of brackets.
	// Text that comes until pasteUntil goes with a paste without brackets before it.
	last, lastText, pasteUntil time.Time
}

// Restore returns a message of Bubble Tea, a paste with its text as the terminal sent it.
func (f *filter) Restore(msg tea.Msg) tea.Msg {
	if paste, ok := msg.(tea.PasteMsg); ok {
		if text, known := f.texts.LoadAndDelete(paste.Content); known {
			return tea.PasteMsg{Content: text.(string)}
		}
	}
	return msg
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

func (f *filter) take(in []byte, now time.Time) {
	// A lone ESC is a key, not alt, if in does not continue its sequence. P alone is another key.
	if !f.bracketed && onlyEscapes(f.rest) && now.Sub(f.last) > altGap &&
		in[0] != '[' && in[0] != 'O' && (len(in) == 1 || strings.IndexByte(stringStarts, in[0]) < 0) {
		f.passRest()
	}
	f.last = now
	f.rest = slices.Concat(f.rest, in)
	for n := -1; len(f.rest) > 0 && n != 0; {
		n = f.next(f.rest)
		f.rest = f.rest[n:]
	}
}

// next takes the first piece of b and returns its length, 0 where more has to come.
func (f *filter) next(b []byte) int {
	if f.bracketed {
		return f.takePasted(b)
	}
	n, k := scan(b)
	switch k {
	case partial:
		return 0
	case text:
		f.takeText(b[:n])
		return n
	case report:
		if len(f.text) > 0 && len(f.deferred)+n <= maxDeferred {
			f.deferred = append(f.deferred, b[:n]...)
			return n
		}
	case end:
		// The start of this paste was lost, or its end is late: what came is the end of the text.
		f.pasted = true
		f.passOn()
		f.pasteUntil = time.Time{}
		return n
	}
	f.passOn()
	switch k {
	case loneEscape:
		f.out = append(f.out, escapeKey...)
	case brokenString:
		f.out = append(append(f.out, b[:n]...), stringEnd...)
	case start:
		f.bracketed = true
	default:
		f.out = append(f.out, b[:n]...)
	}
	return n
}

// takePasted takes the next piece of a bracketed paste, or waits for more where it may become the
// end, or is a part of a character, or ctrl+c at the end of what came.
func (f *filter) takePasted(b []byte) int {
	n, k := scan(b)
	switch {
	case k == end:
		f.passPaste()
		return n
	case k == partial && len(b) <= maxParameters, k == interrupt && allInterrupts(b):
		return 0
	case b[0] == escape: // of the text, as is what follows it
		n = 1
	}
	f.text = append(f.text, b[:n]...)
	return n
}

func onlyEscapes(b []byte) bool {
	return len(b) > 0 && len(bytes.Trim(b, string(escape))) == 0
}

// takeText takes text outside of brackets.
func (f *filter) takeText(b []byte) {
	f.text, f.lastText = append(f.text, b...), f.last
	f.fast.add(string(b))
	if f.pasted = f.pasted || f.fast.pasted() || f.last.Before(f.pasteUntil); f.pasted {
		f.pasteUntil = f.last.Add(sequenceGap)
	}
}

// passOn passes on the text outside of brackets, as a paste or as keys, then what waited for that.
func (f *filter) passOn() {
	if f.pasted && len(f.text) > 0 {
		f.passPaste()
	}
	f.out = slices.Concat(f.out, f.text, f.deferred)
	f.text, f.fast, f.pasted, f.deferred = nil, fastText{}, false, f.deferred[:0]
}

func (f *filter) passPaste() {
	f.pastes++
	number := fmt.Sprint(f.pastes)
	f.texts.Store(number, string(f.text))
	f.out = append(f.out, pasteStart+number+pasteEnd...)
	f.text, f.bracketed = nil, false
}

// deadline returns when what is held back is to be decided, as if nothing more came, and what
// does so. It returns nil where nothing is held back.
func (f *filter) deadline() (at time.Time, expire func()) {
	switch {
	case f.bracketed && allInterrupts(f.rest):
		return f.last.Add(interruptWait), f.expirePaste
	case f.bracketed:
		return f.last.Add(pasteTimeout), f.expirePaste
	case len(f.rest) > 0 && (f.pasted || len(f.text) == 0):
		return f.last.Add(sequenceGap), f.passRest
	case f.pasted:
		return f.pasteUntil, f.passOn
	case len(f.text) > 0:
		return f.lastText.Add(f.fast.wait()), f.passOn
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

// expirePaste ends a paste that has no end. Ctrl+c at its end is a key then.
func (f *filter) expirePaste() {
	key := f.rest
	if !allInterrupts(key) {
		f.text, key = append(f.text, key...), nil
	}
	f.passPaste()
	f.out, f.rest = append(f.out, key...), nil
}

// allInterrupts reports whether b is ctrl+c, once or some times more.
func allInterrupts(b []byte) bool {
	if len(b) == 0 || len(b) > maxParameters {
		return false
	}
	for len(b) > 0 {
		n, k := scan(b)
		if k != interrupt {
			return false
		}
		b = b[n:]
	}
	return true
}
