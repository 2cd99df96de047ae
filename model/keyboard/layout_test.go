package keyboard

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestLettersOfOtherLayoutsAreTheKeysInTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"й": "q", "Й": "Q", "ф": "a", "ч": "x", "і": "s", "ў": "o", "σ": "s", "Σ": "S", "ς": "w", "κ": "k",
		"ש": "a", "נ": "b", "ض": "q", "ة": "m",
		"q": "q", "?": "?", "é": "é", "日本": "日本", "йй": "йй",
	} {
		key := tea.KeyPressMsg{Code: []rune(text)[0], Text: text}
		if got := LatinKey(key).String(); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for _, c := range []struct {
		key  tea.KeyPressMsg
		want string
	}{
		{tea.KeyPressMsg{Code: 'с', Mod: tea.ModCtrl}, "ctrl+c"},
		{tea.KeyPressMsg{Code: 'с', BaseCode: 'c', Mod: tea.ModCtrl}, "ctrl+c"},
		{tea.KeyPressMsg{Code: tea.KeyUp}, "up"},
	} {
		if got := LatinKey(c.key).String(); got != c.want {
			t.Errorf("%+v is %q, want %q", c.key, got, c.want)
		}
	}
}

func TestLayoutsHaveAKeyForEachLetter(t *testing.T) {
	for _, l := range layouts {
		if len([]rune(l.letters)) != len(l.keys) {
			t.Errorf("%s: %d letters on %d keys", l.letters, len([]rune(l.letters)), len(l.keys))
		}
	}
}
