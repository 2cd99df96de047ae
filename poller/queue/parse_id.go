package queue

import "strings"

// The lengths of a request id, in bytes. Real ones have from 20 (xid) to 45
// (fal); the shortest that is believed when it stands alone is 6.
const (
	minID = 6
	maxID = 200
)

// fitsID reports whether text can be a request id at all: letters, digits and
// _ - . : ~, which no service goes beyond. It is what is asked of an id in a
// place where only an id can stand.
func fitsID(text string) bool {
	if len(text) == 0 || len(text) > maxID {
		return false
	}
	for i := range len(text) {
		if !isIDByte(text[i]) {
			return false
		}
	}
	return strings.Trim(text, ".") != ""
}

// looksLikeID reports whether text is to be taken for a request id where words
// could stand as well: it has a digit, which few words have, and is no date,
// time, version or address.
func looksLikeID(text string) bool {
	if len(text) < minID || !fitsID(text) || (!isAlnum(text[0]) && text[0] != '_') || isCut(text) {
		return false
	}
	digits, letters, others := 0, 0, 0
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			digits++
		case isAlnum(b) || b == '_' || b == '~':
			letters++
		default:
			others++
		}
	}
	if digits == 0 || isDate(text) {
		return false
	}
	return letters > 0 || others == 0 || isUUID(text)
}

// evident reports whether text can be nothing but a request id: what may be
// picked out of prose. That is a UUID, or a prefix and a random part, as in
// mmsu_01hxyz8k3v.
func evident(text string) bool {
	if isUUID(text) {
		return true
	}
	prefix, rest, ok := strings.Cut(text, "_")
	if !ok || !fitsID(text) || !strings.ContainsAny(rest, "0123456789") {
		return false
	}
	if prefix == "mmsu" {
		return len(rest) >= 4
	}
	if len(prefix) < 2 || len(prefix) > 12 || strings.ContainsAny(prefix, "0123456789-.:~") {
		return false
	}
	return len(rest) >= 16 && allAlnum(rest) && strings.Trim(rest, "0123456789") != ""
}

// random reports whether text looks made by a machine, and so is an id rather
// than the name of an endpoint: as evident, or long without a separator.
func random(text string) bool {
	return evident(text) || (len(text) >= 20 && allAlnum(text) && looksLikeID(text))
}

// isCut reports whether text holds an ellipsis: it was cut short by whatever
// showed it.
func isCut(text string) bool {
	return strings.Contains(text, "...") || strings.Contains(text, "…")
}

// fitsEndpoint reports whether text can be an endpoint: segments of letters,
// digits, _ - and . with slashes between them.
func fitsEndpoint(text string) bool {
	if len(text) == 0 || len(text) > maxID || !isAlnum(text[0]) || isCut(text) {
		return false
	}
	for segment := range strings.SplitSeq(text, "/") {
		if strings.Trim(segment, ".") == "" {
			return false
		}
		for i := range len(segment) {
			if b := segment[i]; !isIDByte(b) || b == ':' || b == '~' {
				return false
			}
		}
	}
	return true
}

// namesEndpoint reports whether a word before ids is the endpoint of them.
func namesEndpoint(word string) bool {
	return fitsEndpoint(word) && !random(word) && !isWord(word) && !isDate(word) && strings.Trim(word, "0123456789-./") != ""
}

// isWord reports whether text is a word that stands before ids in logs and
// tables, and so is no endpoint there.
func isWord(text string) bool {
	switch plainKey(text) {
	case "id", "ids", "request", "requests", "requestid", "xrequestid", "task", "tasks", "taskid", "job", "jobid",
		"submitted", "created", "status", "inqueue", "inprogress", "completed", "queued", "running",
		"done", "failed", "canceled", "cancelled", "canceling", "polling", "retry", "retrying",
		"trace", "debug", "info", "warn", "warning", "error", "fatal", "get", "put", "post", "curl", "export":
		return true
	}
	return false
}

// isUUID reports whether text is a UUID, as fal's request ids are.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		b := text[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if b != '-' {
				return false
			}
		} else if (b < '0' || b > '9') && (b|0x20 < 'a' || b|0x20 > 'f') {
			return false
		}
	}
	return true
}

// isDate reports whether text starts with a date, such as 2026-11-01T10:00:00Z.
func isDate(text string) bool {
	if len(text) < 10 || (len(text) > 10 && text[10] != 'T' && text[10] != '_' && text[10] != '-') {
		return false
	}
	for i := range 10 {
		if digit := text[i] >= '0' && text[i] <= '9'; digit == (i == 4 || i == 7) || (!digit && text[i] != '-') {
			return false
		}
	}
	return true
}

func isAlnum(b byte) bool {
	return (b >= '0' && b <= '9') || (b|0x20 >= 'a' && b|0x20 <= 'z')
}

func allAlnum(text string) bool {
	for i := range len(text) {
		if !isAlnum(text[i]) {
			return false
		}
	}
	return text != ""
}

func isIDByte(b byte) bool {
	return isAlnum(b) || b == '_' || b == '-' || b == '.' || b == ':' || b == '~'
}
