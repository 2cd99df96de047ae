package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/queue"
)

// column is a column of the table tasks: what a task has there, and how that is
// read back. A value is an int64, a float64, a string or nil, as SQLite keeps it.
type column struct {
	name string
	get  func(t *poller.Task) any
	set  func(t *poller.Task, v any, known *shared) error
}

// shared are values that many tasks have in common, each held in memory once.
type shared struct {
	texts poller.Texts
	bases map[string]*queue.Base
	base  BaseOf
}

// columns are the columns of tasks but for seq, rev and the checksums, in their order.
// The first identity ones say which request it is. A new column goes to the end,
// with a migration that adds it: rows from before have NULL there.
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
}

// identity is how many of the columns say which request a task is.
const identity = 5

// errRecord is a row that polltop did not write so, or that has changed since.
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
		*field(t) = known.texts.Same(s)
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

// trouble returns a fault without the start of the answer's body, which is not kept.
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
		t.Trouble.Code, t.Trouble.Message = known.texts.Same(t.Trouble.Code), known.texts.Same(t.Trouble.Message)
	}
	return err
}

// row is a row of tasks as SQLite has it: seq and rev, the columns, and the checksums of
// the identity and of all before them.
type row []any

// The places of what stands around the columns: before them, and counted from the end
// of a row. New columns must not move what the checksum counts by its place.
const (
	atRev         = 1
	before        = 2
	atIdentitySum = 2
	atSum         = 1
	around        = before + 2
)

// rowOf returns the row of a task.
func rowOf(t *poller.Task, rev int64) row {
	r := make(row, 0, len(columns)+around)
	r = append(r, int64(t.Seq), rev)
	for _, c := range columns {
		v := c.get(t)
		if s, ok := v.(string); ok && !utf8.ValidString(s) {
			v = strings.ToValidUTF8(s, "\ufffd")
		}
		r = append(r, v)
	}
	return r.sum()
}

// sum returns the row of seq, rev and columns with its checksums.
func (r row) sum() row { return append(r, r.identitySum(), checksum(r)) }

// identitySum returns the checksum of what says which request it is.
func (r row) identitySum() int64 { return checksum(append(row{r[0]}, r[before:before+identity]...)) }

// task returns the task of a row, or why it can't be used.
func (r row) task(known *shared) (poller.Task, error) {
	sum, ok := r[len(r)-atSum].(int64)
	if !ok || sum != checksum(r[:len(r)-atIdentitySum]) {
		return poller.Task{}, errRecord
	}
	seq, ok := r[0].(int64)
	if !ok || seq < 0 || seq > math.MaxInt32 {
		return poller.Task{}, fmt.Errorf("%v is no place in a list of tasks", r[0])
	}
	t := poller.Task{Seq: int32(seq)}
	for i, c := range columns {
		v := r[before+i]
		if s, ok := v.(string); ok && !utf8.ValidString(s) {
			return t, fmt.Errorf("%s: it is not UTF-8", c.name)
		}
		if err := c.set(&t, v, known); err != nil {
			return t, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return t, nil
}

// checksum returns the CRC-32 of values. NULL counts for nothing, so that a column
// that is added later leaves the sums of the rows from before as they are.
func checksum(values []any) int64 {
	var buffer [512]byte
	b := buffer[:0]
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case int64:
			b = binary.LittleEndian.AppendUint64(append(b, byte(i), 'i'), uint64(v))
		case float64:
			b = binary.LittleEndian.AppendUint64(append(b, byte(i), 'f'), math.Float64bits(v))
		case string:
			b = append(binary.AppendUvarint(append(b, byte(i), 's'), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, byte(i), 'b'), uint64(len(v))), v...)
		default:
			b = fmt.Appendf(append(b, byte(i), '?'), "%v", v)
		}
	}
	return int64(crc32.ChecksumIEEE(b))
}

// names returns the names of a row's columns.
func names() []string {
	all := []string{"seq", "rev"}
	for _, c := range columns {
		all = append(all, c.name)
	}
	return append(all, "identity_sum", "sum")
}
