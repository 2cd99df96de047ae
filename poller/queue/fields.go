package queue

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// answerFields are the values of the fields that a status answer may have, as
// JSON. One that the answer does not have is empty.
type answerFields struct {
	status, id, position, metrics, err, errType json.RawMessage
	statusURL, responseURL, cancelURL           json.RawMessage
}

// readFields reads the fields of a status answer. It returns an error when the body
// is no JSON object. Nearly all answers are read in one pass that allocates
// nothing; encoding/json reads those that pass is not sure of, and says what is
// wrong with one that is no JSON.
func readFields(body []byte) (answerFields, error) {
	if fields, sure := plainFields(body); sure {
		return fields, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return answerFields{}, err
	}
	var fields answerFields
	for name, value := range all {
		if field := fields.named([]byte(name)); field != nil {
			*field = value
		}
	}
	return fields, nil
}

// named returns the place of a field's value, nil for a field that counts for
// nothing here.
func (f *answerFields) named(name []byte) *json.RawMessage {
	switch string(name) {
	case "status":
		return &f.status
	case "request_id":
		return &f.id
	case "queue_position":
		return &f.position
	case "metrics":
		return &f.metrics
	case "error":
		return &f.err
	case "error_type":
		return &f.errType
	case "status_url":
		return &f.statusURL
	case "response_url":
		return &f.responseURL
	case "cancel_url":
		return &f.cancelURL
	}
	return nil
}

// plainFields reads the fields of a JSON object. It returns false when it is not
// sure that encoding/json would read the same: the body is no JSON, a name has
// an escape in it, or the nesting is deep. Of a name that comes twice the last
// value counts, as there.
func plainFields(body []byte) (fields answerFields, sure bool) {
	s := plainScan{body: body}
	end := s.object(s.space(0), 0, &fields)
	if end < 0 || s.space(end) != len(body) {
		return answerFields{}, false
	}
	return fields, true
}

// positionOf reads a queue position, -1 for what is none.
func positionOf(raw json.RawMessage) int {
	s := plainScan{body: raw}
	if n := s.digits(0); n > 0 && n == len(raw) && n < 10 {
		position := 0
		for _, b := range raw {
			position = 10*position + int(b-'0')
		}
		return position
	}
	var position int32
	if len(raw) == 0 || json.Unmarshal(raw, &position) != nil || position < 0 {
		return -1
	}
	return int(position)
}

// inferenceTimeOf reads the inference time out of the metrics, -1 where they
// have none.
func inferenceTimeOf(raw json.RawMessage) float64 {
	if value, ok := bytes.CutPrefix(raw, []byte(`{"inference_time":`)); ok {
		s := plainScan{body: value}
		start := s.space(0)
		if end := s.number(start); end == len(value)-1 {
			if seconds, err := strconv.ParseFloat(string(value[start:end]), 64); err == nil && seconds >= 0 {
				return seconds
			}
		}
	}
	var metrics struct {
		InferenceTime *float64 `json:"inference_time"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &metrics) != nil || metrics.InferenceTime == nil || *metrics.InferenceTime < 0 {
		return -1
	}
	return *metrics.InferenceTime
}
