package script

import (
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/views/report"
)

// A pause of more than ten seconds that the service asks for is told, of the endpoint or
// the host that it is for, and so is an endpoint that answers nothing.
func TestWaitsAreTold(t *testing.T) {
	hang := simulator.Plan{Run: 10 * time.Second, Faults: []simulator.Fault{{Kind: faulty.SlowHeaders, Until: 40 * time.Second}}}
	paused := simulator.Plan{Run: 10 * time.Second, Faults: []simulator.Fault{{Kind: faulty.Unavailable503, UntilPoll: 2, RetryAfter: 20 * time.Second}}}
	repeated := simulator.Plan{Run: 10 * time.Second, Faults: []simulator.Fault{{Kind: faulty.Unavailable503, Until: 20 * time.Minute, RetryAfter: time.Hour}}}
	for name, c := range map[string]struct {
		fault        simulator.Fault
		plan         simulator.Plan
		text, object string
		times        int // that it is told
	}{
		"a pause for the host": {
			simulator.Fault{Kind: simulator.RateLimit429, FromPoll: 6, UntilPoll: 7, RetryAfter: 20 * time.Second}, quick,
			"localhost: waiting 20s as the service asked", `"event":"waiting","host":"localhost","reason":"retry_after","wait_s":`, 1,
		},
		"a pause for an endpoint": {
			simulator.Fault{Kind: faulty.Status500, FromPoll: 1 << 30}, paused,
			"localhost: wan26_i2v: HTTP 503, next try in 20s, as the service asked", `"host":"localhost","endpoint":"wan26_i2v","reason":"retry_after"`, 1,
		},
		"an hour, repeated": {
			simulator.Fault{Kind: faulty.Status500, FromPoll: 1 << 30}, repeated,
			"localhost: wan26_i2v: HTTP 503, next try in 1h00m, the service asked for 1h00m", `"endpoint":"wan26_i2v","reason":"retry_after"`, 2,
		},
		"an endpoint that hangs": {
			simulator.Fault{Kind: faulty.Status500, FromPoll: 1 << 30}, hang,
			"localhost: wan26_i2v: no answer, next try in", `"endpoint":"wan26_i2v","reason":"trouble"`, 1,
		},
		"a host that is gone": {
			simulator.Fault{Kind: faulty.ResetBefore, From: 2 * time.Second, Until: 30 * time.Second}, quick,
			"localhost can't be reached, and is tried again", `"event":"waiting","host":"localhost","reason":"outage"`, 1,
		},
		"a short pause": {
			simulator.Fault{Kind: simulator.RateLimit429, FromPoll: 6, UntilPoll: 7, RetryAfter: 5 * time.Second}, quick, "", "", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			withBench(t, faulty.Config{Faults: []simulator.Fault{c.fault}}, func(b *bench) {
				requests := append(b.submit(6, "wan26_i2v", c.plan), b.submit(3, "nano_banana_2", simulator.Plan{Run: 70 * time.Second})...)
				b.run(Options{Requests: requests, JSON: true}, ExitOK, report.ReasonEnded)
				if c.text == "" {
					if strings.Contains(b.err.String(), "waiting") || strings.Contains(b.out.String(), report.EventWaiting) {
						t.Errorf("a short pause is told:\n%s%s", b.err.String(), b.out.String())
					}
					return
				}
				b.says(c.text)
				if n := strings.Count(b.out.String(), c.object); n != c.times {
					t.Errorf("told %d times to programs, want %d: %s\n%s", n, c.times, c.object, b.out.String())
				}
			})
		})
	}
}
