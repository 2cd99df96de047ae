// Package keyboard stands between the terminal and Bubble Tea. It decides which bytes
// are keys, which are pasted text, and which belong to one escape sequence.
//
// A Reader reads the terminal and corrects what Bubble Tea's own decoder gets wrong: it puts paste
// brackets around text that arrives faster than anybody types, joins escape sequences that arrive in
// pieces, and ends a paste without an end. RestorePaste gives a paste its text as it was sent.
// LatinKey finds the command key of a letter of another layout.
//
// A filter makes the decisions. It reads no clock: its caller passes the time.
package keyboard
