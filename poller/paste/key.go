package paste

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// class says what a key names. The lower, the more an id under it is one of a request.
type class byte

const (
	serviceKey  class = iota // names a service's request id
	requestKey               // request_id
	taskKey                  // task_id, job and their like
	idKey                    // id
	plainKey                 // says nothing
	otherKey                 // names something else
	endpointKey              // names the endpoint
	webKey                   // tells of a web access
	noKey                    // there is no key
)

func (c class) isKnown() bool { return c != plainKey && c != noKey }

var (
	// classes holds the keys of each class, folded. The ends are those of other things.
	classes = map[class]map[string]bool{
		serviceKey:  setOf("falrequestid comfyrequestid seacloudrequestid providerrequestid"),
		requestKey:  setOf("requestid"),
		taskKey:     setOf("request taskid task jobid job tasksubmitted"),
		idKey:       setOf("id"),
		plainKey:    setOf("xfalrequestid"),
		endpointKey: setOf("endpoint endpointid appid modelid model modelname app application"),
		webKey:      setOf("method httpmethod verb"),
		otherKey:    setOf("authorization bearer password trace traceparent span session user account customer order cookie device client commit etag digest checksum seed ray volume pod container image build run version setcookie cfray servertiming invoice payment charge correlation deployment invocation"),
	}
	otherEnds = strings.Fields("id uuid guid key token secret hash sha")
	// keyForm matches a key. It has at most four words.
	keyForm  = regexp.MustCompile(`^[$@*]*[A-Za-z][\w.$@:/*-]*(?: [\w.$@:/*-]*){0,3}$`)
	noValues = setOf(`\n null none nil undefined nan - n/a na <nil> <null> (null) <none>`)
)

// fold returns a key without case, separators, a number at the end, data- and env:.
func fold(key string) string {
	key = strings.TrimLeft(strings.ToLower(key), "-$")
	key = strings.TrimPrefix(strings.TrimPrefix(key, "data-"), "env:")
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && !isAlnum(byte(r)) {
			return -1
		}
		return r
	}, key), digits)
}

// classOf returns the class of a key.
func classOf(key string) class {
	folded := fold(key)
	single := strings.TrimSuffix(folded, "s")
	for c := range noKey {
		if classes[c][folded] || classes[c][single] {
			return c
		}
	}
	if slices.ContainsFunc(otherEnds, func(end string) bool { return strings.HasSuffix(single, end) }) {
		return otherKey
	}
	return plainKey
}

func isKey(key string) bool   { return keyForm.MatchString(key) && idShape(key) == otherWord }
func isNull(text string) bool { return noValues[strings.ToLower(text)] }

// isNothing reports whether a value says that there is none, or none yet.
func isNothing(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || isNull(text) || isStatus[strings.ToLower(text)] || isPlaceholder(text)
}

// isPlaceholder reports whether a text stands for a value, as $ID, {id}, <id>, %ID%, :id do.
func isPlaceholder(text string) bool {
	return text != "" && has("$:\\{#<%", text[0]) && placeholderForm.MatchString(text)
}

var placeholderForm = regexp.MustCompile(`^(?:[$:\\]|[{#].*\}$|<.*>$|%.*%$)`)
