package words

import (
	"regexp"
	"slices"
	"strings"
)

// Kind is what a word is, by its form alone.
type Kind byte

const (
	Other     Kind = iota
	MMSU           // an id of SeaCloud: mmsu_ and 26 letters and digits
	UUID           // an id of fal and Comfy, and of much else
	XID            // an id of SeaCloud's older form
	Short          // mmsu_ and fewer than 26 characters
	Truncated      // an id with … in it
	Embedded       // a word that contains an id of SeaCloud, see EmbeddedID
	Address        // a web address, or the path of a request or of a queue
	Pair           // endpoint/id
	Model          // the name of a known model
	Family         // the name of a family of models alone
	Path           // a word with a slash, which may be an endpoint
	Status         // such as IN_QUEUE
	Number         // a number, date, time, duration, size or version
	Ambiguous      // an id or a name: it has an _, or a letter and a digit
	Variable       // a key that contains a model's name: a variable's, or a field's
)

const (
	MinID, MaxID = 6, 200  // bound the length of an id, in bytes
	MMSUPrefix   = "mmsu_" // of SeaCloud's ids
	minTruncated = 4       // how many bytes a truncated id has at least

	mmsuLen, uuidLen, xidLen = 31, 36, 20

	digits   = "0123456789"
	letters  = "abcdefghijklmnopqrstuvwxyz"
	alnum    = digits + letters + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	statuses = "queued in_queue inqueue running in_progress inprogress processing pending submitted completed done succeeded success ok failed error timeout canceled cancelled expired not_found notfound generating new trouble"
)

// IsID reports whether a word has the form of a complete id.
func (k Kind) IsID() bool { return k == MMSU || k == UUID || k == XID }

// IsGeneral reports whether a word is an id of a form that other systems use too.
func (k Kind) IsGeneral() bool { return k == UUID || k == XID }

// NamesModel reports whether a word names a model or a family of models.
func (k Kind) NamesModel() bool { return k == Model || k == Family }

// NamesEndpoint reports whether a word beside an id is the id's endpoint.
func (k Kind) NamesEndpoint() bool { return k == Model || k == Family || k == Path }

var (
	isStatus     = SetOf(statuses)
	isFamily     = SetOf("wan nano banana kling seedance seedream flux veo sora hailuo minimax vidu pixverse luma ideogram recraft imagen qwen hunyuan ltx sdxl suno")
	isProgram    = SetOf("worker workers runner pod node server service proxy scheduler queue job jobs task tasks")
	fileForm     = regexp.MustCompile(`^.+\.(?:[a-z]{2,}|mp[34]|m4[av]|7z)$`)
	hashForm     = regexp.MustCompile(`^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)
	embeddedForm = regexp.MustCompile(`(?:^|[^0-9a-zA-Z])(mmsu_[0-9a-z]{26})(?:[^0-9a-zA-Z]|$)`)
	shortForm    = regexp.MustCompile(`^mmsu_[0-9a-z]{4,25}$`)
	partForm     = regexp.MustCompile(`^(?:mmsu_[0-9a-z]*|[0-9a-fA-F]{8}-[0-9a-fA-F-]*)$`)
	xidForm      = regexp.MustCompile(`^[cd][0-9a-v]{18}[0g]$`)
	threeDigits  = regexp.MustCompile(`\d.*\d.*\d`) // an XID has as many, other words may have fewer
	// numberForm matches numbers, dates, times, durations, sizes and versions.
	numberForm = regexp.MustCompile(`^[^a-z0-9]*v?\d[^a-z]*(?:[a-z]{1,3}[^a-z]+)*[a-z]{0,3}$`)
)

var (
	// falForm matches the endpoint of an app of fal, also in its older form, number-name.
	falForm = regexp.MustCompile(`^(?:fal-ai/|[0-9]{4,}-[a-zA-Z][a-zA-Z0-9-]*$)`)
	// accessForm matches a text that describes a web access, or a call of AWS Lambda.
	accessForm = regexp.MustCompile(`^(?:(?:GET|POST|PUT|DELETE|PATCH|HEAD) /|(?:START|END|REPORT) RequestId: )`)
)

// IsFalEndpoint reports whether an endpoint has the form of those of fal's apps.
func IsFalEndpoint(endpoint string) bool { return falForm.MatchString(endpoint) }

// IsWebAccess reports whether a text describes a web access, as POST /fal-ai/flux/dev does.
func IsWebAccess(text string) bool { return accessForm.MatchString(text) }

// SetOf returns the words of a list, separated by blanks, as a set.
func SetOf(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// KindOf returns the kind of a word of which IDKind is Other. The default endpoint, which may be "",
// counts as the name of a model.
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
	case EmbeddedID(word) != "":
		return Embedded
	case !CanBeEndpoint(word):
		return Other
	}
	return nameKind(word, endpoint)
}

// nameKind returns the kind of a word that can be an endpoint.
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
		return Ambiguous
	}
	return Other
}

// IDKind returns the form of id that a word has, Other for none.
func IDKind(word string) Kind {
	switch {
	case isUUID(word):
		return UUID
	case len(word) == xidLen && xidForm.MatchString(word) && threeDigits.MatchString(word):
		return XID
	case len(word) == mmsuLen && strings.HasPrefix(word, MMSUPrefix) && consistsOf(word[len(MMSUPrefix):], letters+digits):
		return MMSU
	case strings.HasPrefix(word, MMSUPrefix) && shortForm.MatchString(word) && HasDigit(word):
		return Short
	case IsTruncated(word):
		return Truncated
	}
	return Other
}

// isUUID reports whether a word has the canonical form of a UUID (RFC 9562, section 4).
func isUUID(word string) bool {
	return len(word) == uuidLen && word[8] == '-' && word[13] == '-' && word[18] == '-' && word[23] == '-' &&
		strings.Count(word, "-") == 4 && consistsOf(word, digits+"abcdefABCDEF-")
}

// MayBePart reports whether a word may be the start of an id of SeaCloud or of a UUID, or all of it.
func MayBePart(word string) bool { return partForm.MatchString(word) }

// EmbeddedID returns the id of SeaCloud that a word contains, as in kling_v3:mmsu_…, "" for none.
func EmbeddedID(word string) string {
	at := embeddedForm.FindStringSubmatchIndex(word)
	if at == nil || strings.Contains(word, "/") && (at[2] == 0 || strings.IndexByte(":=[(", word[at[2]-1]) < 0) {
		return "" // in a path it is a part of a file's name
	}
	return word[at[2]:at[3]]
}

// IsModel reports whether a word is the name of a model: it contains a family's name and no word for a
// program, as kling-worker-7 does, begins with fal-ai/ or is the default endpoint.
func IsModel(word, endpoint string) bool {
	host, _, slash := strings.Cut(word, "/")
	parts := strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return r < 'a' || r > 'z' })
	has := func(set map[string]bool) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return set[part] })
	}
	isName := word == endpoint || strings.HasPrefix(word, "fal-ai/") || has(isFamily) && !has(isProgram)
	return isName && CanBeEndpoint(word) && !(slash && strings.Contains(host, "."))
}

// IsDashed reports whether a word is of letters, digits and at least one dash.
func IsDashed(word string) bool {
	return strings.Contains(word, "-") && consistsOf(word, alnum+"-")
}

// consistsOf reports whether a text is of some characters alone, and not empty or longer than MaxID.
func consistsOf(text, characters string) bool {
	return text != "" && len(text) <= MaxID && strings.Trim(text, characters) == ""
}

// CanBeEndpoint reports whether a text has the form of an endpoint. In an address, a part that is
// "requests" is behind the endpoint.
func CanBeEndpoint(text string) bool {
	return consistsOf(text, alnum+"_./-") && IsAlnum(text[0]) && text[len(text)-1] != '/' && !strings.Contains(text, "//") && !strings.Contains(text, "..") &&
		!strings.Contains(text+"/", "/requests/")
}

// CanBeID reports whether a text can be a request id in a place where one is expected.
func CanBeID(text string) bool {
	return consistsOf(text, alnum+"_-.:~") && strings.Trim(text, ".") != ""
}

// IsTruncated reports whether a word is an id that was cut short with … or three dots.
func IsTruncated(word string) bool {
	if !strings.Contains(word, "…") && !strings.Contains(word, "...") {
		return false
	}
	rest := strings.ReplaceAll(strings.ReplaceAll(word, "…", ""), "...", "")
	return len(rest) >= minTruncated && CanBeID(rest) && HasDigit(rest) && strings.ContainsAny(strings.ToLower(rest), letters) && !numberForm.MatchString(strings.ToLower(rest))
}

// maxEither bounds the names in a question, in bytes.
const maxEither = 100

// Either returns "a or b", or the one that is not "". It does not repeat b.
func Either(a, b string) string {
	switch {
	case a == "" || b == "":
		return a + b
	case len(a) > maxEither || slices.Contains(strings.Split(a, " or "), b):
		return a
	}
	return a + " or " + b
}
