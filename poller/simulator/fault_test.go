package simulator

import (
	"testing"
	"time"
)

// TestWindows looks when a fault is in force.
func TestWindows(t *testing.T) {
	tests := []struct {
		name  string
		fault Fault
		now   time.Duration
		poll  int
		want  bool
	}{
		{"always", Fault{}, 0, 1, true},
		{"before", Fault{From: 5, Until: 9}, 4, 1, false},
		{"from", Fault{From: 5, Until: 9}, 5, 1, true},
		{"until", Fault{From: 5, Until: 9}, 9, 1, false},
		{"no end", Fault{From: 5}, time.Hour, 1, true},
		{"before the poll", Fault{FromPoll: 2, UntilPoll: 4}, 0, 1, false},
		{"from the poll", Fault{FromPoll: 2, UntilPoll: 4}, 0, 2, true},
		{"until the poll", Fault{FromPoll: 2, UntilPoll: 4}, 0, 4, false},
		{"both", Fault{From: 5, FromPoll: 2}, 5, 2, true},
		{"one of both", Fault{From: 5, FromPoll: 2}, 4, 2, false},
	}
	for _, test := range tests {
		test.fault.Kind = NotFound404
		if got := activeFault([]Fault{test.fault}, test.now, test.poll, true, false).Kind != nil; got != test.want {
			t.Errorf("%s: in force is %v, want %v", test.name, got, test.want)
		}
	}
}
