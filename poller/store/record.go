package store

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// The bits of a record's flags, in the order of flagsOf.
const (
	flagAssumed = 1 << iota
	flagCanceling
	flagFetched
	flagURLs
	flagTrouble
	flagInference
	flagExtras // more fields follow, by number: see appendExtras
)

// errRecord is a record that this program did not write so.
var errRecord = errors.New("a task's record is damaged")

// encode appends what is known of a task beside its request and state, which
// have columns of their own: flags, then numbers and texts in a fixed order, and
// the times as their distance from when it was added. A row a field would take
// three times the space and five times as long to read.
func encode(b []byte, t *poller.Task) []byte {
	flags := flagsOf(t)
	b = append(b, flags)
	b = binary.AppendVarint(b, int64(t.QueuePosition))
	b = binary.AppendUvarint(b, uint64(t.Polls))
	b = binary.AppendUvarint(b, uint64(t.Failures))
	b = binary.AppendVarint(b, int64(t.Added))
	for _, stamp := range []poller.Stamp{t.Queued, t.Started, t.Ended, t.Seen} {
		b = appendStamp(b, t.Added, stamp)
	}
	if flags&flagInference != 0 {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(t.InferenceTime))
	}
	b = appendText(b, t.Error)
	b = appendText(b, t.ErrorType)
	if u := t.Request.URLs; u != nil {
		b = appendText(appendText(appendText(b, u.Status), u.Response), u.Cancel)
	}
	if f := t.Trouble; f != nil {
		b = append(b, byte(f.Kind))
		b = binary.AppendUvarint(b, uint64(f.HTTP))
		b = appendText(appendText(b, f.Code), f.Message)
		b = binary.AppendVarint(b, int64(f.RetryAfter))
	}
	if flags&flagExtras != 0 {
		b = appendExtras(b, t)
	}
	return b
}

// flagsOf returns the flags of a task's record.
func flagsOf(t *poller.Task) byte {
	var flags byte
	for i, set := range [...]bool{
		t.Request.Assumed, t.Canceling, t.Fetched, t.Request.URLs != nil, t.Trouble != nil, t.InferenceTime >= 0, hasExtras(t),
	} {
		if set {
			flags |= 1 << i
		}
	}
	return flags
}

// appendStamp appends a stamp: 0 for never, else its distance from when the
// task was added, moved up by one where it is not negative.
func appendStamp(b []byte, added, stamp poller.Stamp) []byte {
	if stamp == 0 {
		return binary.AppendVarint(b, 0)
	}
	distance := int64(stamp - added)
	if distance >= 0 {
		distance++
	}
	return binary.AppendVarint(b, distance)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decoder reads a record; failed says that it was not one.
type decoder struct {
	rest   []byte
	texts  *poller.Texts
	failed bool
}

// decode fills in what a record tells of a task. Texts that many tasks share are
// taken from texts.
func decode(record []byte, t *poller.Task, texts *poller.Texts) error {
	d := decoder{rest: record, texts: texts}
	flags := d.byte()
	t.Request.Assumed, t.Canceling, t.Fetched = flags&flagAssumed != 0, flags&flagCanceling != 0, flags&flagFetched != 0
	t.QueuePosition = int32(d.varint())
	t.Polls, t.Failures = uint32(d.uvarint()), uint16(d.uvarint())
	t.Added = poller.Stamp(d.varint())
	for _, stamp := range []*poller.Stamp{&t.Queued, &t.Started, &t.Ended, &t.Seen} {
		*stamp = d.stamp(t.Added)
	}
	t.InferenceTime = -1
	if flags&flagInference != 0 {
		t.InferenceTime = math.Float64frombits(d.uint64())
	}
	t.Error, t.ErrorType = d.text(), d.text()
	if flags&flagURLs != 0 {
		t.Request.URLs = &queue.URLs{Status: string(d.bytes()), Response: string(d.bytes()), Cancel: string(d.bytes())}
	}
	if flags&flagTrouble != 0 {
		t.Trouble = &queue.Fault{Kind: queue.FaultKind(d.byte()), HTTP: int(d.uvarint()), Code: d.text(), Message: d.text(), RetryAfter: time.Duration(d.varint())}
	}
	if flags&flagExtras != 0 {
		d.extras(t)
	}
	told := flags&flagInference != 0
	if d.failed || len(d.rest) > 0 || told && !(t.InferenceTime >= 0) {
		return errRecord
	}
	return nil
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.failed = true
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	d.skip(n)
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.skip(n)
	return v
}

// skip passes over the bytes of a number; none or less is a broken one.
func (d *decoder) skip(n int) {
	if n <= 0 {
		d.failed, d.rest = true, nil
		return
	}
	d.rest = d.rest[n:]
}

func (d *decoder) uint64() uint64 {
	if len(d.rest) < 8 {
		d.failed, d.rest = true, nil
		return 0
	}
	v := binary.BigEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return v
}

func (d *decoder) stamp(added poller.Stamp) poller.Stamp {
	distance := d.varint()
	switch {
	case distance == 0:
		return 0
	case distance > 0:
		distance--
	}
	return added + poller.Stamp(distance)
}

// text reads a text that other tasks may share.
func (d *decoder) text() string { return d.texts.SameBytes(d.bytes()) }

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.failed, d.rest = true, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}
