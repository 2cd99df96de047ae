package paste

import (
	"regexp"
	"strings"
)

// kind is what a word of a text is, by its shape alone.
type kind byte

const (
	other      kind = iota
	mmsu            // an id of SeaCloud: mmsu_ and 26 letters and digits
	uuid            // an id of fal and Comfy, and of much else
	xid             // an id of SeaCloud's older form
	looseID         // what may be an id, of no known form
	shortMmsu       // mmsu_ and fewer than 26
	cutID           // an id with … in it
	address         // a web address, or a path of a request or of a queue
	pair            // endpoint/id
	model           // a name that is known to be a model's
	family          // the name of a family of models alone
	slashed         // a word with a slash that may be an endpoint
	statusWord      // such as IN_QUEUE
	number          // a number, date, time, duration, size or version
	taskWord        // such as task, request, submitted
	name            // a word that may name something: it has an _, or a letter and a digit
)

const (
	// minID and maxID bound the length of an id, in bytes.
	minID = 6
	maxID = 200
	// maxAddress bounds an address, in bytes.
	maxAddress = 8 << 10
	mmsuPrefix = "mmsu_"
)

// isID reports whether a word is an id of a known form.
func (k kind) isID() bool { return k == mmsu || k == uuid || k == xid }

// namesEndpoint reports whether a word is an endpoint where it stands beside an id.
func (k kind) namesEndpoint() bool { return k == model || k == family || k == slashed }

// maybeEndpoint reports whether a word may be an endpoint where it stands beside an id.
func (k kind) maybeEndpoint() bool { return k == name || k == looseID }

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}

var (
	families = set("wan nano banana kling seedance seedream flux veo sora hailuo minimax vidu pixverse luma ideogram recraft imagen qwen hunyuan ltx sdxl suno")
	statuses = set("queued in_queue inqueue running in_progress inprogress processing pending submitted completed done succeeded success ok failed error timeout canceled cancelled expired not_found generating new")
	tasks    = set("request task job generation submit submitted submitting queued enqueued polling in_queue in_progress requests tasks jobs generations")
	noValues = set("null none nil undefined nan - n/a na <nil> <null> (null) <none>")
	units    = set("t z s m h d w y x e k g b p v ms us µs ns min sec hr mb gb kb tb mib gib kib px fps am pm st nd rd th utc gmt rc beta alpha kbps mbps")
	fileEnds = set("mp4 mp3 m4a m4v 7z jsonl ndjson ipynb safetensors torrent parquet")
)

// shape returns what a word is. The word carries no quotes or punctuation around it.
func (p *parser) shape(word string) kind {
	if k := idShape(word); k != other {
		return k
	}
	lower := strings.ToLower(word)
	switch {
	case len(word) > maxID:
		return other
	case statuses[lower]:
		return statusWord
	case tasks[lower]:
		return taskWord
	case isNumber(lower):
		return number
	case families[lower]:
		return family
	case isFile(lower):
		return other
	case p.isModel(word, lower):
		return model
	case strings.Contains(word, "/"):
		return slashShape(word)
	case !fitsID(word) || isHash(word) || isHost(lower):
		return other
	case len(word) >= minID && hasDigit(word) && hasLetter(word):
		return looseID
	case strings.Contains(word, "_") || hasDigit(word) && hasLetter(word):
		return name
	}
	return other
}

var (
	mmsuForm  = regexp.MustCompile(`^mmsu_[0-9a-z]{26}$`)
	shortForm = regexp.MustCompile(`^mmsu_[0-9a-z]{4,25}$`)
	uuidForm  = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	xidForm   = regexp.MustCompile(`^[cd][0-9a-v]{18}[0g]$`)
	xidDigits = regexp.MustCompile(`(?:[0-9][a-z]*){3}`)
)

// idShape returns which form of id a word has, other for none.
func idShape(word string) kind {
	switch {
	case len(word) == 36 && uuidForm.MatchString(word):
		return uuid
	case len(word) == 20 && xidForm.MatchString(word) && xidDigits.MatchString(word):
		return xid
	case isCut(word):
		return cutID
	case !strings.HasPrefix(word, mmsuPrefix):
	case mmsuForm.MatchString(word):
		return mmsu
	case shortForm.MatchString(word) && hasDigit(word):
		return shortMmsu
	}
	return other
}

// slashShape returns what a word with a slash in it is: endpoint/id, what may be
// an endpoint, or something else, such as a path.
func slashShape(word string) kind {
	if !fitsEndpoint(word) {
		return other
	}
	if idShape(word[strings.LastIndexByte(word, '/')+1:]).isID() {
		return pair
	}
	for segment := range strings.SplitSeq(word, "/") {
		if !hasLetter(segment) {
			return other
		}
	}
	return slashed
}

// isModel reports whether a word is the name of a model: a family is among its
// parts, or it is the default endpoint.
func (p *parser) isModel(word, lower string) bool {
	if !strings.ContainsAny(word, "0123456789_-/") || !fitsEndpoint(word) || mayBeAddress(word) {
		return false
	}
	first, _, slash := strings.Cut(lower, "/")
	switch {
	case slash && isHost(first), idShape(word[strings.LastIndexByte(word, '/')+1:]) != other:
		return false
	case word == p.source.Endpoint, first == "fal-ai" && slash:
		return true
	}
	for part := range strings.FieldsFuncSeq(lower, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if families[part] {
			return true
		}
	}
	return false
}

// fitsEndpoint reports whether a text can be an endpoint.
func fitsEndpoint(text string) bool {
	if text == "" || len(text) > maxID || !isAlnum(text[0]) || strings.Contains(text, "//") || strings.Contains(text, "..") || text[len(text)-1] == '/' {
		return false
	}
	return allBytes(text, func(b byte) bool { return isAlnum(b) || b == '_' || b == '.' || b == '/' || b == '-' })
}

// fitsID reports whether a text can be a request id where only one can stand.
func fitsID(text string) bool {
	return len(text) <= maxID && allBytes(text, isIDByte) && strings.Trim(text, ".") != ""
}

// isNumber reports whether a lower-case word is a number, date, time, duration, size
// or version: runs of digits with nothing but punctuation and units between them.
func isNumber(word string) bool {
	word = strings.TrimLeft(word, "+-~<>$€#v=")
	if word == "" || word[0] < '0' || word[0] > '9' {
		return false
	}
	for i := 0; i < len(word); {
		start := i
		for i < len(word) && word[i] >= 'a' {
			i++
		}
		if i > start && !units[word[start:i]] {
			return false
		}
		i += count(i == start)
	}
	return true
}

// isFile reports whether a lower-case word is the name of a file.
func isFile(word string) bool {
	at := strings.LastIndexByte(word, '.')
	if at < 1 {
		return false
	}
	end := word[at+1:]
	return fileEnds[end] || len(end) >= 2 && len(end) <= 5 && allBytes(end, func(b byte) bool { return b >= 'a' && b <= 'z' })
}

var hostPort = regexp.MustCompile(`^(?:[\w-]+\.)*[\w-]*[a-z][\w-]*:\d{2,5}$|^(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?$`)

func isHost(word string) bool { return strings.ContainsAny(word, ".:") && hostPort.MatchString(word) }

// isCut reports whether a word is an id cut short by whatever showed it.
func isCut(word string) bool {
	if !strings.Contains(word, "…") && !strings.Contains(word, "...") {
		return false
	}
	rest := strings.NewReplacer("...", "", "…", "").Replace(word)
	return len(rest) >= 4 && allBytes(rest, isIDByte) && hasDigit(rest) && hasLetter(rest) && !isNumber(strings.ToLower(rest))
}

func isHash(text string) bool {
	return (len(text) == 40 || len(text) == 64) && allBytes(text, isHex)
}

// isLongNumber reports whether a text is a number as long as an id.
func isLongNumber(text string) bool {
	return len(text) >= minID && allBytes(text, func(b byte) bool { return b >= '0' && b <= '9' })
}

func isHex(b byte) bool    { return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f' }
func isAlnum(b byte) bool  { return b >= '0' && b <= '9' || isLetter(b) }
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isIDByte(b byte) bool {
	return isAlnum(b) || b == '_' || b == '-' || b == '.' || b == ':' || b == '~'
}
func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
func hasLetter(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 0x80 && isLetter(byte(r)) }) >= 0
}

func allBytes(text string, ok func(byte) bool) bool {
	for i := range len(text) {
		if !ok(text[i]) {
			return false
		}
	}
	return text != ""
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
