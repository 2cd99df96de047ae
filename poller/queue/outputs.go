package queue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Bounds on results, so that a hostile or broken one can't fill the memory.
const (
	maxOutputs = 1000
	maxNesting = 8       // how deep nested values are searched for outputs
	maxDecoded = 1 << 10 // the bytes of a list or object that decodeSmall decodes
)

// Output is one output of a request. Unknown fields are zero.
type Output struct {
	Type          string // image, video, audio or another word of the service
	URL           string // usually on another host, which must not receive the key
	ContentType   string
	FileName      string
	Width, Height int
	FileSize      int64   // bytes
	Duration      float64 // seconds
	Content       string  // the output itself if it is text
	// Data is the output itself as a data: URI if the result contains its bytes; Bytes decodes
	// it. It may be megabytes long: never print it.
	Data string
}

// member is a named value of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf returns the members of a JSON object in their order; nil for any other value.
func membersOf(raw json.RawMessage) []member {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	members := []member{}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			break
		}
		members = append(members, member{name.(string), value})
	}
	return members
}

// decodeSmall decodes the members that are strings or at most maxDecoded bytes long.
func decodeSmall(members []member) object {
	fields := make(object, len(members))
	for _, m := range members {
		if m.value[0] == '"' || len(m.value) <= maxDecoded {
			fields[m.name], _ = decode[any](m.value)
		}
	}
	return fields
}

// neverOutput reports whether a member never contains outputs: inputs, data about the request, and
// addresses of the queue.
func neverOutput(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains([]string{
		"metadata", "input", "inputs", "request", "payload", "parameters", "params", "arguments", "prompt",
		"status_url", "response_url", "cancel_url", "urls", "webhook", "webhook_url", "logs", "metrics", "usage",
		"error", "provider_error", "request_id", "status",
	}, name)
}

// finder collects the outputs of a result in the order of the JSON. allowText in its methods makes
// texts that are no URLs outputs too.
type finder struct {
	outputs []Output
	seen    map[string]bool
}

// addValue adds the outputs in a value; name is the name of its member.
func (f *finder) addValue(name string, raw json.RawMessage, allowText bool, depth int) {
	raw = bytes.TrimSpace(raw)
	if depth > maxNesting || len(raw) == 0 {
		return
	}
	switch raw[0] {
	case '"':
		f.addText(name, text(raw), allowText)
	case '[':
		var list []json.RawMessage
		_ = json.Unmarshal(raw, &list) // an invalid list stays nil
		for _, item := range list[:min(len(list), maxOutputs)] {
			f.addValue(name, item, allowText, depth+1)
		}
	case '{':
		f.addObject(name, membersOf(raw), allowText, depth)
	}
}

func (f *finder) addText(name, s string, allowText bool) {
	o := Output{}
	switch {
	case o.setAddress(s), o.setInline(name, s):
		o.Type = kindOf(name, o.ContentType, o.URL)
	case allowText && strings.TrimSpace(s) != "":
		o.Type, o.Content = "text", s
	default:
		return
	}
	f.add(o)
}

// addObject adds an object if it is an output, and the outputs in it.
func (f *finder) addObject(name string, members []member, allowText bool, depth int) {
	fields := decodeSmall(members)
	o, contentName := outputOf(name, fields, members, allowText)
	if contentName != "" {
		f.add(o)
	}
	for _, m := range members {
		_, isText := fields[m.name].(string)
		if m.name == contentName || neverOutput(m.name) || m.name == "type" || contentName != "" && isText && !strings.HasSuffix(m.name, "_url") {
			continue
		}
		inner := m.name
		if slices.Contains([]string{"url", "content", "sample", "uri"}, inner) {
			inner = name
		}
		f.addValue(inner, m.value, allowText && m.name == "content", depth+1)
	}
}

// outputOf decodes an object that is one output, and returns the name of the member with its content;
// "" for any other object.
func outputOf(name string, fields object, members []member, allowText bool) (o Output, contentName string) {
	o = Output{
		Type:        fields.text("type"),
		ContentType: fields.text("content_type", "mimeType", "mime_type"),
		FileName:    fields.text("file_name"),
		Width:       int(number(fields.scalar("width"), 0, math.MaxInt32, 0)),
		Height:      int(number(fields.scalar("height"), 0, math.MaxInt32, 0)),
		FileSize:    int64(number(fields.scalar("file_size"), 0, 1<<53, 0)),
		Duration:    number(strings.TrimSuffix(fields.scalar("duration"), "s"), 0, math.MaxInt32, 0),
	}
	contentName = o.readContent(fields, members, allowText)
	o.Type = cmp.Or(o.Type, kindOf(name, o.ContentType, cmp.Or(o.URL, o.FileName)))
	return o, contentName
}

// readContent sets the output's URL, data or text from the first member that has one. Without
// allowText a text needs a type, because a transcript has an object with a text for each word.
func (o *Output) readContent(fields object, members []member, allowText bool) (contentName string) {
	for _, name := range []string{"url", "uri", "video_url", "image_url", "audio_url"} {
		if o.setAddress(fields.text(name)) {
			return name
		}
	}
	for _, m := range members {
		if o.setInline(m.name, fields.text(m.name)) {
			return m.name
		}
	}
	allowText = allowText || o.Type == "text" || strings.HasPrefix(o.ContentType, "text/")
	for _, name := range []string{"text", "content", "gcsUri"} {
		if s := fields.text(name); s != "" && !webURL(s) && (allowText || name == "gcsUri") {
			o.Content = s
			return name
		}
	}
	return ""
}

// setAddress sets the output's URL or data to a URL or data: URI, and reports whether the text is one.
func (o *Output) setAddress(s string) bool {
	s = strings.TrimSpace(s)
	if webURL(s) {
		o.URL = s
	} else if kind := dataType(s); kind != "" {
		o.Data, o.ContentType = s, cmp.Or(o.ContentType, kind)
	}
	return o.URL+o.Data != ""
}

// add adds an output unless it was added before.
func (f *finder) add(o Output) {
	key := o.URL + o.Data + o.Content
	if len(f.outputs) >= maxOutputs || f.seen[key] {
		return
	}
	if _, payload, found := strings.Cut(o.Data, ";base64,"); found && o.FileSize == 0 {
		o.FileSize = int64(len(strings.TrimRight(payload, "="))) * 3 / 4
	}
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	f.seen[key] = true
	f.outputs = append(f.outputs, o)
}

// extensions are the kinds of outputs by file name extension.
var extensions = map[string]string{
	".png": "image", ".jpg": "image", ".jpeg": "image", ".webp": "image", ".gif": "image", ".avif": "image", ".svg": "image",
	".mp4": "video", ".mov": "video", ".webm": "video", ".mkv": "video",
	".mp3": "audio", ".wav": "audio", ".flac": "audio", ".ogg": "audio", ".m4a": "audio", ".opus": "audio",
	".glb": "model3d", ".gltf": "model3d", ".obj": "model3d", ".fbx": "model3d", ".usdz": "model3d", ".stl": "model3d", ".ply": "model3d",
}

// kindOf returns the kind of an output by its content type, else by the member's name, else by the
// extension in its address, else "file".
func kindOf(name, contentType, address string) string {
	switch major, _, _ := strings.Cut(contentType, "/"); major {
	case "image", "video", "audio", "text":
		return major
	case "model":
		return "model3d"
	}
	kind := nameKind(name)
	if u, err := url.Parse(address); err == nil && kind == "" {
		kind = extensions[strings.ToLower(path.Ext(u.Path))]
	}
	return cmp.Or(kind, "file")
}

// nameKind returns the kind of output that a member's name implies, such as image for images and
// image_url; "" for none.
func nameKind(name string) string {
	kind := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), "s"), "_url")
	switch kind {
	case "", "url", "uri", "sample", "output", "result", "response", "data", "content", "file", "item", "artifact", "generated", "model_url":
		return ""
	}
	return kind
}

// webURL reports whether a text is an http or https URL without a user name.
func webURL(s string) bool {
	if !strings.HasPrefix(s, "http") && !strings.HasPrefix(s, "HTTP") || len(s) > 8<<10 {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
