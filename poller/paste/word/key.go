package word

import (
	"slices"
	"strings"

	"polltop/poller/queue"
)

// Class says what an id under a key is, by the key's name. The lower, the more it is an id
// of a request.
type Class byte

const (
	ServiceKey  Class = iota // names a service's request id
	RequestKey               // request_id
	TaskKey                  // task_id, job and their like
	IDKey                    // id
	PlainKey                 // says nothing
	OtherKey                 // names something else
	EndpointKey              // names the endpoint
	NoKey                    // there is no key
)

// IsKnown reports whether a key of the class says something.
func (c Class) IsKnown() bool { return c != PlainKey && c != NoKey }

// endpointKeys are the keys of an endpoint, in the order in which they count. From
// onlyModels on they also name programs, so that only the name of a model counts.
var endpointKeys = []string{"endpoint", "endpointid", "appid", "modelid", "model", "modelname", "app", "application"}

const onlyModels = 6

var (
	// classes holds the known keys, folded.
	classes   = map[string]Class{"requestid": RequestKey, "id": IDKey}
	otherEnds = []string{"id", "uuid", "guid", "key", "token", "secret", "hash", "sha"}
	noValues  = Set("null none nil undefined nan - n/a na <nil> <null> (null) <none>")
)

func init() {
	for class, keys := range map[Class]string{
		ServiceKey:  "falrequestid comfyrequestid seacloudrequestid providerrequestid",
		TaskKey:     "request taskid task jobid job tasksubmitted xfalrequestid",
		EndpointKey: strings.Join(endpointKeys, " "),
		OtherKey:    "authorization bearer password trace traceparent span session user account customer order cookie device client commit etag digest checksum seed ray volume pod container image build run version setcookie cfray servertiming",
	} {
		for key := range strings.FieldsSeq(keys) {
			classes[key] = class
		}
	}
}

// maxFolded bounds the length of a key that may be known, in bytes.
const maxFolded = 40

// Fold returns a key without what does not count in it: case, separators, a number at the
// end, and the prefixes data- and env:.
func Fold(key string) string {
	folded := make([]byte, 0, maxFolded)
	for i := 0; i < len(key) && len(folded) < maxFolded; i++ {
		switch b := key[i]; {
		case IsLetter(b):
			folded = append(folded, b|0x20)
		case IsAlnum(b):
			folded = append(folded, b)
		case b >= 0x80:
			return key
		case (b == ':' || b == '-') && (string(folded) == "env" || string(folded) == "data"):
			folded = folded[:0]
		}
	}
	return strings.TrimRight(string(folded), Digits)
}

// ClassOf returns the class of a key.
func ClassOf(key string) Class {
	if key == "" {
		return NoKey
	}
	folded := Fold(key)
	single := strings.TrimSuffix(folded, "s")
	for _, k := range []string{folded, single} {
		if c, ok := classes[k]; ok {
			return c
		}
	}
	for _, end := range otherEnds {
		if strings.HasSuffix(single, end) {
			return OtherKey
		}
	}
	return PlainKey
}

// Rank returns how early a key of an endpoint counts, from 0. Models says that it does with
// the name of a model alone, and asks that a text under it which is no endpoint names one.
func Rank(key string) (rank int, models, asks bool) {
	rank = max(0, slices.Index(endpointKeys, strings.TrimSuffix(Fold(key), "s")))
	return rank, rank >= onlyModels, strings.HasPrefix(endpointKeys[rank], "model")
}

// IsKey reports whether a text is a key: at most four words, which begin with a letter.
func IsKey(key string) bool {
	key = strings.TrimLeft(key, "$@*")
	if key == "" || !IsLetter(key[0]) || strings.Count(key, " ") > 3 || IDShape(key) != Other {
		return false
	}
	return allBytes(key, func(b byte) bool { return IsAlnum(b) || strings.IndexByte("_-.$@: /*", b) >= 0 })
}

// ServiceOf returns the service that a key names, "" for none.
func ServiceOf(key string) string {
	folded := strings.TrimPrefix(Fold(key), "x")
	for _, service := range queue.Services() {
		if strings.HasPrefix(folded, service) {
			return service
		}
	}
	return ""
}

// IsNull reports whether a text is how a language or a program writes that there is no value.
func IsNull(text string) bool { return noValues[strings.ToLower(text)] }

// IsNothing reports whether a value says that there is none, or none yet.
func IsNothing(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || IsNull(text) || known[strings.ToLower(text)] == Status || IsPlaceholder(text)
}

// IsPlaceholder reports whether a text stands for a value that is filled in later, as $ID,
// {id}, <id>, #{id}, %ID%, :id and \(id) do.
func IsPlaceholder(text string) bool {
	if text == "" {
		return false
	}
	last := text[len(text)-1]
	switch text[0] {
	case '{', '#':
		return last == '}'
	case '<':
		return last == '>'
	case '%':
		return last == '%'
	case ':':
		return len(text) > 1 && IsLetter(text[1])
	case '\\':
		return strings.HasPrefix(text, `\(`)
	}
	return text[0] == '$'
}
