package paste

import (
	"strings"

	"polltop/poller/queue"
)

// class says what an id under a key is, by the key's name. The lower, the more it is an
// id of a request.
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

// isKnown reports whether a key of the class says something.
func (c class) isKnown() bool { return c != classPlain && c != classNone }

// endpointKeys are the keys of an endpoint, in the order in which they count. From
// onlyModels on they also name programs, so that only the name of a model counts.
var endpointKeys = []string{"endpoint", "endpointid", "appid", "modelid", "model", "modelname", "app", "application"}

const onlyModels = 6

var (
	// keyClasses holds the known keys, as plainKey makes them.
	keyClasses = map[string]class{"requestid": classRequest, "id": classID}
	otherEnds  = []string{"id", "uuid", "guid", "key", "token", "secret", "hash", "sha"}
	// statusKeys tell what became of a request.
	statusKeys = set("status state taskstatus jobstatus requeststatus outcome phase")
	// listKeys are the keys of a list whose values stand for themselves.
	listKeys = set("ids data items results")
)

func init() {
	for c, keys := range map[class]string{
		classService:  "falrequestid comfyrequestid seacloudrequestid providerrequestid",
		classTask:     "request taskid task jobid job tasksubmitted xfalrequestid",
		classEndpoint: strings.Join(endpointKeys, " "),
		classOther:    "authorization bearer password trace traceparent span session user account customer order cookie device client commit etag digest checksum seed ray volume pod container image build run version setcookie cfray servertiming",
	} {
		for key := range strings.FieldsSeq(keys) {
			keyClasses[key] = c
		}
	}
}

// maxPlainKey bounds the length of a key that may be known, in bytes.
const maxPlainKey = 40

// plainKey returns a key without what does not count in it: case, separators, a number at
// the end, and the prefixes data- and env:.
func plainKey(key string) string {
	plain := make([]byte, 0, maxPlainKey)
	for i := 0; i < len(key) && len(plain) < maxPlainKey; i++ {
		switch b := key[i]; {
		case isLetter(b):
			plain = append(plain, b|0x20)
		case isAlnum(b):
			plain = append(plain, b)
		case b >= 0x80:
			return key
		case (b == ':' || b == '-') && (string(plain) == "env" || string(plain) == "data"):
			plain = plain[:0]
		}
	}
	return strings.TrimRight(string(plain), digits)
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
	for _, key := range []string{plain, single} {
		if c, ok := keyClasses[key]; ok {
			return c
		}
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
	for _, service := range queue.Services() {
		if strings.HasPrefix(plain, service) {
			return service
		}
	}
	return ""
}

// isNothing reports whether a value says that there is none.
func isNothing(value string) bool {
	value = strings.ToLower(strings.TrimSpace(value))
	return value == "" || noValues[value] || words[value]&isStatus != 0 || isPlaceholder(value)
}

// isPlaceholder reports whether a text stands for a value that is filled in later, as $ID,
// {id}, <id>, #{id}, %ID%, :id and \(id) do.
func isPlaceholder(text string) bool {
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
		return len(text) > 1 && isLetter(text[1])
	case '\\':
		return strings.HasPrefix(text, `\(`)
	}
	return text[0] == '$'
}
