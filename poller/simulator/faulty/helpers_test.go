package faulty

import (
	"testing"

	"go.uber.org/goleak"

	"polltop/poller/simulator"
	"polltop/poller/simulator/simulatortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type client = simulatortest.Client

// bubble runs a test with a served server and a client under a fake clock.
func bubble(t *testing.T, config Config, test func(t *testing.T, s *Server, c *client)) {
	t.Helper()
	simulatortest.Run(t, func() *Server { return New(config) }, test)
}

// path returns the address of a request's action on the tests' origin.
func path(id, action string) string {
	return simulatortest.Origin + simulator.BasePath + "/v1/queue/e/requests/" + id + "/" + action
}
