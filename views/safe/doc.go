// Package safe makes text from outside (answers, files, pastes) harmless to draw on a terminal. No
// other package does.
//
// Safe text is valid UTF-8 of printable characters and plain spaces, without control characters,
// escape sequences, invisible characters and those that change the direction of writing.
//
// Terminals disagree on the width of some characters: older ones add up the widths of code points
// (wcwidth), newer ones measure grapheme clusters. Safe text has the same width by both, with one
// exception. To get there, these are changed (see rune.go):
//
//   - joiners, variation selectors and skin tones are dropped, so that an emoji
//     of several parts shows as its parts;
//   - flags become their two letters;
//   - a base character keeps at most two combining marks, and marks without a
//     base are dropped;
//   - decomposed Hangul is composed, Thai and Lao AM is decomposed, half-width
//     voicing marks become full-width ones;
//   - what is still measured differently, and unassigned characters, become U+FFFD.
//
// The exception: Indic and related scripts can't be read without their vowel signs,
// which take a cell by one measure and none by the other, nor without the viramas
// that join letters. A letter keeps up to four signs of its own script, and Width
// and the functions that truncate and wrap measure as the terminal does, see SetGraphemeClusters.
package safe
