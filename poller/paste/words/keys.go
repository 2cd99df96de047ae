package words

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Class says what a key names. The lower, the more an id under it is one of a request.
type Class byte

const (
	ServiceKey  Class = iota // names a service's request id
	RequestKey               // request_id
	TaskKey                  // task_id, job and their like
	IDKey                    // id
	PlainKey                 // says nothing
	OtherKey                 // names something else
	EndpointKey              // names the endpoint
	WebKey                   // describes a web access
	NoKey                    // there is no key
)

// IsKnown reports whether there is a key that says something.
func (c Class) IsKnown() bool { return c != PlainKey && c != NoKey }

var (
	// classes holds the keys of each class, folded. The ends are those of other things.
	classes = map[Class]map[string]bool{
		ServiceKey:  Set("falrequestid comfyrequestid seacloudrequestid providerrequestid"),
		RequestKey:  Set("requestid"),
		TaskKey:     Set("request taskid task jobid job tasksubmitted"),
		IDKey:       Set("id"),
		PlainKey:    Set("xfalrequestid"),
		EndpointKey: Set("endpoint endpointid appid modelid model modelname app application"),
		WebKey:      Set("method httpmethod verb"),
		OtherKey:    Set("authorization bearer password trace traceparent span session user account customer order cookie device client commit etag digest checksum seed ray volume pod container image build run version setcookie cfray servertiming invoice payment charge correlation deployment invocation"),
	}
	otherEnds = strings.Fields("id uuid guid key token secret hash sha")
	// keyForm matches a key. It has at most four words.
	keyForm  = regexp.MustCompile(`^[$@*]*[A-Za-z][\w.$@:/*-]*(?: [\w.$@:/*-]*){0,3}$`)
	noValues = Set(`\n null none nil undefined nan - n/a na <nil> <null> (null) <none>`)
)

// Fold returns a key without case, separators, a number at the end, data- and env:.
func Fold(key string) string {
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
	folded := Fold(key)
	single := strings.TrimSuffix(folded, "s")
	for c := range NoKey {
		if classes[c][folded] || classes[c][single] {
			return c
		}
	}
	if slices.ContainsFunc(otherEnds, func(end string) bool { return strings.HasSuffix(single, end) }) {
		return OtherKey
	}
	return PlainKey
}

var (
	// partForm matches the parts of a key, as of KLING_JOB and klingJob.
	partForm = regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)
	// isTask holds the parts of a key that is a task's and not a model's.
	isTask = Set("job jobs task tasks request requests id ids")
)

// KeyKind returns what a key is as a word: as KindOf, but Variable where it has a model's name
// in it and also capitals or the word of a task.
func KeyKind(key, endpoint string) Kind {
	parts := partForm.FindAllString(key, -1)
	has := func(set map[string]bool) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return set[strings.ToLower(part)] })
	}
	if key != endpoint && has(isFamily) && (key != strings.ToLower(key) || has(isTask)) {
		return Variable
	}
	return KindOf(key, endpoint)
}

// IsKey reports whether a text has the form of a key, and IsNull whether it says that there is
// no value.
func IsKey(key string) bool   { return keyForm.MatchString(key) && IDKind(key) == Other }
func IsNull(text string) bool { return noValues[strings.ToLower(text)] }

// IsNothing reports whether a value says that there is none, or none yet.
func IsNothing(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || IsNull(text) || isStatus[strings.ToLower(text)] || isPlaceholder(text)
}

// isPlaceholder reports whether a text stands for a value, as $ID, {id}, <id>, %ID%, :id do.
func isPlaceholder(text string) bool {
	return text != "" && strings.IndexByte("$:\\{#<%", text[0]) >= 0 && placeholderForm.MatchString(text)
}

var placeholderForm = regexp.MustCompile(`^(?:[$:\\]|[{#].*\}$|<.*>$|%.*%$)`)
