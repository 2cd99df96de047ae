//go:build unix

package e2e

import (
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// service is a simulated queue API on loopback, with its base URL.
type service struct {
	*faulty.Server
	url string
}

const key = "sk-e2e-0123456789abcdef"

// serve starts a service on loopback.
func serve(t *testing.T, config faulty.Config) *service {
	t.Helper()
	config.Key = key
	s := &service{Server: faulty.New(config)}
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = url
	t.Cleanup(func() { s.Close() })
	return s
}

// env is what somebody who follows the API's documentation has in the shell.
func (s *service) env(more ...string) []string {
	return append([]string{"BASE_URL=" + s.url, "API_KEY=" + key, "ENDPOINT=wan26_i2v"}, more...)
}

// submit submits n tasks with a plan.
func (s *service) submit(n int, plan simulator.Plan) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = s.Submit("wan26_i2v", plan)
	}
	return ids
}

// The plans that most tests want.
var (
	forever = simulator.Plan{Run: time.Hour}
	waiting = simulator.Plan{Queue: time.Hour, Run: time.Second}
	blocked = simulator.Plan{Run: time.Millisecond, Outcome: simulator.Outcome{
		ErrorType: "CONTENT_BLOCKED", Message: "The output was blocked by the safety policy: violence.",
	}}
)
