package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"unicode/utf8"

	"polltop/poller"
)

// row is a row of tasks in SQLite: seq and rev, the columns, and the checksums of the identity
// and of all values before.
type row []any

// The positions of the other values: before the columns, and counted from the end. New
// columns must not move them, because the checksum depends on positions.
const (
	atRev         = 1
	before        = 2
	atIdentitySum = 2
	atSum         = 1
	around        = before + 2
)

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

func (r row) identitySum() int64 { return checksum(append(row{r[0]}, r[before:before+identity]...)) }

func (r row) check() error { return checkSum(r[:len(r)-atIdentitySum], r[len(r)-atSum]) }

// summed returns values with their checksum.
func summed(values ...any) []any { return append(values, checksum(values)) }

func checkSum(values []any, sum any) error {
	if sum != checksum(values) {
		return errRecord
	}
	return nil
}

// task returns the task of a row, or why it can't be used.
func (r row) task(bases BaseOf) (poller.Task, error) {
	if err := r.check(); err != nil {
		return poller.Task{}, err
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
		if err := c.set(&t, v, bases); err != nil {
			return t, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return t, nil
}

// checksum returns the CRC-32 of values. NULL does not count, so that a column that is added
// later does not change the sums of older rows.
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

func names() []string {
	all := []string{"seq", "rev"}
	for _, c := range columns {
		all = append(all, c.name)
	}
	return append(all, "identity_sum", "sum")
}

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
	return json.Marshal(savedPayload{p, p.Base.Identifier()})
}

// DecodeTask returns the task of EncodeTask. It ignores fields that it does not know.
func DecodeTask(seq int32, text []byte, bases BaseOf) (*poller.Task, error) {
	fields := map[string]any{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	t := poller.Task{Seq: seq}
	for _, c := range columns {
		if err := c.set(&t, fields[c.name], bases); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return &t, nil
}

// DecodePayload returns the payload of EncodePayload.
func DecodePayload(number int64, text []byte, bases BaseOf) (*poller.Payload, error) {
	saved := savedPayload{Payload: &poller.Payload{}}
	if err := json.Unmarshal(text, &saved); err != nil {
		return nil, err
	}
	base, err := bases(saved.Base)
	saved.Payload.Number, saved.Payload.Base = number, base
	return saved.Payload, err
}
