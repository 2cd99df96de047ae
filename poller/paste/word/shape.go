package word

import "strings"

// Kind is what a word is, by its form alone.
type Kind byte

const (
	Other     Kind = iota
	MMSU           // an id of SeaCloud: mmsu_ and 26 letters and digits
	UUID           // an id of fal and Comfy, and of much else
	XID            // an id of SeaCloud's older form
	Loose          // what may be an id, of no known form
	Short          // mmsu_ and fewer than 26
	Cut            // an id with … in it
	Address        // a web address, or the path of a request or of a queue
	Pair           // endpoint/id
	LoosePair      // the same with an id of no known form
	Model          // a name that is known to be a model's
	Family         // the name of a family of models alone
	Slashed        // a word with a slash that may be an endpoint
	Status         // such as IN_QUEUE
	Number         // a number, date, time, duration, size or version
	Task           // such as task, request, submitted
	Name           // a word that may name something: it has an _, or a letter and a digit
)

const (
	// MinID and MaxID bound the length of an id, in bytes.
	MinID, MaxID = 6, 200
	// Prefix is that of SeaCloud's ids.
	Prefix = "mmsu_"
	// longID is how many characters follow the prefix, and shortID how many at least in
	// one that was cut.
	longID, shortID = 26, 4
	// minXIDDigits is how many digits an xid has at least: words may have fewer.
	minXIDDigits = 3
	// Digits are the decimal ones.
	Digits = "0123456789"
)

// IsID reports whether a word is an id of a known form.
func (k Kind) IsID() bool { return k == MMSU || k == UUID || k == XID }

// NamesEndpoint reports whether a word is an endpoint where it stands beside an id.
func (k Kind) NamesEndpoint() bool { return k == Model || k == Family || k == Slashed }

// MayNameEndpoint reports whether a word may be an endpoint where it stands beside an id.
func (k Kind) MayNameEndpoint() bool { return k == Name || k == Loose }

var (
	// known holds the kinds of some words. A word that is a task's and a state is a state.
	known = map[string]Kind{}
	tasks = Set("request task job generation submit submitted submitting queued enqueued polling in_queue in_progress requests tasks jobs generations")
	units = Set("t z s m h d w y x e k g b p v ms us µs ns min sec hr mb gb kb tb mib gib kib px fps am pm st nd rd th utc gmt rc beta alpha kbps mbps")
	// fileEnds are the ends of file names that hold a digit.
	fileEnds = Set("mp4 mp3 m4a m4v 7z")
)

func init() {
	for _, list := range []struct {
		kind  Kind
		words string
	}{
		{Task, "request task job generation submit submitting enqueued polling requests tasks jobs generations"},
		{Family, "wan nano banana kling seedance seedream flux veo sora hailuo minimax vidu pixverse luma ideogram recraft imagen qwen hunyuan ltx sdxl suno"},
		{Status, "queued in_queue inqueue running in_progress inprogress processing pending submitted completed done succeeded success ok failed error timeout canceled cancelled expired not_found generating new"},
	} {
		for word := range strings.FieldsSeq(list.words) {
			known[word] = list.kind
		}
	}
}

// Set returns the words of a list.
func Set(list string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		m[word] = true
	}
	return m
}

// IsTask reports whether a word tells that something is said of a task.
func IsTask(word string) bool { return tasks[strings.ToLower(word)] }

// Shape returns what a word is that carries no quotes or punctuation around it. The
// default endpoint is the name of a model.
func Shape(word, endpoint string) Kind {
	if k := IDShape(word); k != Other || len(word) > MaxID {
		return k
	}
	lower := strings.ToLower(word)
	k, ok := known[lower]
	switch {
	case ok:
		return k
	case isNumber(lower):
		return Number
	case isFile(lower) && word != endpoint:
		return Other
	case strings.Contains(word, "/"):
		return slashShape(word, lower, endpoint)
	case IsModel(word, endpoint):
		return Model
	}
	return looseShape(word)
}

// looseShape returns whether a word of no known kind may be an id or a name. A hash is none.
func looseShape(word string) Kind {
	named := HasDigit(word) && anyByte(word, IsLetter)
	switch {
	case !FitsEndpoint(word), strings.Contains(word, "."), (len(word) == 40 || len(word) == 64) && allBytes(word, isHex):
		return Other
	case named && len(word) >= MinID:
		return Loose
	case named || strings.Contains(word, "_"):
		return Name
	}
	return Other
}

// IDShape returns which form of id a word has, Other for none.
func IDShape(word string) Kind {
	switch {
	case len(word) == 36 && isUUID(word):
		return UUID
	case len(word) == 20 && isXID(word):
		return XID
	}
	if rest, ok := strings.CutPrefix(word, Prefix); ok && allBytes(rest, isLowerAlnum) {
		switch {
		case len(rest) == longID:
			return MMSU
		case len(rest) >= shortID && len(rest) < longID && HasDigit(rest):
			return Short
		}
	}
	if isCut(word) {
		return Cut
	}
	return Other
}

func isUUID(word string) bool {
	for i := range len(word) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (word[i] == '-') || !dash && !isHex(word[i]) {
			return false
		}
	}
	return true
}

func isXID(word string) bool {
	found := 0
	for i := range len(word) {
		if isDigit(word[i]) {
			found++
		} else if word[i] < 'a' || word[i] > 'v' {
			return false
		}
	}
	last := word[len(word)-1]
	return found >= minXIDDigits && (word[0] == 'c' || word[0] == 'd') && (last == '0' || last == 'g')
}

// slashShape returns what a word with a slash in it is: a model, endpoint/id, what may be
// an endpoint, or something else, such as a path.
func slashShape(word, lower, endpoint string) Kind {
	if !FitsEndpoint(word) {
		return Other
	}
	at := strings.LastIndexByte(word, '/')
	switch last := word[at+1:]; {
	case IDShape(last).IsID():
		return Pair
	case word != endpoint && strings.Count(word, "/") == 1 && Shape(last, endpoint) == Loose && (known[lower[:at]] == Family || IsModel(word[:at], endpoint)):
		return LoosePair
	case IsModel(word, endpoint):
		return Model
	}
	for segment := range strings.SplitSeq(word, "/") {
		if !anyByte(segment, IsLetter) {
			return Other
		}
	}
	return Slashed
}

// IsModel reports whether a word is the name of a model: a family is among its parts, or
// it is the default endpoint.
func IsModel(word, endpoint string) bool {
	lower := strings.ToLower(word)
	first, _, slash := strings.Cut(lower, "/")
	switch {
	case !anyByte(word, func(b byte) bool { return b < 'A' || b == '_' }) || !FitsEndpoint(word) || slash && strings.Contains(first, "."):
		return false
	case word == endpoint, first == "fal-ai" && slash:
		return true
	}
	for part := range strings.FieldsFuncSeq(lower, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if known[part] == Family {
			return true
		}
	}
	return false
}

// FitsEndpoint reports whether a text can be an endpoint.
func FitsEndpoint(text string) bool {
	return text != "" && len(text) <= MaxID && IsAlnum(text[0]) && text[len(text)-1] != '/' && !strings.Contains(text, "//") && !strings.Contains(text, "..") &&
		allBytes(text, func(b byte) bool { return IsAlnum(b) || b == '_' || b == '.' || b == '/' || b == '-' })
}

// FitsID reports whether a text can be a request id where only one can stand.
func FitsID(text string) bool {
	return len(text) <= MaxID && strings.Trim(text, ".") != "" && allBytes(text, func(b byte) bool { return IsAlnum(b) || strings.IndexByte("_-.:~", b) >= 0 })
}

// IsNumeral reports whether a text is digits alone.
func IsNumeral(text string) bool { return allBytes(text, isDigit) }

// isNumber reports whether a lower-case word is a number, date, time, duration, size or
// version: runs of digits with nothing but punctuation and units between them.
func isNumber(word string) bool {
	for word != "" && strings.IndexByte("+-~<>$#v=", word[0]) >= 0 {
		word = word[1:]
	}
	word = strings.TrimPrefix(word, "€")
	if word == "" || !isDigit(word[0]) {
		return false
	}
	for i := 0; i < len(word); {
		start := i
		for i < len(word) && word[i] >= 'a' {
			i++
		}
		if i > start && !units[word[start:i]] {
			return false
		} else if i == start {
			i++
		}
	}
	return true
}

// isFile reports whether a lower-case word is the name of a file or of a host.
func isFile(word string) bool {
	at := strings.LastIndexByte(word, '.')
	return at > 0 && (fileEnds[word[at+1:]] || len(word)-at > 2 && allBytes(word[at+1:], IsLetter))
}

var cuts = strings.NewReplacer("...", "", "…", "")

// isCut reports whether a word is an id cut short by whatever showed it.
func isCut(word string) bool {
	if !strings.Contains(word, "…") && !strings.Contains(word, "...") {
		return false
	}
	rest := cuts.Replace(word)
	return len(rest) >= shortID && FitsID(rest) && HasDigit(rest) && anyByte(rest, IsLetter) && !isNumber(strings.ToLower(rest))
}
