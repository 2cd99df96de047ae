package keyboard

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/poller/guard"
)

// Gatherer finds pastes among the messages of Bubble Tea, for consoles that hand over
// keys and no bytes. It decides as the filter of a Reader does.
//
// It is used from one goroutine.
type Gatherer struct {
	timer *time.Timer // sends a decideMsg
	keys  []tea.Msg   // held back: typed or pasted
	text  strings.Builder
	fast  fastText
	until time.Time // when what is held back is decided
}

// Keys are messages that were held back, in their order.
type Keys []tea.Msg

// decideMsg has a Gatherer decide what it holds back, if it is time.
type decideMsg struct{}

// NewGatherer returns a Gatherer that gives itself messages by send.
func NewGatherer(send func(tea.Msg)) *Gatherer {
	g := &Gatherer{timer: time.AfterFunc(time.Hour, guard.Func(func() { send(decideMsg{}) }))}
	g.timer.Stop()
	return g
}

// Filter takes a message and returns what the program is to be given: the message,
// Keys, a paste, or nil while a key is held back.
func (g *Gatherer) Filter(msg tea.Msg) tea.Msg {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		text := textOf(msg)
		if text == "" {
			return g.release(msg)
		}
		g.text.WriteString(text)
		g.fast.add(text)
		g.keys, g.until = append(g.keys, msg), time.Now().Add(g.fast.wait())
		g.timer.Reset(g.fast.wait())
		return nil
	case tea.MouseMsg, tea.PasteMsg:
		return g.release(msg)
	case decideMsg:
		if time.Now().Before(g.until) {
			return nil // another one comes
		}
		return g.release()
	}
	return msg
}

// textOf returns the text of a key in a paste, "" for a key that is no text.
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

// release returns what is held back, and then more.
func (g *Gatherer) release(more ...tea.Msg) tea.Msg {
	msgs := Keys(g.keys)
	if g.fast.pasted() {
		msgs = Keys{tea.PasteMsg{Content: g.text.String()}}
	}
	msgs = append(msgs, more...)
	g.keys, g.fast = nil, fastText{}
	g.text.Reset()
	switch len(msgs) {
	case 0:
		return nil
	case 1:
		return msgs[0]
	}
	return msgs
}
