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

// column is a column of the table tasks: how its value is taken from a task and set in one.
// A value is an int64, a float64, a string or nil, as in SQLite. It is nil for a field that is
// empty, and sets nothing then.
type column struct {
	name string
	get  func(t *poller.Task) any
	set  func(t *poller.Task, v any, bases BaseOf) error
}

// intern makes equal texts share their bytes: many tasks have the same endpoint and error.
func intern(text string) string { return unique.Make(text).Value() }

// columns are the columns of tasks in order, but for seq, rev and the checksums. The first
// identity ones identify the request. Add a new column at the end, with a migration: older
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

// identity is the number of columns that identify the request.
const identity = 5

// errRecord is the error of a row that changed after polltop wrote it.
var errRecord = errors.New("it does not match its checksum")

// field returns the column of a field: what SQLite keeps for a value that is not the zero one,
// and what a value of SQLite's is, and whether it can stand there.
func field[T comparable, S int64 | float64 | string](name string, at func(*poller.Task) *T, to func(T) S, from func(S) (T, bool)) column {
	var zero T
	get := func(t *poller.Task) any {
		if v := *at(t); v != zero {
			return to(v)
		}
		return nil
	}
	set := func(t *poller.Task, v any, _ BaseOf) error {
		if v == nil {
			return nil
		}
		kept, ok := as[S](v)
		if ok {
			*at(t), ok = from(kept)
		}
		if !ok {
			return fmt.Errorf("%v can't stand there", v)
		}
		return nil
	}
	return column{name, get, set}
}

// as returns a value in a column's type, and whether it has it. JSON has no whole numbers.
func as[S int64 | float64 | string](v any) (S, bool) {
	kept, ok := v.(S)
	if n, isFloat := v.(float64); isFloat && !ok && n == math.Trunc(n) {
		kept, ok = any(int64(n)).(S)
	}
	return kept, ok
}

// text returns the column of a text, which other tasks may share.
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

// bit returns a truth value as SQLite keeps it.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func setID(t *poller.Task, v any, _ BaseOf) error {
	id, ok := v.(string)
	if !ok || id == "" {
		return errors.New("it has no request id")
	}
	t.Request.ID = id
	return nil
}

func setBase(t *poller.Task, v any, bases BaseOf) error {
	address, _ := v.(string)
	base, err := bases(address)
	if err != nil {
		return fmt.Errorf("its base URL can't be used: %w", err)
	}
	t.Request.Base = base
	return nil
}

func setState(t *poller.Task, v any, _ BaseOf) error {
	code, ok := as[int64](v)
	state := slices.Index(stateCodes[:], code)
	if !ok || state < 0 {
		return fmt.Errorf("there is no state %v", v)
	}
	t.State = poller.State(state)
	return nil
}

// structure returns the column of a structure, which is kept as JSON.
func structure[T any](name string, at func(*poller.Task) **T) column {
	get := func(t *poller.Task) any {
		if *at(t) == nil {
			return nil
		}
		out, err := json.Marshal(*at(t))
		if err != nil {
			panic(err) // a structure of texts and numbers always can be
		}
		return string(out)
	}
	set := func(t *poller.Task, v any, _ BaseOf) error {
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

// stateCodes are the numbers of the states on disk. They never change, because existing
// sessions have them. A new state gets the next free number.
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
