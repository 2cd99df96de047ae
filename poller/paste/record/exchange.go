package record

import (
	"regexp"
	"strings"

	"polltop/poller/paste/lines"
)

var (
	statusForm = regexp.MustCompile(`^HTTP/\d(?:\.\d)? \d{3}`)
	callForm   = regexp.MustCompile(`^(?:GET|POST|PUT|DELETE|PATCH|HEAD) (\S+)(?: HTTP/[\d.]+)?$`)
)

// startsExchange reports whether an HTTP exchange begins here: with a request or a status
// line, or with the command before that.
func (f *Finder) startsExchange() bool {
	t := f.Lines[f.at].Bare
	return statusForm.MatchString(t) || callForm.MatchString(t) ||
		strings.Contains(t, "/") && f.at+1 < len(f.Lines) && statusForm.MatchString(f.Lines[f.at+1].Bare)
}

// blank returns how many blank lines stand inside an exchange here: before a body, or an
// answer; 0 at the block's end.
func (b *block) blank() (used int) {
	lines := b.f.Lines[b.f.at:]
	for used < len(lines) && lines[used].Blank() {
		used++
	}
	if !b.http || used < len(lines) && !has("{[", lines[used].Bare[0]) && (b.answered || !statusForm.MatchString(lines[used].Bare)) {
		return 0
	}
	return used
}

// exchange adds a line of an HTTP exchange that is no header, and a body. It returns how
// many lines it took, 0 at the exchange's end, which is behind the body of the answer.
func (b *block) exchange(l *lines.Line, r *Record, used int) int {
	root, call := b.levels[0].r, callForm.FindStringSubmatch(l.Bare)
	switch {
	case call != nil && b.path == "" && !b.answered:
		b.path = call[1]
	case statusForm.MatchString(l.Bare) && !b.answered:
		b.answered = true
	case has("{[", l.Bare[0]):
		for _, kid := range r.Inner {
			root.Values, root.Inner = append(root.Values, kid.Values...), append(root.Inner, kid.Inner...)
		}
		b.ended = b.answered
	case b.lines == 0:
		root.Values = append(root.Values, r.Values...) // the command
	default:
		return 0
	}
	return used
}

// endCall adds what was called to the record of an exchange. It reports whether the call is
// all of it: then it is a heading of the lines below.
func (b *block) endCall(r *Record) bool {
	if at := b.host + b.path; b.host != "" && b.f.p.Address(at) != nil {
		b.path = at
	} else if b.host != "" {
		b.path = "https://" + at
	}
	if a := b.f.p.Address(b.path); b.lines == 1 && a != nil && a.ID == "" && a.Endpoint != "" {
		b.f.Heading, b.f.fresh = a.Endpoint, true
		return true
	}
	r.Values = append(r.Values, b.f.p.Classified("method", "-", r.Line), b.f.p.Classified("path", b.path, r.Line))
	return false
}
