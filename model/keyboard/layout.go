package keyboard

import (
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// layouts are the letters of keyboard layouts, each beside the letters of a US keyboard
// on the same keys. Letters that share a key with punctuation there are left out: no
// command needs them. Where two layouts have a letter on different keys, the first counts.
var layouts = []struct{ letters, keys string }{
	{"йцукенгшщзфывапролдячсмить", "qwertyuiopasdfghjklzxcvbnm"}, // Russian
	{"іў", "so"}, // Ukrainian, Belarusian
	{"ερτυθιοπασςδφγηξκλζχψωβνμ", "ertyuiopaswdfghjklzxcvbnm"}, // Greek
	{"קראטוןםפשדגכעיחלךזסבהנמצ", "ertyuiopasdfghjklzxcvbnm"},   // Hebrew
	{"ضصثقفغعهخحشسيبلاتنمئءؤرىة", "qwertyuiopasdfghjklzxcvnm"}, // Arabic
}

// latin are the letters of layouts with the letters of a US keyboard in their place.
var latin = func() map[rune]rune {
	letters := map[rune]rune{}
	add := func(from, to rune) {
		if _, taken := letters[from]; !taken {
			letters[from] = to
		}
	}
	for _, l := range layouts {
		keys := []rune(l.keys)
		for i, letter := range []rune(l.letters) {
			add(letter, keys[i])
			if upper := unicode.ToUpper(letter); upper != letter {
				add(upper, unicode.ToUpper(keys[i]))
			}
		}
	}
	return letters
}()

// Latin returns a key as the same key of a US keyboard, where the layout has another
// alphabet. It is for keys that are commands, not for text.
func Latin(key tea.KeyPressMsg) tea.KeyPressMsg {
	letter, n := utf8.DecodeRuneInString(key.Text)
	if key.Text == "" {
		letter = key.Code
	}
	command, ok := latin[letter]
	if !ok || n != len(key.Text) {
		return key
	}
	if key.Text != "" {
		key.Text = string(command)
	}
	key.Code, key.BaseCode = unicode.ToLower(command), 0
	return key
}
