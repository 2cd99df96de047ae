package store

import (
	"encoding/binary"
	"math"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// These are the bits of a record's flags.
const (
	flagAssumed = 1 << iota
	flagCanceling
	flagFetched
	flagURLs
	flagTrouble
	flagInference
	flagExtras // numbered fields follow
)

// decoder reads a record. failed is set once it is not a valid one.
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
		// The offset from the addition was written plus one, unless it was negative. 0 means that the
		// event has not happened.
		if offset := d.varint(); offset > 0 {
			*stamp = t.Added + poller.Stamp(offset-1)
		} else if offset < 0 {
			*stamp = t.Added + poller.Stamp(offset)
		}
	}
	t.InferenceTime = -1
	if flags&flagInference != 0 {
		t.InferenceTime = d.float(d.read(8))
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

// extras reads the numbered fields, which few tasks have. It skips unknown numbers.
func (d *decoder) extras(t *poller.Task) {
	texts := map[byte]*string{1: &t.StatusWord, 3: &t.NextStep, 4: &t.ProviderError, 5: &t.ServiceRequestID, 8: &t.CostUnit}
	for left := d.uvarint(); left > 0 && !d.failed; left-- {
		number, value := d.byte(), d.read(d.uvarint())
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

func (d *decoder) read(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.failed, n = true, 0
	}
	value := d.rest[:n]
	d.rest = d.rest[n:]
	return value
}

func (d *decoder) byte() byte {
	b := d.read(1)
	if d.failed {
		return 0
	}
	return b[0]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.failed = d.failed || n <= 0
	d.read(uint64(max(n, 0)))
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	d.failed = d.failed || n <= 0
	d.read(uint64(max(n, 0)))
	return v
}

func (d *decoder) text() string { return intern(string(d.read(d.uvarint()))) }

// float decodes a number. NaN and infinity are not valid.
func (d *decoder) float(value []byte) float64 {
	if len(value) != 8 {
		d.failed = true
		return 0
	}
	v := math.Float64frombits(binary.BigEndian.Uint64(value))
	d.failed = d.failed || math.IsNaN(v) || math.IsInf(v, 0)
	return v
}
