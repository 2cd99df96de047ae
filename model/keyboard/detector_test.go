package keyboard

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

func keysOf(text string) []tea.Msg {
	var keys []tea.Msg
	for _, r := range text {
		switch r {
		case '\r':
			keys = append(keys, tea.KeyPressMsg{Code: tea.KeyEnter})
		default:
			keys = append(keys, tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return keys
}

func TestDetectorTellsPastesFromKeys(t *testing.T) {
	escapeKey, wheel := tea.KeyPressMsg{Code: tea.KeyEscape}, tea.MouseWheelMsg{}
	for name, c := range map[string]struct {
		pause time.Duration
		sent  []tea.Msg
		want  []tea.Msg
	}{
		"an id":               {0, keysOf(seaCloudID), []tea.Msg{tea.PasteMsg{Content: seaCloudID}}},
		"an id in lines":      {time.Millisecond, keysOf(falID + "\r" + falID + "\r"), []tea.Msg{tea.PasteMsg{Content: falID + "\n" + falID + "\n"}}},
		"a key":               {0, keysOf("q"), keysOf("q")},
		"typing":              {60 * time.Millisecond, keysOf("quick brown fox"), keysOf("quick brown fox")},
		"a held-down key":     {0, keysOf(strings.Repeat("j", 20)), keysOf(strings.Repeat("j", 20))},
		"a key and escape":    {0, append(keysOf("q"), escapeKey), append(keysOf("q"), escapeKey)},
		"a paste and a wheel": {0, append(keysOf(xid), wheel), []tea.Msg{tea.PasteMsg{Content: xid}, wheel}},
		"another message":     {0, []tea.Msg{"other"}, []tea.Msg{"other"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := make(chan tea.Msg, 100)
				g := NewPasteDetector(func(msg tea.Msg) { sent <- msg })
				var got []tea.Msg
				take := func(msg tea.Msg) {
					switch msg := g.Filter(msg).(type) {
					case nil:
					case Keys:
						got = append(got, msg...)
					default:
						got = append(got, msg)
					}
				}
				pass := func(d time.Duration) {
					for end := time.After(d); ; {
						select {
						case msg := <-sent:
							take(msg)
							continue
						case <-end:
						}
						return
					}
				}
				for _, msg := range c.sent {
					take(msg)
					pass(c.pause)
				}
				pass(time.Second)
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("got %s\nwant %s", fmt.Sprint(got), fmt.Sprint(c.want))
				}
			})
		})
	}
}
