package words

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Class is what a key names. The lower the class, the more likely an id under the key is a request's.
type Class byte

const (
	ServiceKey  Class = iota // the request id of a service, such as fal_request_id
	RequestKey               // request_id
	TaskKey                  // task_id, job and the like
	IDKey                    // id
	PlainKey                 // a key that says nothing about its value
	OtherKey                 // the id of something else, such as trace_id
	EndpointKey              // an endpoint
	WebKey                   // a part of a web access, such as its method
	NoKey                    // there is no key
)

// IsMeaningful reports whether there is a key that says something about its value.
func (c Class) IsMeaningful() bool { return c != PlainKey && c != NoKey }

var (
	// classes holds the normalized keys of each class. otherSuffixes are those of further OtherKeys.
	classes = map[Class]map[string]bool{
		ServiceKey:  SetOf("falrequestid comfyrequestid seacloudrequestid providerrequestid"),
		RequestKey:  SetOf("requestid"),
		TaskKey:     SetOf("request taskid task jobid job tasksubmitted"),
		IDKey:       SetOf("id"),
		PlainKey:    SetOf("xfalrequestid"),
		EndpointKey: SetOf("endpoint endpointid appid modelid model modelname app application"),
		WebKey:      SetOf("method httpmethod verb"),
		OtherKey:    SetOf("authorization bearer password trace traceparent span session user account customer order cookie device client commit etag digest checksum seed ray volume pod container image build run version setcookie cfray servertiming invoice payment charge correlation deployment invocation"),
	}
	otherSuffixes = strings.Fields("id uuid guid key token secret hash sha")
	// keyForm matches a key, of four words at most.
	keyForm = regexp.MustCompile(`^[$@*]*[A-Za-z][\w.$@:/*-]*(?: [\w.$@:/*-]*){0,3}$`)
	// letterKey is keyForm with the letters of other languages, which takes longer to match.
	letterKey = regexp.MustCompile(`^[$@*]*\pL[\pL\w.$@:/*-]*(?: [\pL\w.$@:/*-]*){0,3}$`)
	nullWords = SetOf(`\n null none nil undefined nan - n/a na <nil> <null> (null) <none>`)
)

// NormalizeKey returns a key in lower case, without separators, a number at its end, data- and env:.
func NormalizeKey(key string) string {
	key = strings.TrimLeft(strings.ToLower(key), "-$")
	key = strings.TrimPrefix(strings.TrimPrefix(key, "data-"), "env:")
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && !IsAlnum(byte(r)) {
			return -1
		}
		return r
	}, key), digits)
}

// ClassOf returns the class of a key.
func ClassOf(key string) Class {
	normalized := NormalizeKey(key)
	single := strings.TrimSuffix(normalized, "s")
	for c := range NoKey {
		if classes[c][normalized] || classes[c][single] {
			return c
		}
	}
	if slices.ContainsFunc(otherSuffixes, func(suffix string) bool { return strings.HasSuffix(single, suffix) }) {
		return OtherKey
	}
	return PlainKey
}

var (
	// keyWordForm matches the words in a key such as KLING_JOB or klingJob.
	keyWordForm = regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)
	// isTask holds words that only a key of a task contains.
	isTask = SetOf("job jobs task tasks request requests id ids")
)

// KeyKind returns the kind of a key as a word: that of KindOf, but Variable if it contains a model's name
// and also a capital letter or a word such as job.
func KeyKind(key, endpoint string) Kind {
	parts := keyWordForm.FindAllString(key, -1)
	has := func(set map[string]bool) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return set[strings.ToLower(part)] })
	}
	if key != endpoint && has(isFamily) && (key != strings.ToLower(key) || has(isTask)) {
		return Variable
	}
	return KindOf(key, endpoint)
}

// IsKey reports whether a text has the form of a key.
func IsKey(key string) bool {
	return (keyForm.MatchString(key) || strings.ContainsFunc(key, isForeign) && letterKey.MatchString(key)) && IDKind(key) == Other
}

func isForeign(r rune) bool { return r >= utf8.RuneSelf }

// IsNull reports whether a text stands for no value, as null does.
func IsNull(text string) bool { return nullWords[strings.ToLower(text)] }

// IsNoValue reports whether a text says that there is no value yet: null, a state, a placeholder, nothing.
func IsNoValue(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || IsNull(text) || isStatus[strings.ToLower(text)] || isPlaceholder(text)
}

// isPlaceholder reports whether a text is a placeholder, such as $ID, {id}, <id>, %ID% or :id.
func isPlaceholder(text string) bool {
	return text != "" && strings.IndexByte("$:{#<%", text[0]) >= 0 && placeholderForm.MatchString(text)
}

var placeholderForm = regexp.MustCompile(`^(?:[$:]|[{#].*\}$|<.*>$|%.*%$)`)
