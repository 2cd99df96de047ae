package paste

import (
	"regexp"
	"slices"
	"strings"
)

// kind is what a word is, by its form alone.
type kind byte

const (
	otherWord   kind = iota
	mmsuID           // an id of SeaCloud: mmsu_ and 26 letters and digits
	uuidID           // an id of fal and Comfy, and of much else
	xidID            // an id of SeaCloud's older form
	shortID          // mmsu_ and fewer than 26
	cutID            // an id with … in it
	addressWord      // a web address, or the path of a request or of a queue
	pairWord         // endpoint/id
	modelName        // a name that is known to be a model's
	pathName         // a family of models alone, or a word with a slash: it may be an endpoint
	statusWord       // such as IN_QUEUE
	numberWord       // a number, date, time, duration, size or version
	looseWord        // what may be an id or a name: it has an _, or a letter and a digit
)

const (
	// minID and maxID bound the length of an id, in bytes.
	minID, maxID = 6, 200
	// idPrefix is that of SeaCloud's ids.
	idPrefix = "mmsu_"
	// leastCut is how many characters of an id that was cut are left at least, in bytes.
	leastCut                 = 4
	mmsuLen, uuidLen, xidLen = 31, 36, 20

	digits   = "0123456789"
	letters  = "abcdefghijklmnopqrstuvwxyz"
	alnum    = digits + letters + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	statuses = "queued in_queue inqueue running in_progress inprogress processing pending submitted completed done succeeded success ok failed error timeout canceled cancelled expired not_found notfound generating new trouble"
)

func (k kind) isID() bool { return k == mmsuID || k == uuidID || k == xidID }

// namesEndpoint reports whether a word is an endpoint where it stands beside an id.
func (k kind) namesEndpoint() bool { return k == modelName || k == pathName }

var (
	isStatus    = setOf(statuses)
	isFamily    = setOf("wan nano banana kling seedance seedream flux veo sora hailuo minimax vidu pixverse luma ideogram recraft imagen qwen hunyuan ltx sdxl suno")
	fileForm    = regexp.MustCompile(`^.+\.(?:[a-z]{2,}|mp[34]|m4[av]|7z)$`)
	hashForm    = regexp.MustCompile(`^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)
	shortForm   = regexp.MustCompile(`^mmsu_[0-9a-z]{4,25}$`)
	uuidForm    = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	xidForm     = regexp.MustCompile(`^[cd][0-9a-v]{18}[0g]$`)
	threeDigits = regexp.MustCompile(`\d.*\d.*\d`) // words may have fewer
	// numberForm matches numbers, dates, times, durations, sizes and versions.
	numberForm = regexp.MustCompile(`^[^a-z0-9]*v?\d[^a-z]*(?:[a-z]{1,3}[^a-z]+)*[a-z]{0,3}$`)
)

func setOf(list string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		words[word] = true
	}
	return words
}

// wordShape returns what a word is that is no id. The default endpoint is the name of a model.
func wordShape(word, endpoint string) kind {
	lower := strings.ToLower(word)
	switch {
	case isFamily[lower]:
		return pathName
	case isStatus[lower]:
		return statusWord
	case hasDigit(word) && numberForm.MatchString(lower):
		return numberWord
	}
	isFile := word != endpoint && strings.Contains(word, ".") && fileForm.MatchString(lower)
	if isFile || !fitsEndpoint(word) {
		return otherWord
	}
	return nameShape(word, endpoint)
}

// nameShape returns what a word is that can be an endpoint.
func nameShape(word, endpoint string) kind {
	slash := strings.LastIndexByte(word, '/')
	switch {
	case slash >= 0 && idShape(word[slash+1:]).isID():
		return pairWord
	case isModel(word, endpoint):
		return modelName
	case slash >= 0:
		return pathName
	case hashForm.MatchString(word), strings.Contains(word, "."):
		return otherWord // a hash, a version
	case strings.Contains(word, "_"), hasDigit(word) && strings.ContainsAny(strings.ToLower(word), letters):
		return looseWord
	}
	return otherWord
}

// idShape returns which form of id a word has, otherWord for none.
func idShape(word string) kind {
	switch {
	case len(word) == uuidLen && uuidForm.MatchString(word):
		return uuidID
	case len(word) == xidLen && xidForm.MatchString(word) && threeDigits.MatchString(word):
		return xidID
	case len(word) == mmsuLen && strings.HasPrefix(word, idPrefix) && only(word[len(idPrefix):], letters+digits):
		return mmsuID
	case strings.HasPrefix(word, idPrefix) && shortForm.MatchString(word) && hasDigit(word):
		return shortID
	case isCut(word):
		return cutID
	}
	return otherWord
}

// isModel reports whether a word is the name of a model: a family is among its parts.
func isModel(word, endpoint string) bool {
	host, _, slash := strings.Cut(word, "/")
	parts := strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return r < 'a' || r > 'z' })
	isName := word == endpoint || strings.HasPrefix(word, "fal-ai/") || slices.ContainsFunc(parts, func(part string) bool { return isFamily[part] })
	return isName && fitsEndpoint(word) && !(slash && strings.Contains(host, "."))
}

// only reports whether a text is of some characters.
func only(text, characters string) bool {
	return text != "" && len(text) <= maxID && strings.Trim(text, characters) == ""
}

func fitsEndpoint(text string) bool {
	return only(text, alnum+"_./-") && isAlnum(text[0]) && text[len(text)-1] != '/' && !strings.Contains(text, "//") && !strings.Contains(text, "..")
}

// fitsID reports whether a text can be a request id where only one can stand.
func fitsID(text string) bool { return only(text, alnum+"_-.:~") && strings.Trim(text, ".") != "" }

// isCut reports whether a word is an id cut short by whatever showed it.
func isCut(word string) bool {
	if !strings.Contains(word, "…") && !strings.Contains(word, "...") {
		return false
	}
	rest := strings.ReplaceAll(strings.ReplaceAll(word, "…", ""), "...", "")
	return len(rest) >= leastCut && fitsID(rest) && hasDigit(rest) && strings.ContainsAny(strings.ToLower(rest), letters) && !numberForm.MatchString(strings.ToLower(rest))
}
