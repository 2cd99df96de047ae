package store

import (
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

// decoder reads a record; failed says that it was not one.
type decoder struct {
	rest   []byte
	failed bool
}

// decode sets the fields of a task that a record holds.
func decode(record []byte, t *poller.Task) error {
	d := decoder{rest: record}
	flags := d.byte()
	t.Request.EndpointAssumed, t.Canceling, t.Fetched = flags&flagAssumed != 0, flags&flagCanceling != 0, flags&flagFetched != 0
	t.QueuePosition = int32(d.varint())
	t.Polls, t.Failures = uint32(d.uvarint()), uint16(d.uvarint())
	t.Added = poller.Stamp(d.varint())
	for _, stamp := range []*poller.Stamp{&t.Queued, &t.Started, &t.Ended, &t.Seen} {
		// The distance from the addition was written one greater unless it was negative: 0
		// is never.
		if distance := d.varint(); distance > 0 {
			*stamp = t.Added + poller.Stamp(distance-1)
		} else if distance < 0 {
			*stamp = t.Added + poller.Stamp(distance)
		}
	}
	t.InferenceTime = -1
	if flags&flagInference != 0 {
		t.InferenceTime = d.float(d.take(8))
		d.failed = d.failed || t.InferenceTime < 0
	}
	t.Error, t.ErrorType = d.text(), d.text()
	if flags&flagURLs != 0 {
		t.Request.URLs = &queue.URLs{Status: d.text(), Response: d.text(), Cancel: d.text()}
	}
	if flags&flagTrouble != 0 {
		t.Trouble = &queue.Fault{Kind: queue.FaultKind(d.byte()), HTTP: int(d.uvarint()), Code: d.text(), Message: d.text(), RetryAfter: time.Duration(d.varint())}
	}
	if flags&flagExtras != 0 {
		d.extras(t)
	}
	if d.failed || len(d.rest) > 0 {
		return errOldRecord
	}
	return nil
}

// extras reads the fields that few tasks have. A field with another number is passed over.
func (d *decoder) extras(t *poller.Task) {
	texts := map[byte]*string{1: &t.StatusWord, 3: &t.NextStep, 4: &t.ProviderError, 5: &t.ServiceRequestID, 8: &t.CostUnit}
	for left := d.uvarint(); left > 0 && !d.failed; left-- {
		number, value := d.byte(), d.take(d.uvarint())
		if to := texts[number]; to != nil {
			*to = intern(string(value))
		}
		switch number {
		case 2:
			t.Unrecognized = true
		case 6:
			t.Progress = float32(d.float(value))
		case 7:
			t.Cost = d.float(value)
		}
	}
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.failed, n = true, 0
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) byte() byte {
	b := d.take(1)
	if d.failed {
		return 0
	}
	return b[0]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.failed = d.failed || n <= 0
	d.take(uint64(max(n, 0)))
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	d.failed = d.failed || n <= 0
	d.take(uint64(max(n, 0)))
	return v
}

// text reads a text that other tasks may share.
func (d *decoder) text() string { return intern(string(d.take(d.uvarint()))) }

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
