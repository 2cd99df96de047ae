package keyboard

import (
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// layouts are the letters of keyboard layouts, and the letters of a US keyboard on the same keys. Letters
// on keys with punctuation there are left out, because no command needs them. Where two layouts have a
// letter on different keys, the first counts.
var layouts = []struct{ letters, keys string }{
	{"йцукенгшщзфывапролдячсмить", "qwertyuiopasdfghjklzxcvbnm"}, // Russian
	{"іў", "so"}, // Ukrainian, Belarusian
	{"ερτυθιοπασςδφγηξκλζχψωβνμ", "ertyuiopaswdfghjklzxcvbnm"}, // Greek
	{"קראטוןםפשדגכעיחלךזסבהנמצ", "ertyuiopasdfghjklzxcvbnm"},   // Hebrew
	{"ضصثقفغعهخحشسيبلاتنمئءؤرىة", "qwertyuiopasdfghjklzxcvnm"}, // Arabic
}

// latinLetters maps the letters of layouts to those of a US keyboard.
var latinLetters = func() map[rune]rune {
	letters := map[rune]rune{}
	add := func(from, to rune) {
		if _, ok := letters[from]; !ok {
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

// LatinKey returns the key of a US keyboard in the place of a key of a layout with another alphabet. It is
// for keys that are commands, not for text.
func LatinKey(key tea.KeyPressMsg) tea.KeyPressMsg {
	letter, n := utf8.DecodeRuneInString(key.Text)
	if key.Text == "" {
		letter = key.Code
	}
	command, ok := latinLetters[letter]
	if !ok || n != len(key.Text) {
		return key
	}
	if key.Text != "" {
		key.Text = string(command)
	}
	key.Code, key.BaseCode = unicode.ToLower(command), 0
	return key
}
