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

// row is a row of the table tasks: seq, rev, the columns, the checksum of the identity, and the checksum
// of all values before the two.
type row []any

// The indices of the values beside the columns, from the front and from the end. They must not change,
// because checksums depend on them.
const (
	revIndex           = 1
	firstColumn        = 2
	identitySumFromEnd = 2
	sumFromEnd         = 1
	besideColumns      = firstColumn + 2 // how many values are no columns
)

func rowOf(t *poller.Task, rev int64) row {
	r := make(row, 0, len(columns)+besideColumns)
	r = append(r, int64(t.Seq), rev)
	for _, c := range columns {
		v := c.get(t)
		if s, ok := v.(string); ok && !utf8.ValidString(s) {
			v = strings.ToValidUTF8(s, "\ufffd")
		}
		r = append(r, v)
	}
	return r.withChecksums()
}

// withChecksums returns a row of seq, rev and columns with its checksums.
func (r row) withChecksums() row { return append(r, r.identitySum(), checksum(r)) }

func (r row) identitySum() int64 {
	return checksum(append(row{r[0]}, r[firstColumn:firstColumn+identityColumns]...))
}

func (r row) check() error {
	return verifyChecksum(r[:len(r)-identitySumFromEnd], r[len(r)-sumFromEnd])
}

// withChecksum returns values with their checksum at the end.
func withChecksum(values ...any) []any { return append(values, checksum(values)) }

func verifyChecksum(values []any, sum any) error {
	if sum != checksum(values) {
		return errChecksum
	}
	return nil
}

// task returns the task of a row, or why it can't be used.
func (r row) task(bases BaseResolver) (poller.Task, error) {
	if err := r.check(); err != nil {
		return poller.Task{}, err
	}
	seq, ok := r[0].(int64)
	if !ok || seq < 0 || seq > math.MaxInt32 {
		return poller.Task{}, fmt.Errorf("%v is no place in a list of tasks", r[0])
	}
	t := poller.Task{Seq: int32(seq)}
	for i, c := range columns {
		v := r[firstColumn+i]
		if s, ok := v.(string); ok && !utf8.ValidString(s) {
			return t, fmt.Errorf("%s: it is not UTF-8", c.name)
		}
		if err := c.set(&t, v, bases); err != nil {
			return t, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return t, nil
}

// checksum returns the CRC-32 of values. It skips NULL, so that a new column does not change the
// checksums of older rows.
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

func columnNames() []string {
	all := []string{"seq", "rev"}
	for _, c := range columns {
		all = append(all, c.name)
	}
	return append(all, "identity_sum", "sum")
}

// EncodeTask returns a task as a JSON object of its columns, without its Seq. It leaves empty ones out.
func EncodeTask(t *poller.Task) ([]byte, error) {
	fields := map[string]any{}
	for _, c := range columns {
		if v := c.get(t); v != nil {
			fields[c.name] = v
		}
	}
	return json.Marshal(fields)
}

// payloadJSON is a payload with the address of its base.
type payloadJSON struct {
	*poller.Payload
	Base string `json:"base"`
}

// EncodePayload returns a payload as JSON, without its number.
func EncodePayload(p *poller.Payload) ([]byte, error) {
	return json.Marshal(payloadJSON{p, p.Base.Identifier()})
}

// DecodeTask is the inverse of EncodeTask. It ignores unknown fields.
func DecodeTask(seq int32, text []byte, bases BaseResolver) (*poller.Task, error) {
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

// DecodePayload is the inverse of EncodePayload.
func DecodePayload(number int64, text []byte, bases BaseResolver) (*poller.Payload, error) {
	decoded := payloadJSON{Payload: &poller.Payload{}}
	if err := json.Unmarshal(text, &decoded); err != nil {
		return nil, err
	}
	base, err := bases(decoded.Base)
	decoded.Payload.Number, decoded.Payload.Base = number, base
	return decoded.Payload, err
}
