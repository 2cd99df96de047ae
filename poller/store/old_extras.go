package store

import (
	"encoding/binary"
	"math"

	"polltop/poller"
)

// The numbers of the fields that few tasks have. They never change their meaning. A
// field with a number that this program does not know is passed over.
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

// extras reads those fields.
func (d *decoder) extras(t *poller.Task) {
	for range d.uvarint() {
		if d.failed {
			return
		}
		switch number, value := d.byte(), d.bytes(); number {
		case extraWord:
			t.Word = intern(string(value))
		case extraUnrecognized:
			t.Unrecognized = true
		case extraNextStep:
			t.NextStep = intern(string(value))
		case extraProviderError:
			t.ProviderError = intern(string(value))
		case extraServiceRequestID:
			t.ServiceRequestID = string(value)
		case extraProgress:
			t.Progress = float32(d.float(value))
		case extraCost:
			t.Cost = d.float(value)
		case extraCostUnit:
			t.CostUnit = intern(string(value))
		}
	}
}

// float reads a number that floatText wrote. NaN and infinity are none that it was
// given.
func (d *decoder) float(value []byte) float64 {
	if len(value) != 8 {
		d.failed = true
		return 0
	}
	v := math.Float64frombits(binary.BigEndian.Uint64(value))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		d.failed = true
		return 0
	}
	return v
}
