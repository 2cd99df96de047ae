package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"unique"

	"polltop/poller"
	"polltop/poller/queue"
)

// column is a column of the table tasks. get returns its value for a task, and set sets it in a task. A
// value is an int64, a float64, a string or nil, as in SQLite. It is nil for an empty field.
type column struct {
	name string
	get  func(t *poller.Task) any
	set  func(t *poller.Task, v any, bases BaseResolver) error
}

// intern makes equal texts share memory, because many tasks have the same endpoint and error.
func intern(text string) string { return unique.Make(text).Value() }

// columns are the columns of tasks in order, without seq, rev and the checksums. The first
// identityColumns identify the request. Add a new column at the end, and to addMissingColumns: older
// rows have NULL there.
var columns = []column{
	{"id", func(t *poller.Task) any { return t.Request.ID }, setID},
	text("endpoint", func(t *poller.Task) *string { return &t.Request.Endpoint }),
	{"base", func(t *poller.Task) any { return t.Request.Base.Identifier() }, setBase},
	structure("urls", func(t *poller.Task) **queue.URLs { return &t.Request.URLs }),
	flag("assumed", func(t *poller.Task) *bool { return &t.Request.EndpointAssumed }),
	{"state", func(t *poller.Task) any { return stateCodes[t.State] }, setState},
	number("position", func(t *poller.Task) *int32 { return &t.QueuePosition }),
	number("polls", func(t *poller.Task) *uint32 { return &t.Polls }),
	number("failures", func(t *poller.Task) *uint16 { return &t.Failures }),
	flag("canceling", func(t *poller.Task) *bool { return &t.Canceling }),
	flag("fetched", func(t *poller.Task) *bool { return &t.Fetched }),
	number("added", func(t *poller.Task) *poller.Stamp { return &t.Added }),
	number("queued", func(t *poller.Task) *poller.Stamp { return &t.Queued }),
	number("started", func(t *poller.Task) *poller.Stamp { return &t.Started }),
	number("ended", func(t *poller.Task) *poller.Stamp { return &t.Ended }),
	number("seen", func(t *poller.Task) *poller.Stamp { return &t.Seen }),
	real("inference_time", func(t *poller.Task) *float64 { return &t.InferenceTime }),
	text("error", func(t *poller.Task) *string { return &t.Error }),
	text("error_type", func(t *poller.Task) *string { return &t.ErrorType }),
	structure("trouble", func(t *poller.Task) **queue.Fault { return &t.Trouble }),
	text("word", func(t *poller.Task) *string { return &t.StatusWord }),
	flag("unrecognized", func(t *poller.Task) *bool { return &t.Unrecognized }),
	text("next_step", func(t *poller.Task) *string { return &t.NextStep }),
	text("provider_error", func(t *poller.Task) *string { return &t.ProviderError }),
	text("service_request_id", func(t *poller.Task) *string { return &t.ServiceRequestID }),
	real("progress", func(t *poller.Task) *float32 { return &t.Progress }),
	real("cost", func(t *poller.Task) *float64 { return &t.Cost }),
	text("cost_unit", func(t *poller.Task) *string { return &t.CostUnit }),
	flag("cancel_due", func(t *poller.Task) *bool { return &t.CancelDue }),
	flag("hook_due", func(t *poller.Task) *bool { return &t.HookDue }),
	text("label", func(t *poller.Task) *string { return &t.Request.Label }),
	number("payload", func(t *poller.Task) *int64 { return &t.Payload }),
	number("attempt", func(t *poller.Task) *int32 { return &t.Attempt }),
	text("retry_of", func(t *poller.Task) *string { return &t.RetryOf }),
}

// identityColumns is the number of columns that identify the request.
const identityColumns = 5

// errChecksum is the error for a row that was changed after polltop wrote it.
var errChecksum = errors.New("it does not match its checksum")

// field returns the column of a field. at returns a pointer to the field. encode converts a value of it
// for SQLite, and decode converts it back and reports whether the field can have it.
func field[T comparable, S int64 | float64 | string](name string, at func(*poller.Task) *T, encode func(T) S, decode func(S) (T, bool)) column {
	var zero T
	get := func(t *poller.Task) any {
		if v := *at(t); v != zero {
			return encode(v)
		}
		return nil
	}
	set := func(t *poller.Task, v any, _ BaseResolver) error {
		if v == nil {
			return nil
		}
		stored, ok := as[S](v)
		if ok {
			*at(t), ok = decode(stored)
		}
		if !ok {
			return fmt.Errorf("%v can't stand there", v)
		}
		return nil
	}
	return column{name, get, set}
}

// as returns a value in the type of its column, and whether it has that. It converts whole float64s to
// int64, because encoding/json decodes all numbers as float64.
func as[S int64 | float64 | string](v any) (S, bool) {
	value, ok := v.(S)
	if n, isFloat := v.(float64); isFloat && !ok && n == math.Trunc(n) {
		value, ok = any(int64(n)).(S)
	}
	return value, ok
}

func text(name string, at func(*poller.Task) *string) column {
	same := func(s string) string { return s }
	return field(name, at, same, func(s string) (string, bool) { return intern(s), true })
}

func number[T ~int32 | ~uint32 | ~uint16 | ~int64](name string, at func(*poller.Task) *T) column {
	return field(name, at, func(v T) int64 { return int64(v) }, func(n int64) (T, bool) { return T(n), int64(T(n)) == n })
}

func real[T ~float32 | ~float64](name string, at func(*poller.Task) *T) column {
	return field(name, at, func(v T) float64 { return float64(v) }, func(n float64) (T, bool) { return T(n), !math.IsNaN(n) && !math.IsInf(n, 0) })
}

func flag(name string, at func(*poller.Task) *bool) column {
	return field(name, at, bit, func(n int64) (bool, bool) { return n == 1, n>>1 == 0 })
}

// bit returns a bool as SQLite stores it.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func setID(t *poller.Task, v any, _ BaseResolver) error {
	id, ok := v.(string)
	if !ok || id == "" {
		return errors.New("it has no request id")
	}
	t.Request.ID = id
	return nil
}

func setBase(t *poller.Task, v any, bases BaseResolver) error {
	address, _ := v.(string)
	base, err := bases(address)
	if err != nil {
		return fmt.Errorf("its base URL can't be used: %w", err)
	}
	t.Request.Base = base
	return nil
}

func setState(t *poller.Task, v any, _ BaseResolver) error {
	code, ok := as[int64](v)
	state := slices.Index(stateCodes[:], code)
	if !ok || state < 0 {
		return fmt.Errorf("there is no state %v", v)
	}
	t.State = poller.State(state)
	return nil
}

// structure returns the column of a struct, which is stored as JSON.
func structure[T any](name string, at func(*poller.Task) **T) column {
	get := func(t *poller.Task) any {
		if *at(t) == nil {
			return nil
		}
		out, err := json.Marshal(*at(t))
		if err != nil {
			panic(err) // it consists of strings and numbers, which always can be encoded
		}
		return string(out)
	}
	set := func(t *poller.Task, v any, _ BaseResolver) error {
		if v == nil {
			return nil
		}
		s, ok := v.(string)
		if !ok {
			return errors.New("it holds no JSON where that belongs")
		}
		return json.Unmarshal([]byte(s), at(t))
	}
	return column{name, get, set}
}

// stateCodes are the numbers of the states on disk. They must not change, because existing sessions
// have them. A new state gets the next free number.
var stateCodes = [poller.StateCount]int64{
	poller.New:       0,
	poller.Queued:    1,
	poller.Running:   2,
	poller.Succeeded: 3,
	poller.Failed:    4,
	poller.Canceled:  5,
	poller.NotFound:  6,
	poller.Reading:   7,
	poller.Expired:   8,
	poller.Unread:    9,
	poller.Retried:   10,
}
