// Package keyboard stands between the terminal and Bubble Tea. It decides which bytes
// are keys, which are pasted text, and which belong to one escape sequence.
//
// A Reader reads the terminal and mends what Bubble Tea's own decoder gets wrong: text
// that no hand types so fast is put in paste brackets, an escape sequence that comes in
// pieces is put together, and a paste without an end is ended. Restore gives a
// paste its text as it was sent. Latin finds the command key of a letter of another layout.
//
// The decisions are made by a filter that reads no clock: its caller passes the time.
package keyboard
