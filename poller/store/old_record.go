package store

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// The bits of a record's flags.
const (
	flagAssumed = 1 << iota
	flagCanceling
	flagFetched
	flagURLs
	flagTrouble
	flagInference
	flagExtras // more fields follow, by number
)

// The numbers of the fields that few tasks have. A field with another number is passed over.
const (
	extraWord = iota + 1
	extraUnrecognized
	extraNextStep
	extraProviderError
	extraServiceRequestID
	extraProgress
	extraCost
	extraCostUnit
)

// decoder reads a record; failed says that it was not one.
type decoder struct {
	*bytes.Reader
	failed bool
}

// decode sets the fields of a task that a record holds.
func decode(record []byte, t *poller.Task) error {
	d := decoder{Reader: bytes.NewReader(record)}
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
		t.InferenceTime = d.float(d.take(8))
		d.failed = d.failed || t.InferenceTime < 0
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
	if d.failed || d.Len() > 0 {
		return errOldRecord
	}
	return nil
}

// extras reads the fields that few tasks have.
func (d *decoder) extras(t *poller.Task) {
	texts := map[byte]*string{
		extraWord: &t.Word, extraNextStep: &t.NextStep, extraProviderError: &t.ProviderError,
		extraServiceRequestID: &t.ServiceRequestID, extraCostUnit: &t.CostUnit,
	}
	for left := d.uvarint(); left > 0 && !d.failed; left-- {
		number, value := d.byte(), d.bytes()
		if to := texts[number]; to != nil {
			*to = intern(string(value))
		}
		switch number {
		case extraUnrecognized:
			t.Unrecognized = true
		case extraProgress:
			t.Progress = float32(d.float(value))
		case extraCost:
			t.Cost = d.float(value)
		}
	}
}

func (d *decoder) byte() byte {
	b, err := d.ReadByte()
	d.failed = d.failed || err != nil
	return b
}

func (d *decoder) varint() int64 {
	v, err := binary.ReadVarint(d)
	d.failed = d.failed || err != nil
	return v
}

func (d *decoder) uvarint() uint64 {
	v, err := binary.ReadUvarint(d)
	d.failed = d.failed || err != nil
	return v
}

// stamp reads the distance of a time from that of the addition, which was written one
// greater unless it was negative: 0 is never.
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

func (d *decoder) bytes() []byte { return d.take(d.uvarint()) }

// take returns the next bytes.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(d.Len()) {
		d.failed = true
		return nil
	}
	b := make([]byte, n)
	_, _ = d.Read(b) // they are there
	return b
}

// float reads a number. No record has NaN or infinity.
func (d *decoder) float(value []byte) float64 {
	if len(value) != 8 {
		d.failed = true
		return 0
	}
	v := math.Float64frombits(binary.BigEndian.Uint64(value))
	d.failed = d.failed || math.IsNaN(v) || math.IsInf(v, 0)
	return v
}
