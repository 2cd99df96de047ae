package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"polltop/poller"
)

// EncodeTask returns a task as JSON, by the names of the columns: what is empty is left out.
func EncodeTask(t *poller.Task) ([]byte, error) {
	fields := map[string]any{}
	for _, c := range columns {
		if v := c.get(t); v != nil {
			fields[c.name] = v
		}
	}
	return json.Marshal(fields)
}

// savedPayload is a payload as JSON.
type savedPayload struct {
	*poller.Payload
	Base string `json:"base"`
}

// EncodePayload returns a payload as JSON, without its number.
func EncodePayload(p *poller.Payload) ([]byte, error) {
	return json.Marshal(savedPayload{p, p.Base.Named()})
}

// DecodeTask returns the task of EncodeTask. It ignores fields that it does not know.
func DecodeTask(seq int32, text []byte, bases BaseOf) (*poller.Task, error) {
	fields := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	t := poller.Task{Seq: seq}
	for _, c := range columns {
		v, err := c.value(fields[c.name])
		if err == nil {
			err = c.set(&t, v, bases)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return &t, nil
}

// value returns a value of JSON as SQLite keeps it.
func (c column) value(v any) (any, error) {
	number, ok := v.(json.Number)
	switch {
	case !ok:
		return v, nil
	case c.decimal:
		return number.Float64()
	}
	return number.Int64()
}

// DecodePayload returns the payload of EncodePayload.
func DecodePayload(number int64, text []byte, bases BaseOf) (*poller.Payload, error) {
	saved := savedPayload{Payload: &poller.Payload{}}
	if err := json.Unmarshal(text, &saved); err != nil {
		return nil, err
	}
	t := poller.Task{}
	if err := setBase(&t, saved.Base, bases); err != nil {
		return nil, err
	}
	saved.Payload.Number, saved.Payload.Base = number, t.Request.Base
	return saved.Payload, nil
}
