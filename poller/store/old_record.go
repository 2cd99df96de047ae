package store

import (
	"encoding/binary"
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

// decoder reads a record; failed says that it was not one.
type decoder struct {
	rest   []byte
	failed bool
}

// decode sets the fields of a task that a record holds.
func decode(record []byte, t *poller.Task) error {
	d := decoder{rest: record}
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
		return errOldRecord
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
func (d *decoder) text() string { return intern(string(d.bytes())) }

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
