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

// A fetch that the user asks for is not made while the last one is in flight, though memory has forgotten that.
func TestFetchInFlightIsNotRepeated(t *testing.T) {
	base, err := queue.ParseBase("http://api.test")
	if err != nil {
		t.Fatal(err)
	}
	p := NewPoller(Options{Rate: 10, Concurrency: 16})
	task := &Task{Seq: p.newSeq(), State: Reading, Request: queue.Request{ID: "a", Base: base}}
	p.register(task)
	h := p.hostFor(base)
	h.inFlight = []*request{{operation: operation{kind: fetch, seq: task.Seq}}}
	p.fetchNow(task)
	if len(h.interactive) > 0 {
		t.Error("the result is fetched twice at once")
	}
	h.inFlight = nil
	h.enqueue(operation{kind: fetch, seq: task.Seq, background: true})
	p.fetchNow(task)
	if len(h.interactive) != 1 || len(h.background) != 0 {
		t.Errorf("%d fetches wait in front and %d behind, want the one in front", len(h.interactive), len(h.background))
	}
}
