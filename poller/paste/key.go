package paste

import "strings"

// class says what an id under a key is, by the key's name. The lower, the more it is
// an id of a request.
type class byte

const (
	classA    class = iota // names a service's request id
	classB                 // request_id
	classC                 // task_id, job and their like
	classD                 // id
	classE                 // says nothing
	classN                 // names something else
	classEnd               // names the endpoint
	classNone              // there is no key
)

// isRequest reports whether a class names a request.
func (c class) isRequest() bool { return c <= classD }

var classes = map[string]class{
	"falrequestid": classA, "comfyrequestid": classA, "seacloudrequestid": classA, "providerrequestid": classA,
	"requestid": classB,
	"request":   classC, "taskid": classC, "task": classC, "jobid": classC, "job": classC, "tasksubmitted": classC, "xfalrequestid": classC,
	"id":       classD,
	"endpoint": classEnd, "endpointid": classEnd, "appid": classEnd, "modelid": classEnd, "model": classEnd,
	"modelname": classEnd, "app": classEnd, "application": classEnd,
}

// endpointOrder is the order in which a record's endpoint keys count.
var endpointOrder = []string{"endpoint", "endpointid", "appid", "modelid", "model", "modelname", "app", "application"}

var (
	otherEnds  = []string{"id", "uuid", "guid", "key", "token", "secret", "hash", "sha"}
	otherThing = set("authorization bearer password trace traceparent span session user account customer order cookie device client commit etag digest checksum seed ray volume pod container image build run version setcookie cfray servertiming")
)

// plainKey returns a key without what does not count in it: case, separators, a
// number at the end, and the prefixes data- and env:.
func plainKey(key string) string {
	plain := make([]byte, 0, 24)
	for i := range len(key) {
		switch b := key[i]; {
		case b >= 'A' && b <= 'Z':
			plain = append(plain, b|0x20)
		case isAlnum(b):
			plain = append(plain, b)
		case b >= 0x80:
			return key
		}
		if len(plain) > 40 {
			break
		}
	}
	text := strings.TrimRight(string(plain), "0123456789")
	if strings.HasPrefix(strings.ToLower(key), "data-") {
		text = strings.TrimPrefix(text, "data")
	}
	if strings.HasPrefix(strings.TrimLeft(key, "$"), "env:") {
		text = strings.TrimPrefix(text, "env")
	}
	return text
}

// classOf returns the class of a key.
func (p *parser) classOf(key string) class {
	if key == "" {
		return classNone
	}
	if c, ok := p.classes[key]; ok {
		return c
	}
	c := findClass(plainKey(key))
	if len(p.classes) < mostKept {
		p.classes[strings.Clone(key)] = c
	}
	return c
}

func findClass(plain string) class {
	single := strings.TrimSuffix(plain, "s")
	if c, ok := classes[plain]; ok {
		return c
	}
	if c, ok := classes[single]; ok {
		return c
	}
	if otherThing[plain] || otherThing[single] || strings.HasPrefix(plain, "sha") && len(plain) == 3 {
		return classN
	}
	for _, end := range otherEnds {
		if strings.HasSuffix(single, end) {
			return classN
		}
	}
	return classE
}

// serviceOf returns the service that a key names, "" for none.
func serviceOf(key string) string {
	plain := plainKey(key)
	switch {
	case strings.HasPrefix(plain, "fal"), strings.HasPrefix(plain, "xfal"):
		return fal
	case strings.HasPrefix(plain, "comfy"):
		return comfy
	case strings.HasPrefix(plain, "seacloud"):
		return seacloud
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
	return first == '{' && last == '}' || first == '<' && last == '>' || first == '$' || first == '%' && last == '%' ||
		first == ':' && len(text) > 1 && isLetter(text[1]) || strings.HasPrefix(text, "\\(") || first == '#' && last == '}'
}
