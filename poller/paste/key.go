package paste

import "strings"

// class says what an id under a key is, by the key's name. The lower, the more it is
// an id of a request.
type class byte

const (
	classService  class = iota // names a service's request id
	classRequest               // request_id
	classTask                  // task_id, job and their like
	classID                    // id
	classPlain                 // says nothing
	classOther                 // names something else
	classEndpoint              // names the endpoint
	classNone                  // there is no key
)

// isRequest reports whether a class may name a request.
func (c class) isRequest() bool { return c <= classID }

// keyClasses holds the known keys, as plainKey makes them.
var keyClasses = map[string]class{
	"falrequestid": classService, "comfyrequestid": classService, "seacloudrequestid": classService, "providerrequestid": classService,
	"requestid": classRequest,
	"request":   classTask, "taskid": classTask, "task": classTask, "jobid": classTask, "job": classTask, "tasksubmitted": classTask, "xfalrequestid": classTask,
	"id": classID,
}

// endpointKeys are the keys of an endpoint, in the order in which they count. The last
// two also name programs, so that only the name of a model counts under them.
var endpointKeys = []string{"endpoint", "endpointid", "appid", "modelid", "model", "modelname", "app", "application"}

// onlyModels is the index of the first of those.
const onlyModels = 6

var (
	otherEnds = []string{"id", "uuid", "guid", "key", "token", "secret", "hash", "sha"}
	otherKeys = set("authorization bearer password trace traceparent span session user account customer order cookie device client commit etag digest checksum seed ray volume pod container image build run version setcookie cfray servertiming")
	// statusKeys tell what became of a request.
	statusKeys = set("status state taskstatus jobstatus requeststatus outcome phase")
)

func init() {
	for _, key := range endpointKeys {
		keyClasses[key] = classEndpoint
	}
}

// maxPlainKey bounds the length of a key that may be known, in bytes.
const maxPlainKey = 40

// plainKey returns a key without what does not count in it: case, separators, a
// number at the end, and the prefixes data- and env:.
func plainKey(key string) string {
	key = strings.TrimLeft(key, "$-@*")
	if len(key) > 4 && strings.EqualFold(key[:4], "env:") {
		key = key[4:]
	} else if len(key) > 5 && strings.EqualFold(key[:5], "data-") {
		key = key[5:]
	}
	plain := make([]byte, 0, maxPlainKey)
	for i := 0; i < len(key) && len(plain) < maxPlainKey; i++ {
		switch b := key[i]; {
		case b >= 'A' && b <= 'Z':
			plain = append(plain, b|0x20)
		case isAlnum(b):
			plain = append(plain, b)
		case b >= 0x80:
			return key
		}
	}
	return strings.TrimRight(string(plain), "0123456789")
}

// classOf returns the class of a key.
func (p *parser) classOf(key string) class {
	if key == "" {
		return classNone
	}
	c, ok := p.classes[key]
	if !ok {
		c = findClass(plainKey(key))
		if len(p.classes) < mostKept {
			p.classes[strings.Clone(key)] = c
		}
	}
	return c
}

func findClass(plain string) class {
	single := strings.TrimSuffix(plain, "s")
	if c, ok := keyClasses[plain]; ok {
		return c
	}
	if c, ok := keyClasses[single]; ok {
		return c
	}
	if otherKeys[plain] || otherKeys[single] {
		return classOther
	}
	for _, end := range otherEnds {
		if strings.HasSuffix(single, end) {
			return classOther
		}
	}
	return classPlain
}

// serviceOf returns the service that a key names, "" for none.
func serviceOf(key string) string {
	plain := strings.TrimPrefix(plainKey(key), "x")
	for _, service := range []string{fal, comfy, seacloud} {
		if strings.HasPrefix(plain, service) {
			return service
		}
	}
	return ""
}

// isNothing reports whether a value says that there is none.
func isNothing(value string) bool {
	value = strings.ToLower(strings.TrimSpace(value))
	return value == "" || noValues[value] || statuses[value] || isPlaceholder(value)
}

// isPlaceholder reports whether a text stands for a value that is filled in later.
func isPlaceholder(text string) bool {
	if text == "" {
		return false
	}
	first, last := text[0], text[len(text)-1]
	switch first {
	case '{', '#':
		return last == '}'
	case '<':
		return last == '>'
	case '%':
		return last == '%'
	case ':':
		return len(text) > 1 && isLetter(text[1])
	case '\\':
		return strings.HasPrefix(text, `\(`)
	}
	return first == '$'
}
