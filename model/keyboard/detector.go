package keyboard

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/poller/guard"
)

// PasteDetector detects pastes among the key messages of Bubble Tea, for consoles that send keys and not
// bytes. It decides as the filter of a Reader does. One goroutine uses it.
type PasteDetector struct {
	timer    *time.Timer // sends a decideMsg
	keys     []tea.Msg   // held back, because they may be pasted
	text     strings.Builder
	burst    burst
	decideAt time.Time // when they are decided, unless more arrive
}

// Keys are key messages that were held back, in their order.
type Keys []tea.Msg

// decideMsg tells a PasteDetector to decide about the keys that it holds back.
type decideMsg struct{}

// NewPasteDetector returns a detector. send must pass its messages to Filter.
func NewPasteDetector(send func(tea.Msg)) *PasteDetector {
	d := &PasteDetector{timer: time.AfterFunc(time.Hour, guard.Func(func() { send(decideMsg{}) }))}
	d.timer.Stop()
	return d
}

// Filter returns the message that replaces msg: msg itself, Keys, a paste, or nil if a key is held back.
func (d *PasteDetector) Filter(msg tea.Msg) tea.Msg {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		text := textOf(msg)
		if text == "" {
			return d.release(msg)
		}
		d.text.WriteString(text)
		d.burst.add(text)
		d.keys, d.decideAt = append(d.keys, msg), time.Now().Add(d.burst.wait())
		d.timer.Reset(d.burst.wait())
		return nil
	case tea.MouseMsg, tea.PasteMsg:
		return d.release(msg)
	case decideMsg:
		if time.Now().Before(d.decideAt) {
			return nil // a key has arrived since: a later decideMsg decides
		}
		return d.release()
	}
	return msg
}

// textOf returns the text that a key stands for in a paste, "" for none.
func textOf(key tea.KeyPressMsg) string {
	switch {
	case key.Text != "":
		return key.Text
	case key.Mod != 0:
	case key.Code == tea.KeyEnter:
		return "\n"
	case key.Code == tea.KeyTab:
		return "\t"
	}
	return ""
}

// release returns the keys that are held back, as a paste if they are one, and then more.
func (d *PasteDetector) release(more ...tea.Msg) tea.Msg {
	msgs := Keys(d.keys)
	if d.burst.pasted() {
		msgs = Keys{tea.PasteMsg{Content: d.text.String()}}
	}
	msgs = append(msgs, more...)
	d.keys, d.burst = nil, burst{}
	d.text.Reset()
	switch len(msgs) {
	case 0:
		return nil
	case 1:
		return msgs[0]
	}
	return msgs
}
