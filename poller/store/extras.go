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

// extra is such a field as it lies on disk.
type extra struct {
	number byte
	value  string
}

// extrasOf returns those fields that a task has.
func extrasOf(t *poller.Task) []extra {
	var found []extra
	add := func(number byte, value string) {
		if value != "" {
			found = append(found, extra{number, value})
		}
	}
	add(extraWord, t.Word)
	if t.Unrecognized {
		add(extraUnrecognized, "1")
	}
	add(extraNextStep, t.NextStep)
	add(extraProviderError, t.ProviderError)
	add(extraServiceRequestID, t.ServiceRequestID)
	if t.Progress > 0 {
		add(extraProgress, floatText(float64(t.Progress)))
	}
	if t.CostUnit != "" {
		add(extraCost, floatText(t.Cost))
		add(extraCostUnit, t.CostUnit)
	}
	return found
}

// hasExtras reports whether a task has any of those fields.
func hasExtras(t *poller.Task) bool {
	return t.Word != "" || t.Unrecognized || t.NextStep != "" || t.ProviderError != "" || t.ServiceRequestID != "" || t.Progress > 0 || t.CostUnit != ""
}

// appendExtras appends those fields: how many, then each with its number and its value
// as a text.
func appendExtras(b []byte, t *poller.Task) []byte {
	fields := extrasOf(t)
	b = binary.AppendUvarint(b, uint64(len(fields)))
	for _, f := range fields {
		b = appendText(append(b, f.number), f.value)
	}
	return b
}

// floatText returns a number as the eight bytes that it lies on disk as.
func floatText(v float64) string {
	return string(binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
}

// extras reads those fields.
func (d *decoder) extras(t *poller.Task) {
	for range d.uvarint() {
		if d.failed {
			return
		}
		switch number, value := d.byte(), d.bytes(); number {
		case extraWord:
			t.Word = d.texts.SameBytes(value)
		case extraUnrecognized:
			t.Unrecognized = true
		case extraNextStep:
			t.NextStep = d.texts.SameBytes(value)
		case extraProviderError:
			t.ProviderError = d.texts.SameBytes(value)
		case extraServiceRequestID:
			t.ServiceRequestID = string(value)
		case extraProgress:
			t.Progress = float32(d.float(value))
		case extraCost:
			t.Cost = d.float(value)
		case extraCostUnit:
			t.CostUnit = d.texts.SameBytes(value)
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
