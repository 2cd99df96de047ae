package simulator

import (
	"testing"
	"time"

	"polltop/poller/queue"
)

// TestCancelOutcomes cancels as polltop does, and follows what comes of it.
func TestCancelOutcomes(t *testing.T) {
	withClient(t, Config{CancelLag: 3 * time.Second}, func(t *testing.T, s *Server, _ *client, q *queue.Client) {
		base, err := queue.ParseBase(origin + BasePath)
		if err != nil {
			t.Fatal(err)
		}
		request := func(id string) queue.Request { return queue.Request{ID: id, Endpoint: "wan26_i2v", Base: base} }
		cancel := func(id string, want queue.CancelOutcome) {
			t.Helper()
			if got, fault := q.Cancel(t.Context(), request(id)); got != want || fault != nil {
				t.Errorf("canceling %s: %v, %v; want %v", id, got, fault, want)
			}
		}
		state := func(id, want string) {
			t.Helper()
			a, fault := q.Status(t.Context(), request(id), false)
			if got := a.Word + " " + a.ErrorType; fault != nil || got != want {
				t.Errorf("%s is %q, %v; want %q", id, got, fault, want)
			}
		}
		s.SubmitID("long", "wan26_i2v", Plan{Run: time.Hour})
		s.SubmitID("short", "wan26_i2v", Plan{Run: 2 * time.Second})
		s.SubmitID("gone", "wan26_i2v", Plan{Run: time.Hour, Faults: []Fault{{Kind: NotFound404}}})
		cancel("long", queue.CancelAccepted)
		cancel("short", queue.CancelAccepted)
		cancel("gone", queue.CancelUnknown)
		cancel("nothing", queue.CancelUnknown)
		state("long", "IN_PROGRESS ")
		advance(2 * time.Second)
		// It ended by itself before the request to cancel took effect.
		state("short", "COMPLETED ")
		cancel("short", queue.CancelTooLate)
		cancel("long", queue.CancelAccepted)
		advance(time.Second)
		state("long", "COMPLETED CANCELED")
		cancel("long", queue.CancelTooLate)
		if result, fault := q.Result(t.Context(), request("long")); fault != nil || result.HTTP != 422 {
			t.Errorf("the result of a canceled task: %v, %v", result, fault)
		}
	})
}
