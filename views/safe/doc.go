// Package safe is the one place where text that came from outside (answers,
// files, pastes) becomes harmless to draw on a terminal.
//
// Safe text is valid UTF-8 made of printable characters and plain spaces only.
// It holds no control character, no escape sequence, nothing that turns the
// direction of writing and nothing invisible.
//
// Terminals disagree on how wide some characters are: older ones add up the
// widths of code points (wcwidth), newer ones measure grapheme clusters. A
// layout can be right on both only for text on which both agree, so safe text
// is such text, with one exception. To get there, these are changed (see rune.go):
//
//   - joiners, variation selectors and skin tones are dropped, so that an emoji
//     of several parts shows as its parts;
//   - flags become their two letters;
//   - a base character keeps at most two combining marks, and marks without a
//     base are dropped;
//   - decomposed Hangul is composed, Thai and Lao AM is taken apart, half-width
//     voicing marks become full-width ones;
//   - what is still measured differently, and all that is not an assigned
//     character, becomes U+FFFD.
//
// The exception: Indic and related scripts can't be read without their vowel signs,
// which take a cell by one measure and none by the other, nor without the viramas
// that join letters. A letter keeps up to four signs of its own script, and Width
// and the functions that cut and wrap measure as the terminal does, see SetGraphemeClusters.
package safe
