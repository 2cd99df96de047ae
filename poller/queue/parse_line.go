package queue

import (
	"slices"
	"strings"
	"unicode"
)

// maxTries bounds how often a line is read anew because a JSON value that it
// was part of was given up, so that the time stays linear.
const maxTries = 3

// held is a JSON object that goes on in the next line.
type held struct {
	scanner scanner
	lines   []entry
	text    []byte // the lines
	start   int    // where in text the object begins
}

// Why a JSON object was given up.
const (
	unfinished = "the JSON that begins here is not finished: paste it to its end; its lines were read one by one"
	broken     = "the JSON that begins here is broken further down; its lines were read one by one"
	tooLong    = "the JSON that begins here is longer than 4 MiB or 100,000 lines, and was read line by line: give one object a line, as jq -c '.[]' does"
)

// isKey is the reason for what would send the key, or keep it, as a request id.
const isKey = "that is the API key, not a task: it was not taken"

// secret reports whether a request has one of the secrets in what would be kept
// and shown of it.
func (s Source) secret(r Request) bool {
	for _, secret := range s.Secrets {
		if len(secret) < secretLeast {
			continue
		}
		if strings.Contains(r.ID, secret) || strings.Contains(r.Endpoint, secret) {
			return true
		}
		if u := r.URLs; u != nil && (strings.Contains(u.Status, secret) || strings.Contains(u.Response, secret) || strings.Contains(u.Cancel, secret)) {
			return true
		}
	}
	return false
}

// read reads a line that is not part of a JSON object from lines before.
func (p *Parser) read(e entry) {
	text := trimmed(e.text)
	if text == "" || text[0] == '#' || (!meaningful(text) && !strings.Contains(text, "{")) {
		return
	}
	u := unit{parser: p}
	switch {
	case looksLikeID(text):
		u.bare(text, "")
	case u.beforeComment(text):
	case !strings.ContainsAny(text, "{["):
		u.text(text)
	case p.values(&u, e, text):
		return
	}
	p.account(&u, e)
}

// account takes over what a line or JSON value gave. Nothing is a problem,
// unless the line is accounted for otherwise, or has nothing to say. It reports
// whether there is anything to show for the line.
func (p *Parser) account(u *unit, e entry) bool {
	for _, r := range u.requests {
		if p.source.secret(r) {
			p.report(e, isKey)
			continue
		}
		p.requests = append(p.requests, r)
	}
	for _, reason := range u.reasons {
		p.report(e, reason)
	}
	said := u.found() || e.quiet || (p.fragment && isFragment(e.text))
	p.fragment = p.fragment && said
	if !said && (u.json || meaningful(e.text)) {
		p.report(e, u.nothing(e.text))
		return true
	}
	return u.found()
}

// values reads a line with brackets in it: the JSON values, and then the text
// around them. It reports whether a JSON object goes on in the next line, in
// which case nothing was read yet.
func (p *Parser) values(u *unit, e entry, text string) bool {
	read, consumed := 0, u.found()
	var dead []int // brackets that are known not to begin a JSON value
	for at := 0; ; {
		next := strings.IndexAny(text[at:], "{[")
		if next < 0 {
			break
		}
		at += next
		if slices.Contains(dead, at) {
			at++
			continue
		}
		var s scanner
		n, result := s.scan(text[at:])
		switch result {
		case scanMore:
			if i := slices.IndexFunc(s.open, isObject); i >= 0 && !e.closed && e.tries < maxTries {
				p.hold(e, text, at+s.open[i].offset)
				return true
			}
			fallthrough
		case scanBad:
			// What is still open here fails at the same place.
			dead = dead[:0]
			for _, o := range s.open {
				dead = append(dead, at+o.offset)
			}
			at++
		case scanDone:
			if u.value(text[at:at+n]) == valueFound {
				u.prose(text[read:at])
				read, consumed = at+n, true
			}
			at += n
			if consumed && read == at && strings.HasPrefix(trimmed(text[read:]), "#") {
				return false
			}
		}
	}
	if consumed {
		u.prose(text[read:])
	} else {
		u.text(text)
	}
	return false
}

func isObject(o opened) bool { return o.bracket == '{' }

// hold begins to hold a JSON object back, which starts at an offset of a line
// and goes on in the next one.
func (p *Parser) hold(e entry, text string, start int) {
	e.text = text
	p.held = &held{lines: []entry{e}, text: []byte(text), start: start}
	p.held.scanner.scan(text[start:])
}

// extend reads a line as the next one of the JSON object that is held.
func (p *Parser) extend(e entry) {
	h := p.held
	if trimmed(e.text) == "" {
		return
	}
	h.lines = append(h.lines, e)
	h.text = append(append(h.text, '\n'), e.text...)
	h.scanner.scan("\n")
	n, result := h.scanner.scan(e.text)
	switch {
	case result == scanBad:
		p.release(broken)
	case result == scanMore && (len(h.text) > maxValue || len(h.lines) > maxHeld):
		p.release(tooLong)
	case result == scanDone:
		p.complete(e, n)
	}
}

// complete reads the JSON object that is held and ends after n bytes of a line.
func (p *Parser) complete(e entry, n int) {
	h, first := p.held, p.held.lines[0]
	u := unit{parser: p}
	if u.value(string(h.text[h.start:len(h.text)-len(e.text)+n])) == valueBad {
		p.release(broken)
		return
	}
	p.held = nil
	// The object tells more than the text before it, so it is read first; the
	// requests are given in the order in which they stand.
	own := len(u.requests)
	p.values(&u, entry{closed: true}, first.text[:h.start])
	u.requests = slices.Concat(u.requests[own:], u.requests[:own])
	fragment := p.fragment
	p.fragment = false // a whole object is no longer part of a broken one
	shown := p.account(&u, first)
	p.fragment = fragment
	// Of what stands behind the object, only what is found counts.
	p.queue = append(p.queue, entry{text: e.text[n:], number: e.number, tries: e.tries, quiet: shown || e.quiet, blamed: e.blamed})
}

// release gives up the JSON object that is held. Its lines are put back to be
// read each by itself, where smaller objects may be found in them; that it was
// no JSON is one problem, for all of them. A bracket alone was just a bracket.
func (p *Parser) release(reason string) {
	h := p.held
	p.held = nil
	first := &h.lines[0]
	serious := h.scanner.tokens > 0
	if serious && !first.blamed {
		p.report(*first, reason)
	}
	p.fragment = p.fragment || serious
	first.closed = true
	for i := range h.lines {
		h.lines[i].tries++
		// The line at which it broke may be of something else.
		if serious && (reason != broken || i < len(h.lines)-1) {
			h.lines[i].quiet, h.lines[i].blamed = true, true
		}
	}
	slices.Reverse(h.lines)
	p.queue = append(p.queue, h.lines...)
}

// isFragment reports whether a line looks like one of a pretty-printed JSON
// object: a key and its value.
func isFragment(line string) bool {
	line = trimmed(line)
	return strings.HasPrefix(line, `"`) && strings.Contains(line, `":`)
}

// trimmed returns text without the white space and invisible marks around it.
func trimmed(text string) string {
	return strings.TrimFunc(text, func(r rune) bool {
		return r <= ' ' || (r >= 0x80 && (unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b'))
	})
}

// meaningful reports whether a line holds more than rules, brackets and
// bullets.
func meaningful(line string) bool {
	return strings.ContainsFunc(line, func(r rune) bool {
		if r < 0x80 {
			return isAlnum(byte(r))
		}
		return unicode.IsLetter(r) || unicode.IsDigit(r) || r == unicode.ReplacementChar
	})
}
