package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Bounds on what a result may hold, so that a hostile or broken one can't fill
// the memory: outputs, entries of metadata, and the depth of JSON looked into.
const (
	maxOutputs  = 1000
	maxMetadata = 200
	maxNesting  = 6
)

// Result is what a request that has succeeded has made.
type Result struct {
	Outputs []Output
	// Metadata is all else that the result tells, such as the prompt: in the
	// order of the names.
	Metadata []Field
	// Raw is the body as it came, without the user's secrets.
	Raw []byte
}

// Output is one thing that was made. What the service did not tell is zero.
type Output struct {
	// Type is image, video, audio or another word of the service's.
	Type string
	// URL is where it can be fetched: on another host as a rule, and so
	// without the key.
	URL           string
	ContentType   string
	FileName      string
	Width, Height int
	FileSize      int64   // bytes
	Duration      float64 // seconds
	// Content is the output itself, where it is text.
	Content string
}

// Field is a named value of a result's metadata.
type Field struct {
	Name, Value string
}

// Result fetches what a request has made. It returns false for done when the
// service says that it has not finished (HTTP 202, which is no error).
func (c *Client) Result(ctx context.Context, r Request) (result Result, done bool, fault *Fault) {
	got, fault := c.do(ctx, http.MethodGet, r.ResponseURL(), r.Base, MaxAnswerBytes)
	if fault == nil {
		fault = got.fault()
	}
	switch {
	case fault != nil:
		return Result{}, false, c.redactFault(fault)
	case got.code == http.StatusAccepted:
		return Result{}, false, nil
	}
	result, fault = DecodeResult(got.body)
	if fault != nil {
		fault.HTTP = got.code
		return Result{}, false, c.redactFault(fault)
	}
	return result, true, nil
}

// DecodeResult reads a result. SeaCloud's has its outputs in a list of that
// name; fal's and Comfy Router's have them under names of each model's own, so
// there every object with a URL in it is an output.
func DecodeResult(body []byte) (Result, *Fault) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return Result{}, &Fault{Kind: BadAnswer, Message: notJSON(body), Raw: body}
	}
	result := Result{Raw: body}
	if list, ok := fields["outputs"]; ok {
		result.Outputs = outputs(list)
		delete(fields, "outputs")
	} else {
		for _, name := range sortedNames(fields) {
			found := findOutputs(fields[name], name, 0)
			if len(found) > 0 {
				result.Outputs = append(result.Outputs, found...)
				delete(fields, name)
			}
		}
	}
	result.Outputs = result.Outputs[:min(len(result.Outputs), maxOutputs)]
	delete(fields, "request_id")
	var metadata map[string]json.RawMessage
	if json.Unmarshal(fields["metadata"], &metadata) == nil && metadata != nil {
		result.Metadata = metadataOf(metadata)
		delete(fields, "metadata")
	}
	result.Metadata = append(result.Metadata, metadataOf(fields)...)
	result.Metadata = result.Metadata[:min(len(result.Metadata), maxMetadata)]
	return result, nil
}

// outputs reads SeaCloud's list of outputs.
func outputs(raw json.RawMessage) []Output {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var found []Output
	for _, item := range list[:min(len(list), maxOutputs)] {
		if o, ok := outputOf(item, ""); ok {
			found = append(found, o)
		} else if s := text(item); webURL(s) {
			found = append(found, Output{URL: s})
		}
	}
	return found
}

// findOutputs looks for objects with a URL, however deep; name is the field that
// they stand in, which tells their type where they do not.
func findOutputs(raw json.RawMessage, name string, depth int) []Output {
	if depth > maxNesting {
		return nil
	}
	if o, ok := outputOf(raw, strings.TrimSuffix(name, "s")); ok {
		return []Output{o}
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		var found []Output
		for _, item := range list[:min(len(list), maxOutputs)] {
			found = append(found, findOutputs(item, name, depth+1)...)
		}
		return found
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	var found []Output
	for _, field := range sortedNames(fields) {
		found = append(found, findOutputs(fields[field], field, depth+1)...)
	}
	return found
}

// outputOf reads one output: an object with a URL on the web, or with content.
func outputOf(raw json.RawMessage, kind string) (Output, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return Output{}, false
	}
	o := Output{
		Type: text(fields["type"]), URL: text(fields["url"]), ContentType: text(fields["content_type"]),
		FileName: text(fields["file_name"]), Content: text(fields["content"]),
	}
	if !webURL(o.URL) {
		o.URL = ""
	}
	if o.URL == "" && o.Content == "" {
		return Output{}, false
	}
	if o.Type == "" {
		o.Type = kind
	}
	// A field of a wrong type stays zero.
	_ = json.Unmarshal(fields["width"], &o.Width)
	_ = json.Unmarshal(fields["height"], &o.Height)
	_ = json.Unmarshal(fields["file_size"], &o.FileSize)
	_ = json.Unmarshal(fields["duration"], &o.Duration)
	return o, true
}

// webURL reports whether a text is a URL that a browser may be given.
func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// metadataOf returns fields as names and values: texts as they are, others as
// JSON.
func metadataOf(fields map[string]json.RawMessage) []Field {
	out := make([]Field, 0, len(fields))
	for _, name := range sortedNames(fields) {
		value := text(fields[name])
		if value == "" {
			if value = string(bytes.TrimSpace(fields[name])); value == `""` || value == "null" {
				continue
			}
		}
		out = append(out, Field{Name: clip(name, 100), Value: clip(value, maxMessage)})
	}
	return out
}

func sortedNames(fields map[string]json.RawMessage) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
