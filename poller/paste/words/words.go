package words

import (
	"regexp"
	"slices"
	"strings"
)

// Kind is what a word is, by its form alone.
type Kind byte

const (
	Other    Kind = iota
	MMSU          // an id of SeaCloud: mmsu_ and 26 letters and digits
	UUID          // an id of fal and Comfy, and of much else
	XID           // an id of SeaCloud's older form
	Short         // mmsu_ and fewer than 26
	Cut           // an id with … in it
	Part          // a word with an id of SeaCloud in it, see Within
	Address       // a web address, or the path of a request or of a queue
	Pair          // endpoint/id
	Model         // a name that is known to be a model's
	Family        // a family of models alone
	Path          // a word with a slash: it may be an endpoint
	Status        // such as IN_QUEUE
	Number        // a number, date, time, duration, size or version
	Loose         // what may be an id or a name: it has an _, or a letter and a digit
	Variable      // a key that has a model's name in it: of a variable, or of a field
)

const (
	// MinID and MaxID bound the length of an id, in bytes.
	MinID, MaxID = 6, 200
	// Prefix is that of SeaCloud's ids.
	Prefix = "mmsu_"
	// leastCut is how many characters of an id that was cut are left at least, in bytes.
	leastCut                 = 4
	mmsuLen, uuidLen, xidLen = 31, 36, 20

	digits   = "0123456789"
	letters  = "abcdefghijklmnopqrstuvwxyz"
	alnum    = digits + letters + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	statuses = "queued in_queue inqueue running in_progress inprogress processing pending submitted completed done succeeded success ok failed error timeout canceled cancelled expired not_found notfound generating new trouble"
)

// IsID reports whether a word has the form of a whole id.
func (k Kind) IsID() bool { return k == MMSU || k == UUID || k == XID }

// NamesModel reports whether a word is the name of a model or of a family of models.
func (k Kind) NamesModel() bool { return k == Model || k == Family }

// NamesEndpoint reports whether a word is an endpoint where it stands beside an id.
func (k Kind) NamesEndpoint() bool { return k == Model || k == Family || k == Path }

var (
	isStatus    = Set(statuses)
	isFamily    = Set("wan nano banana kling seedance seedream flux veo sora hailuo minimax vidu pixverse luma ideogram recraft imagen qwen hunyuan ltx sdxl suno")
	fileForm    = regexp.MustCompile(`^.+\.(?:[a-z]{2,}|mp[34]|m4[av]|7z)$`)
	hashForm    = regexp.MustCompile(`^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)
	withinForm  = regexp.MustCompile(`(?:^|[^0-9a-zA-Z])(mmsu_[0-9a-z]{26})(?:[^0-9a-zA-Z]|$)`)
	shortForm   = regexp.MustCompile(`^mmsu_[0-9a-z]{4,25}$`)
	uuidForm    = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	xidForm     = regexp.MustCompile(`^[cd][0-9a-v]{18}[0g]$`)
	threeDigits = regexp.MustCompile(`\d.*\d.*\d`) // words may have fewer
	// numberForm matches numbers, dates, times, durations, sizes and versions.
	numberForm = regexp.MustCompile(`^[^a-z0-9]*v?\d[^a-z]*(?:[a-z]{1,3}[^a-z]+)*[a-z]{0,3}$`)
)

// Set returns the words of a list as a set.
func Set(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// KindOf returns what a word is that IDKind says is no id. The default endpoint, which may
// be "", is the name of a model.
func KindOf(word, endpoint string) Kind {
	lower := strings.ToLower(word)
	switch {
	case isFamily[lower]:
		return Family
	case isStatus[lower]:
		return Status
	case HasDigit(word) && numberForm.MatchString(lower):
		return Number
	}
	switch {
	case word != endpoint && strings.Contains(word, ".") && fileForm.MatchString(lower):
		return Other
	case !strings.Contains(word, "/") && Within(word) != "":
		return Part
	case !FitsEndpoint(word):
		return Other
	}
	return nameKind(word, endpoint)
}

// nameKind returns what a word is that can be an endpoint.
func nameKind(word, endpoint string) Kind {
	slash := strings.LastIndexByte(word, '/')
	switch {
	case slash >= 0 && IDKind(word[slash+1:]).IsID():
		return Pair
	case IsModel(word, endpoint):
		return Model
	case slash >= 0:
		return Path
	case hashForm.MatchString(word), strings.Contains(word, "."):
		return Other // a hash, a version
	case strings.Contains(word, "_"), HasDigit(word) && strings.ContainsAny(strings.ToLower(word), letters):
		return Loose
	}
	return Other
}

// IDKind returns which form of id a word has, Other for none.
func IDKind(word string) Kind {
	switch {
	case len(word) == uuidLen && uuidForm.MatchString(word):
		return UUID
	case len(word) == xidLen && xidForm.MatchString(word) && threeDigits.MatchString(word):
		return XID
	case len(word) == mmsuLen && strings.HasPrefix(word, Prefix) && only(word[len(Prefix):], letters+digits):
		return MMSU
	case strings.HasPrefix(word, Prefix) && shortForm.MatchString(word) && HasDigit(word):
		return Short
	case IsCut(word):
		return Cut
	}
	return Other
}

// Within returns the id of SeaCloud that is a part of a word, as in kling_v3:mmsu_…, "" for
// none.
func Within(word string) string {
	if m := withinForm.FindStringSubmatch(word); m != nil {
		return m[1]
	}
	return ""
}

// IsModel reports whether a word is the name of a model: a family is among its parts.
func IsModel(word, endpoint string) bool {
	host, _, slash := strings.Cut(word, "/")
	parts := strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return r < 'a' || r > 'z' })
	isName := word == endpoint || strings.HasPrefix(word, "fal-ai/") || slices.ContainsFunc(parts, func(part string) bool { return isFamily[part] })
	return isName && FitsEndpoint(word) && !(slash && strings.Contains(host, "."))
}

// IsDashed reports whether a word has dashes, and else letters and digits.
func IsDashed(word string) bool {
	return strings.Contains(word, "-") && only(word, alnum+"-")
}

// only reports whether a text is of some characters.
func only(text, characters string) bool {
	return text != "" && len(text) <= MaxID && strings.Trim(text, characters) == ""
}

// FitsEndpoint reports whether a text can be an endpoint.
func FitsEndpoint(text string) bool {
	return only(text, alnum+"_./-") && IsAlnum(text[0]) && text[len(text)-1] != '/' && !strings.Contains(text, "//") && !strings.Contains(text, "..")
}

// FitsID reports whether a text can be a request id where only one can stand.
func FitsID(text string) bool { return only(text, alnum+"_-.:~") && strings.Trim(text, ".") != "" }

// IsCut reports whether a word is an id cut short by whatever showed it.
func IsCut(word string) bool {
	if !strings.Contains(word, "…") && !strings.Contains(word, "...") {
		return false
	}
	rest := strings.ReplaceAll(strings.ReplaceAll(word, "…", ""), "...", "")
	return len(rest) >= leastCut && FitsID(rest) && HasDigit(rest) && strings.ContainsAny(strings.ToLower(rest), letters) && !numberForm.MatchString(strings.ToLower(rest))
}
