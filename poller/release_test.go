package poller

import (
	"context"
	"testing"
	"time"
)

// A request that has returned leaves no timer behind, though it may have been given far longer.
func TestTheContextOfARequestIsReleasedAfterIt(t *testing.T) {
	for _, patience := range []time.Duration{time.Hour, silentAfter} {
		var passed context.Context
		r := &request{timeout: patience}
		r.run(t.Context(), func(ctx context.Context) { passed = ctx })
		if _, bounded := passed.Deadline(); !bounded || passed.Err() != context.Canceled || r.fault != nil {
			t.Errorf("bounded %v, the context's error is %v, the fault %v", bounded, passed.Err(), r.fault)
		}
	}
}
