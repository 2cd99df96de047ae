package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unique"

	"polltop/poller"
	"polltop/poller/queue"
)

// column is a column of the table tasks: how its value is taken from a task and set in one.
// A value is an int64, a float64, a string or nil, as in SQLite.
type column struct {
	name string
	get  func(t *poller.Task) any
	set  func(t *poller.Task, v any, known *shared) error
}

// shared has values that many tasks share in memory.
type shared struct {
	bases map[string]*queue.Base
	base  BaseOf
}

// intern makes equal texts share their bytes: many tasks have the same endpoint and error.
func intern(text string) string { return unique.Make(text).Value() }

// columns are the columns of tasks in order, but for seq, rev and the checksums. The first
// identity ones identify the request. Add a new column at the end, with a migration: older
// rows have NULL there.
var columns = []column{
	{"id", func(t *poller.Task) any { return t.Request.ID }, setID},
	{"endpoint", func(t *poller.Task) any { return t.Request.Endpoint }, text(func(t *poller.Task) *string { return &t.Request.Endpoint })},
	{"base", func(t *poller.Task) any { return t.Request.Base.Named() }, setBase},
	{"urls", func(t *poller.Task) any { return asJSON(t.Request.URLs) }, fromJSON(func(t *poller.Task) **queue.URLs { return &t.Request.URLs })},
	{"assumed", func(t *poller.Task) any { return bit(t.Request.Assumed) }, flag(func(t *poller.Task) *bool { return &t.Request.Assumed })},
	{"state", func(t *poller.Task) any { return int64(stateCodes[t.State]) }, setState},
	{"position", func(t *poller.Task) any { return int64(t.QueuePosition) }, number(func(t *poller.Task) *int32 { return &t.QueuePosition })},
	{"polls", func(t *poller.Task) any { return int64(t.Polls) }, number(func(t *poller.Task) *uint32 { return &t.Polls })},
	{"failures", func(t *poller.Task) any { return int64(t.Failures) }, number(func(t *poller.Task) *uint16 { return &t.Failures })},
	{"canceling", func(t *poller.Task) any { return bit(t.Canceling) }, flag(func(t *poller.Task) *bool { return &t.Canceling })},
	{"fetched", func(t *poller.Task) any { return bit(t.Fetched) }, flag(func(t *poller.Task) *bool { return &t.Fetched })},
	{"added", func(t *poller.Task) any { return int64(t.Added) }, number(func(t *poller.Task) *poller.Stamp { return &t.Added })},
	{"queued", func(t *poller.Task) any { return int64(t.Queued) }, number(func(t *poller.Task) *poller.Stamp { return &t.Queued })},
	{"started", func(t *poller.Task) any { return int64(t.Started) }, number(func(t *poller.Task) *poller.Stamp { return &t.Started })},
	{"ended", func(t *poller.Task) any { return int64(t.Ended) }, number(func(t *poller.Task) *poller.Stamp { return &t.Ended })},
	{"seen", func(t *poller.Task) any { return int64(t.Seen) }, number(func(t *poller.Task) *poller.Stamp { return &t.Seen })},
	{"inference_time", func(t *poller.Task) any { return t.InferenceTime }, real(func(t *poller.Task) *float64 { return &t.InferenceTime })},
	{"error", func(t *poller.Task) any { return t.Error }, text(func(t *poller.Task) *string { return &t.Error })},
	{"error_type", func(t *poller.Task) any { return t.ErrorType }, text(func(t *poller.Task) *string { return &t.ErrorType })},
	{"trouble", func(t *poller.Task) any { return asJSON(trouble(t.Trouble)) }, setTrouble},
	{"word", func(t *poller.Task) any { return unlessEmpty(t.Word) }, text(func(t *poller.Task) *string { return &t.Word })},
	{"unrecognized", func(t *poller.Task) any { return bit(t.Unrecognized) }, flag(func(t *poller.Task) *bool { return &t.Unrecognized })},
	{"next_step", func(t *poller.Task) any { return unlessEmpty(t.NextStep) }, text(func(t *poller.Task) *string { return &t.NextStep })},
	{"provider_error", func(t *poller.Task) any { return unlessEmpty(t.ProviderError) }, text(func(t *poller.Task) *string { return &t.ProviderError })},
	{"service_request_id", func(t *poller.Task) any { return unlessEmpty(t.ServiceRequestID) }, text(func(t *poller.Task) *string { return &t.ServiceRequestID })},
	{"progress", func(t *poller.Task) any { return float64(t.Progress) }, real(func(t *poller.Task) *float32 { return &t.Progress })},
	{"cost", func(t *poller.Task) any { return t.Cost }, real(func(t *poller.Task) *float64 { return &t.Cost })},
	{"cost_unit", func(t *poller.Task) any { return unlessEmpty(t.CostUnit) }, text(func(t *poller.Task) *string { return &t.CostUnit })},
	{"cancel_due", func(t *poller.Task) any { return bit(t.CancelDue) }, flag(func(t *poller.Task) *bool { return &t.CancelDue })},
	{"hook_due", func(t *poller.Task) any { return bit(t.HookDue) }, flag(func(t *poller.Task) *bool { return &t.HookDue })},
	{"label", func(t *poller.Task) any { return unlessEmpty(t.Request.Label) }, text(func(t *poller.Task) *string { return &t.Request.Label })},
	{"payload", func(t *poller.Task) any { return unlessZero(t.Payload) }, number(func(t *poller.Task) *int64 { return &t.Payload })},
	{"attempt", func(t *poller.Task) any { return unlessZero(int64(t.Attempt)) }, number(func(t *poller.Task) *int32 { return &t.Attempt })},
	{"retry_of", func(t *poller.Task) any { return unlessEmpty(t.RetryOf) }, text(func(t *poller.Task) *string { return &t.RetryOf })},
}

// identity is the number of columns that identify the request.
const identity = 5

// errRecord is the error of a row that changed after polltop wrote it.
var errRecord = errors.New("it does not match its checksum")

// setID reads a request id, which every task has.
func setID(t *poller.Task, v any, _ *shared) error {
	id, ok := v.(string)
	if !ok || id == "" {
		return errors.New("it has no request id")
	}
	t.Request.ID = id
	return nil
}

// setBase reads a base URL.
func setBase(t *poller.Task, v any, known *shared) error {
	address, _ := v.(string)
	if base := known.bases[address]; base != nil {
		t.Request.Base = base
		return nil
	}
	base, err := known.base(address)
	if err != nil {
		return fmt.Errorf("its base URL can't be used: %w", err)
	}
	known.bases[address], t.Request.Base = base, base
	return nil
}

// setState reads a state.
func setState(t *poller.Task, v any, _ *shared) error {
	n, ok := v.(int64)
	state, known := stateOf(n)
	if !ok || !known {
		return fmt.Errorf("there is no state %v", v)
	}
	t.State = state
	return nil
}

// real returns how a number is read into a field.
func real[T ~float32 | ~float64](field func(*poller.Task) *T) func(*poller.Task, any, *shared) error {
	return func(t *poller.Task, v any, _ *shared) error {
		n, ok := v.(float64)
		if v == nil {
			n, ok = 0, true
		}
		if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("%v is no number", v)
		}
		*field(t) = T(n)
		return nil
	}
}

// unlessZero returns a number, or NULL for 0.
func unlessZero(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// unlessEmpty returns a text, or NULL for an empty one.
func unlessEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// number returns how a whole number is read into a field.
func number[T ~int32 | ~uint32 | ~uint16 | ~int64](field func(*poller.Task) *T) func(*poller.Task, any, *shared) error {
	return func(t *poller.Task, v any, _ *shared) error {
		n, ok := v.(int64)
		if !ok && v != nil || int64(T(n)) != n {
			return fmt.Errorf("%v is no number that can stand there", v)
		}
		*field(t) = T(n)
		return nil
	}
}

// flag returns how a truth value is read into a field.
func flag(field func(*poller.Task) *bool) func(*poller.Task, any, *shared) error {
	return func(t *poller.Task, v any, _ *shared) error {
		n, ok := v.(int64)
		if !ok && v != nil || n>>1 != 0 {
			return fmt.Errorf("%v is neither 0 nor 1", v)
		}
		*field(t) = n == 1
		return nil
	}
}

// bit returns a truth value as SQLite keeps it.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// text returns how a text is read into a field.
func text(field func(*poller.Task) *string) func(*poller.Task, any, *shared) error {
	return func(t *poller.Task, v any, known *shared) error {
		s, ok := v.(string)
		if !ok && v != nil {
			return errors.New("it holds no text where one belongs")
		}
		*field(t) = intern(s)
		return nil
	}
}

// asJSON returns a structure as JSON, or NULL for none.
func asJSON[T any](v *T) any {
	if v == nil {
		return nil
	}
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // a structure of texts and numbers always can be
	}
	return string(out)
}

// fromJSON returns how a structure is read into a field.
func fromJSON[T any](field func(*poller.Task) **T) func(*poller.Task, any, *shared) error {
	return func(t *poller.Task, v any, _ *shared) error {
		if v == nil {
			return nil
		}
		s, ok := v.(string)
		if !ok {
			return errors.New("it holds no JSON where that belongs")
		}
		*field(t) = new(T)
		return json.Unmarshal([]byte(s), *field(t))
	}
}

// trouble returns a fault without the answer's body, which is not stored.
func trouble(f *queue.Fault) *queue.Fault {
	if f == nil || f.Raw == nil {
		return f
	}
	kept := *f
	kept.Raw = nil
	return &kept
}

// setTrouble reads why the last poll brought no answer.
func setTrouble(t *poller.Task, v any, known *shared) error {
	err := fromJSON(func(t *poller.Task) **queue.Fault { return &t.Trouble })(t, v, known)
	if t.Trouble != nil {
		t.Trouble.Code, t.Trouble.Message = intern(t.Trouble.Code), intern(t.Trouble.Message)
	}
	return err
}
