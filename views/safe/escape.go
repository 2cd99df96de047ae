package safe

import "regexp"

// The parts of a control string (a title, a hyperlink): how it begins, what is in it, how it
// ends, and the controls that cut it off.
const (
	stringStart = `(?:\x1b[P\]X^_]|[\x{90}\x{98}\x{9d}-\x{9f}])`
	stringBody  = `[^\x07\x18\x1a\x1b\x{80}-\x{9f}\n\r]*`
	stringEnd   = `(?:\x07|\x1b\\|\x{9c})`
	stringCut   = `[\x18\x1a\x1b\x{80}-\x{9f}]`
)

// sequences matches an escape sequence, or a control character that is no white space, at the
// start of a text: a control sequence (ECMA-48, 5.4), which ends where it is malformed; a control
// string; ESC with what belongs to it; any other control. It takes the seven-bit forms (ESC and a
// letter) and the eight-bit ones as UTF-8 writes them. A string that does not end on its
// line shows, rather than that it hides what follows.
//
// The parser of the ansi module is not used here: it takes every byte from 0x80
// to 0x9F for an eight-bit control, also where it is half a character of some
// other encoding, and lets an unfinished sequence swallow all the text that
// follows. An error message must not vanish that way.
var sequences = regexp.MustCompile(`^(?:(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]?` +
	`|` + stringStart + stringBody + stringEnd +
	`|(` + stringStart + stringBody + `)` + stringCut +
	`|\x1b[ -/]*[0-~]?|[\x00-\x08\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}])`)

// sequence returns how many bytes at the start of s are an escape sequence or a
// control character to drop, 0 where s starts with neither.
func sequence(s string) int {
	at := sequences.FindStringSubmatchIndex(s)
	switch {
	case at == nil:
		return 0
	case at[3] > 0: // what cuts a string off is a sequence of its own
		return at[3]
	}
	return at[1]
}
