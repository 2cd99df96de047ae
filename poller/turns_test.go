package poller

import (
	"strings"
	"testing"

	"polltop/poller/queue"
)

// Thousands of results that wait keep no payload from being sent, nor payloads results; each keep
// their order.
func TestResultsAndPayloadsTakeTurns(t *testing.T) {
	base, err := queue.ParseBase("http://api.test")
	if err != nil {
		t.Fatal(err)
	}
	p := NewPoller(Options{Rate: 10, Concurrency: 16})
	h := p.hostFor(base)
	for seq := range int32(5000) {
		h.enqueue(operation{kind: fetch, seq: seq, background: true})
	}
	for number := range int64(3) {
		p.payloads[number+1] = &Payload{Number: number + 1, Base: base}
		h.enqueue(operation{kind: create, seq: -1, payload: number + 1, background: true})
	}
	var kinds []string
	last := map[operationKind]int64{fetch: -1}
	for range 8 {
		r, _ := h.nextOperation(0, false, false, func(operation) bool { return true })
		n := max(int64(r.seq), r.payload)
		if n != last[r.kind]+1 {
			t.Errorf("number %d comes after %d", n, last[r.kind])
		}
		last[r.kind] = n
		kinds = append(kinds, map[operationKind]string{fetch: "result", create: "payload"}[r.kind])
	}
	want := "result payload result payload result payload result result"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("made %s, want %s", got, want)
	}
}
