package input

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// Payloads reads payloads from a text, one at a time: a JSON object a line, or one JSON array
// of them. An object is the bare parameters, or has them in "input", with "endpoint" and
// "label" beside it.
type Payloads struct {
	name           string // of the text, for errors
	source         paste.Source
	template       poller.Payload // the fields that all payloads have in common
	reader         *bufio.Reader
	read           func() ([]byte, error) // returns the next object; nil before the first
	positionFormat string                 // names an object in errors, with a verb for its number
	number         int                    // of the line or array element that was read last
	keyPrefix      string                 // random, so that keys are unique
}

// NewPayloads returns a reader of payloads, which are copies of template with their own parameters.
func NewPayloads(text io.Reader, name string, source paste.Source, template poller.Payload) *Payloads {
	return &Payloads{name: name, source: source, template: template, reader: bufio.NewReaderSize(text, 64<<10), positionFormat: "line %d", keyPrefix: rand.Text()}
}

// Next returns the next payload and its parameters, and io.EOF after the last. An error names
// the line, or in an array the object.
func (p *Payloads) Next() (payload *poller.Payload, input []byte, err error) {
	if p.read == nil {
		err = p.detectArray()
	}
	var text []byte
	if err == nil {
		text, err = p.read()
	}
	if err == nil {
		payload, input, err = p.payload(text)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s, "+p.positionFormat+": %w", p.name, p.number, err)
	}
	return payload, input, err
}

// detectArray sets read according to whether the text is an array or has an object a line.
func (p *Payloads) detectArray() error {
	for p.number = 1; ; {
		c, _, err := p.reader.ReadRune()
		if err != nil {
			return err
		}
		switch c {
		case '\n':
			p.number++
		case ' ', '\t', '\r', '\ufeff':
		case '[':
			p.positionFormat, p.number = "object %d of the array", 0
			p.read = p.elements()
			return nil
		default:
			p.number--
			p.read = p.lines()
			return p.reader.UnreadRune()
		}
	}
}

// lines returns a function that returns the next line that is not blank.
func (p *Payloads) lines() func() ([]byte, error) {
	lines := bufio.NewScanner(p.reader)
	lines.Buffer(nil, maxPayloadLine)
	return func() ([]byte, error) {
		for lines.Scan() {
			p.number++
			if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
				return bytes.Clone(line), nil
			}
		}
		p.number++
		if errors.Is(lines.Err(), bufio.ErrTooLong) {
			return nil, errTooLong
		}
		return nil, cmp.Or(lines.Err(), io.EOF)
	}
}

// elements returns a function that returns the next element of an array. The opening bracket was read.
func (p *Payloads) elements() func() ([]byte, error) {
	limit := &io.LimitedReader{R: io.MultiReader(strings.NewReader("["), p.reader), N: maxPayloadLine}
	decoder := json.NewDecoder(limit)
	_, _ = decoder.Token() // the bracket
	return func() (text []byte, err error) {
		limit.N = maxPayloadLine
		p.number++
		more := decoder.More()
		if more {
			err = decoder.Decode((*json.RawMessage)(&text))
		} else {
			_, err = decoder.Token()
		}
		switch {
		case err != nil && limit.N <= 0:
			return nil, errTooLong
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("the array is cut short: its end is missing")
		case more || err != nil:
			return text, err
		}
		if rest, err := io.ReadAll(io.LimitReader(io.MultiReader(decoder.Buffered(), p.reader), 1<<10)); err != nil || len(bytes.TrimSpace(rest)) > 0 {
			return nil, errors.Join(errors.New("there is text behind the array: give one array alone"), err)
		}
		return nil, io.EOF
	}
}

var errTooLong = fmt.Errorf("it is longer than %d MiB, the most for a payload: give large files as URLs", queue.MaxInput>>20)

// payload returns the payload and the parameters of an object.
func (p *Payloads) payload(text []byte) (*poller.Payload, []byte, error) {
	var members map[string]json.RawMessage
	switch err := json.Unmarshal(text, &members); {
	case !utf8.Valid(text):
		return nil, nil, errors.New("it is not UTF-8: save the file in that encoding")
	case err != nil && text[0] == '{':
		return nil, nil, fmt.Errorf("it is no whole JSON object (%w): write each payload on a line of its own (jq -c . does), or all in one array", err)
	case err != nil || members == nil:
		return nil, nil, fmt.Errorf("it is no JSON object: %q; a payload is an object with the model's parameters", queue.Truncate(string(text), 60))
	}
	payload := p.template
	payload.Attempt, payload.Key = 1, fmt.Sprintf("%s-%d", p.keyPrefix, p.number)
	input, endpoint, err := unwrap(text, members, &payload)
	if err != nil {
		return nil, nil, err
	}
	if endpoint = cmp.Or(endpoint, p.source.Endpoint); endpoint == "" {
		return nil, nil, errors.New(`no endpoint is known for it: give --endpoint, or write {"endpoint": "wan26_i2v", "input": {...}}`)
	}
	if len(input) > queue.MaxInput {
		return nil, nil, errTooLong
	}
	request, err := paste.Question{}.WithEndpoint(endpoint, p.source)
	if err != nil {
		return nil, nil, err
	}
	payload.Base, payload.Endpoint, payload.Size = request.Base, endpoint, len(input)
	return &payload, input, nil
}

// recordNames are members of answers and records of tasks. An object with one of them and a request id
// is no payload.
var recordNames = []string{"status_url", "response_url", "status", "event", "queue_position"}

// isRecord reports whether an object is an answer or a record of a task that exists.
func isRecord(members map[string]json.RawMessage) bool {
	has := func(name string) bool { return members[name] != nil }
	return has("request_id") && (has("input") || slices.ContainsFunc(recordNames, has))
}

// unwrap returns the parameters and the endpoint of an object, "" for none, and sets the payload's label.
func unwrap(text []byte, members map[string]json.RawMessage, payload *poller.Payload) (input []byte, endpoint string, err error) {
	inner, wrapped := members["input"]
	given, named := members["endpoint"]
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(members)), func(name string) bool {
		return slices.Contains([]string{"input", "endpoint", "label"}, name)
	})
	switch {
	case isRecord(members):
		return nil, "", errors.New(`it is of a task that exists (it has "request_id"): polltop FILE watches it; to have it once more, write {"endpoint": E, "input": {...}}`)
	case !named && !(wrapped && isObject(inner) && len(others) == 0):
		return text, "", nil // a model may have a parameter input
	case !wrapped:
		return nil, "", errors.New(`it has "endpoint" and no "input": write {"endpoint": E, "input": {...}}`)
	case len(others) > 0:
		return nil, "", fmt.Errorf(`%q stands beside "endpoint" and "input": put it into "input"`, others[0])
	case !isObject(inner):
		return nil, "", errors.New(`its "input" is no object: the model's parameters belong there`)
	}
	if named && (json.Unmarshal(given, &endpoint) != nil || endpoint == "") {
		return nil, "", errors.New(`its "endpoint" is no text such as "wan26_i2v"`)
	}
	if label, ok := members["label"]; ok && json.Unmarshal(label, &payload.Label) != nil {
		return nil, "", errors.New(`its "label" is no text`)
	}
	return inner, endpoint, nil
}

func isObject(text json.RawMessage) bool { return len(text) > 0 && text[0] == '{' }
