// Package insight tells what many tasks have in common: which failures are one
// and the same, how long the tasks of an endpoint take, and which task takes
// far longer than that.
//
// It does no I/O, starts no goroutine and does not ask what time it is. Its
// types are not safe for use by several goroutines.
package insight

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// patternMost bounds a pattern in bytes, its "…" apart. It is enough for the
	// first line of nearly all messages.
	patternMost = 200
	// readMost bounds how much of a message is looked at, in bytes.
	readMost = 4096
	// passesMost bounds how often a pattern is abstracted again. Two do for all
	// but made-up messages.
	passesMost = 16
)

// Pattern returns what is left of an error message when all that is told of one
// task alone is taken out, so that messages about the same trouble have the same
// pattern. Numbers, ids, UUIDs, hex and addresses become #, with the word that
// they are part of where there is one (GPU#); a list of numbers becomes one #.
// URLs, paths, file names and timestamps become <url>, <path>, <file> and
// <time>; what stands in quotes becomes "…". The other words stay as they are.
//
// A pattern is valid UTF-8 on one line, without control characters, at most some
// 200 bytes long, and its own pattern.
func Pattern(message string) string {
	text := unquote(clean(message))
	for range passesMost {
		// A pass can bring together what it kept apart: in 1.-2 two numbers, of
		// which one is left when the sign has gone.
		next := unquote(abstract(text))
		if next == text {
			break
		}
		text = next
	}
	return text
}

// clean returns the start of a message as valid UTF-8, all that is not printed
// made a space, and no two spaces in a row.
func clean(message string) string {
	if len(message) > readMost {
		message = message[:readMost]
		// The cut must not leave half a character.
		for i := 0; i < utf8.UTFMax-1 && !utf8.ValidString(message[len(message)-1:]); i++ {
			message = message[:len(message)-1]
		}
	}
	plain := true
	for i := 0; i < len(message) && plain; i++ {
		plain = message[i] > ' ' && message[i] < 0x7f || message[i] == ' ' && (i == 0 || message[i-1] != ' ')
	}
	if plain {
		return strings.TrimSpace(message)
	}
	var b strings.Builder
	b.Grow(len(message))
	space := true
	for _, r := range message {
		if !unicode.IsPrint(r) {
			r = ' '
		}
		if r != ' ' || !space {
			b.WriteRune(r)
		}
		space = r == ' '
	}
	return strings.TrimSpace(b.String())
}

// unquote takes away quotes around a whole message: they would make it one
// quoted value, of which nothing is left.
func unquote(text string) string {
	for text != "" {
		open, n := utf8.DecodeRuneInString(text)
		end, m := utf8.DecodeLastRuneInString(text)
		if len(text) < n+m || closing(open) == 0 || closing(open) != end {
			break
		}
		inner := text[n : len(text)-m]
		if strings.ContainsRune(inner, open) || strings.ContainsRune(inner, end) || inner == "…" {
			break
		}
		text = strings.TrimSpace(inner)
	}
	return text
}

// closing returns the quote that ends what open begins; 0 if open is no quote.
func closing(open rune) rune {
	switch open {
	case '"', '\'', '`':
		return open
	case '“':
		return '”'
	case '‘':
		return '’'
	case '«':
		return '»'
	case '「':
		return '」'
	}
	return 0
}

// scanner abstracts a message from left to right.
type scanner struct {
	text string
	at   int
	out  []byte
	full bool // nothing more has room
}

// abstract makes one pass over a message.
func abstract(text string) string {
	s := scanner{text: text, out: make([]byte, 0, min(len(text), patternMost)+16)}
	for s.at < len(text) && !s.full {
		s.step()
	}
	return strings.TrimSpace(string(s.out))
}

// step takes the next token.
func (s *scanner) step() {
	rest := s.text[s.at:]
	if n := quoted(s.text, s.at); n > 0 {
		open, width := utf8.DecodeRuneInString(rest)
		s.emit(rest[:width]+"…"+string(closing(open)), n)
		return
	}
	if s.at == 0 || !wordByte(s.text[s.at-1]) {
		for _, f := range finders {
			if n := f.find(rest); n > 0 {
				s.emit(f.name, n)
				return
			}
		}
		if n := sign(rest); n > 0 {
			// -3 and 3 are one number; the sign is no word.
			s.at += n
			return
		}
	}
	if n := word(rest); n > 0 {
		s.word(rest[:n])
		return
	}
	_, n := utf8.DecodeRuneInString(rest)
	s.emit(rest[:n], n)
}

// emit writes what stands for the next n bytes of the message.
func (s *scanner) emit(text string, n int) {
	s.at += n
	if len(s.out)+len(text) > patternMost {
		s.out = append([]byte(strings.TrimRight(string(s.out), " …")), "…"...)
		s.full = true
		return
	}
	s.out = append(s.out, text...)
}

// number writes a # for the next n bytes, unless it goes on a list of numbers.
// Two numbers with only a space between are no list.
func (s *scanner) number(n int) {
	kept := len(s.out)
	for kept > 0 && len(s.out)-kept < 3 && strings.IndexByte(" .,:;", s.out[kept-1]) >= 0 {
		kept--
	}
	between := s.out[kept:]
	if kept == 0 || s.out[kept-1] != '#' || len(between) == 1 && between[0] == ' ' {
		s.emit("#", n)
		return
	}
	s.out = s.out[:kept]
	s.at += n
}

// word writes a word that may hold numbers, or be an id as a whole.
func (s *scanner) word(text string) {
	if identifies(text) {
		s.number(len(text))
		return
	}
	for text != "" && !s.full {
		n := number(text)
		if n > 0 {
			s.number(n)
		} else {
			for n < len(text) && !digit(text[n]) {
				n++
			}
			s.emit(text[:n], n)
		}
		text = text[n:]
	}
}
