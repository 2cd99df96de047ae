package poller

const (
	// textsMost bounds how many texts are held, and textMost how long each is, in
	// bytes.
	textsMost = 512
	textMost  = 256
)

// Texts holds texts that many tasks share, such as names of endpoints and errors, so
// that each is in memory once and not once a task. The zero value holds none. It is
// not safe for use by several goroutines.
type Texts struct{ held map[string]string }

// Same returns a text that equals the given one, and is the same for equal ones as
// long as there is room.
func (t *Texts) Same(text string) string {
	if held, ok := t.held[text]; ok {
		return held
	}
	return t.hold(text)
}

// SameBytes is Same for a text in a buffer, which it copies only where it is not held.
func (t *Texts) SameBytes(text []byte) string {
	if held, ok := t.held[string(text)]; ok {
		return held
	}
	return t.hold(string(text))
}

// hold holds a text. A service that puts numbers into its errors makes no two alike:
// where they fill the room, all is forgotten, and what comes often is soon back.
func (t *Texts) hold(text string) string {
	if text == "" || len(text) > textMost {
		return text
	}
	if t.held == nil || len(t.held) == textsMost {
		t.held = map[string]string{}
	}
	t.held[text] = text
	return text
}
