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

// filter turns the bytes of a terminal into bytes that Bubble Tea's decoder reads right. It loses none
// and keeps their order, but moves reports among the text of a paste without brackets behind it.
//
// Bubble Tea's decoder decodes the text of a paste as if it were typed: it drops escape sequences and
// invalid bytes, waits on U+FFFD, and misses the end of the paste after an unfinished control string.
// So the filter puts a number between the brackets, and RestorePaste replaces that with the text.
type filter struct {
	out        []byte   // the result, which read removes
	pasteTexts sync.Map // by number
	pasteCount int      // the number of the last paste

	bracketed bool   // a paste in the terminal's own brackets has begun
	text      []byte // the text of a paste, or text that may be typed or pasted
	burst     burst  // counts text outside of brackets
	pasted    bool   // text is a paste without brackets
	deferred  []byte // reports that arrived among such text: passed on earlier, they would split the paste
	partial   []byte // the start of a sequence or character; in a paste also ctrl+c at its end

	lastByte   time.Time // when a byte arrived last
	lastText   time.Time // when text outside of brackets arrived last
	pasteUntil time.Time // text that arrives before this continues the paste without brackets
}

// RestorePaste returns msg, and for a paste one with its text as the terminal sent it.
func (f *filter) RestorePaste(msg tea.Msg) tea.Msg {
	if paste, ok := msg.(tea.PasteMsg); ok {
		if text, ok := f.pasteTexts.LoadAndDelete(paste.Content); ok {
			return tea.PasteMsg{Content: text.(string)}
		}
	}
	return msg
}

// read fills p with filtered bytes, and waits for the rest of what has arrived in part. next returns the
// next bytes of the terminal, at most readSize, or nil if none arrive until a time that is not zero.
func (f *filter) read(p []byte, next func(until time.Time) ([]byte, error)) (int, error) {
	for received := false; ; received = true {
		until, expire := f.deadline()
		if len(f.out) > 0 && (expire == nil || len(p)-len(f.out) < maxExpansion*readSize) || received && expire == nil {
			break
		}
		b, err := next(until)
		if err != nil && len(f.out) == 0 {
			return 0, err
		} else if err != nil {
			break // the next Read returns the error
		}
		if len(b) > 0 {
			f.consume(b, time.Now())
		} else if expire != nil {
			expire()
		}
	}
	n := copy(p, f.out)
	f.out = append(f.out[:0], f.out[n:]...)
	return n, nil
}

// consume filters bytes that arrived at a time.
func (f *filter) consume(in []byte, now time.Time) {
	// After maxAltGap, a lone ESC is a key and not alt, unless in continues its sequence. A single byte
	// that could begin a control string, such as P, is a key.
	if !f.bracketed && onlyEscapes(f.partial) && now.Sub(f.lastByte) > maxAltGap &&
		in[0] != '[' && in[0] != 'O' && (len(in) == 1 || strings.IndexByte(stringStarts, in[0]) < 0) {
		f.flushPartial()
	}
	f.lastByte = now
	f.partial = slices.Concat(f.partial, in)
	for n := -1; len(f.partial) > 0 && n != 0; {
		n = f.consumeFirst(f.partial)
		f.partial = f.partial[n:]
	}
}

// consumeFirst filters the first piece of b and returns its length, 0 if the piece is not complete.
func (f *filter) consumeFirst(b []byte) int {
	if f.bracketed {
		return f.consumePasted(b)
	}
	n, k := scan(b)
	switch k {
	case kindPartial:
		return 0
	case kindText:
		f.addText(b[:n])
		return n
	case kindReport:
		if len(f.text) > 0 && len(f.deferred)+n <= maxDeferred {
			f.deferred = append(f.deferred, b[:n]...)
			return n
		}
	case kindPasteEnd:
		// The start of this paste was lost, or its end is late: the text until here was pasted.
		f.pasted = true
		f.flush()
		f.pasteUntil = time.Time{}
		return n
	}
	f.flush()
	switch k {
	case kindEscapeKey:
		f.out = append(f.out, escapeKey...)
	case kindBrokenString:
		f.out = append(append(f.out, b[:n]...), stringEnd...)
	case kindPasteStart:
		f.bracketed = true
	default:
		f.out = append(f.out, b[:n]...)
	}
	return n
}

// consumePasted adds the first piece of b to a bracketed paste and returns its length. It returns 0 if
// the piece may become the paste's end, is a part of a character, or is ctrl+c at the end of b.
func (f *filter) consumePasted(b []byte) int {
	n, k := scan(b)
	switch {
	case k == kindPasteEnd:
		f.flushPaste()
		return n
	case k == kindPartial && len(b) <= maxParameters, k == kindInterrupt && allInterrupts(b):
		return 0
	case b[0] == escape: // the sequence is text, in which the paste's end may stand
		n = 1
	}
	f.text = append(f.text, b[:n]...)
	return n
}

func onlyEscapes(b []byte) bool {
	return len(b) > 0 && len(bytes.Trim(b, string(escape))) == 0
}

// addText adds text outside of brackets.
func (f *filter) addText(b []byte) {
	f.text, f.lastText = append(f.text, b...), f.lastByte
	f.burst.add(string(b))
	if f.pasted = f.pasted || f.burst.pasted() || f.lastByte.Before(f.pasteUntil); f.pasted {
		f.pasteUntil = f.lastByte.Add(maxSequenceGap)
	}
}

// flush passes on the text outside of brackets, as a paste or as keys, and then the deferred reports.
func (f *filter) flush() {
	if f.pasted && len(f.text) > 0 {
		f.flushPaste()
	}
	f.out = slices.Concat(f.out, f.text, f.deferred)
	f.text, f.burst, f.pasted, f.deferred = nil, burst{}, false, f.deferred[:0]
}

// flushPaste passes on the text as a paste.
func (f *filter) flushPaste() {
	f.pasteCount++
	number := fmt.Sprint(f.pasteCount)
	f.pasteTexts.Store(number, string(f.text))
	f.out = append(f.out, pasteStart+number+pasteEnd...)
	f.text, f.bracketed = nil, false
}

// deadline returns until when the filter waits for more bytes, and the function to call then. expire is
// nil if nothing is held back.
func (f *filter) deadline() (at time.Time, expire func()) {
	switch {
	case f.bracketed && allInterrupts(f.partial):
		return f.lastByte.Add(interruptWait), f.endPaste
	case f.bracketed:
		return f.lastByte.Add(pasteTimeout), f.endPaste
	case len(f.partial) > 0 && (f.pasted || len(f.text) == 0):
		return f.lastByte.Add(maxSequenceGap), f.flushPartial
	case f.pasted:
		return f.pasteUntil, f.flush
	case len(f.text) > 0:
		return f.lastText.Add(f.burst.wait()), f.flush
	}
	return time.Time{}, nil
}

// flushPartial passes on a piece that nothing completes. It ends an unfinished control string, because
// the decoder would read what follows as a part of it.
func (f *filter) flushPartial() {
	f.flush()
	if b := f.partial; onlyEscapes(b) {
		f.out = append(f.out, strings.Repeat(escapeKey, len(b))...)
	} else {
		f.out = append(f.out, b...)
		if len(b) > 2 && b[0] == escape && strings.IndexByte(stringStarts, b[1]) >= 0 {
			f.out = append(f.out, stringEnd...)
		}
	}
	f.partial = nil
}

// endPaste ends a paste without an end. Ctrl+c behind it is a key.
func (f *filter) endPaste() {
	key := f.partial
	if !allInterrupts(key) {
		f.text, key = append(f.text, key...), nil
	}
	f.flushPaste()
	f.out, f.partial = append(f.out, key...), nil
}

// allInterrupts reports whether b is ctrl+c, once or several times.
func allInterrupts(b []byte) bool {
	if len(b) == 0 || len(b) > maxParameters {
		return false
	}
	for len(b) > 0 {
		n, k := scan(b)
		if k != kindInterrupt {
			return false
		}
		b = b[n:]
	}
	return true
}
