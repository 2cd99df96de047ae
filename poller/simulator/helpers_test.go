package simulator

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"polltop/poller/simulator/simulatortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const origin = simulatortest.Origin

type (
	client = simulatortest.Client
	answer = simulatortest.Answer
)

// configured returns what makes a server with this configuration.
func configured(config Config) func() *Server {
	return func() *Server { return New(config) }
}

// advance moves the fake clock of the bubble that calls it.
func advance(d time.Duration) { time.Sleep(d) }

// path returns the address of a request's action on the tests' origin.
func path(endpoint, id, action string) string {
	return origin + BasePath + "/v1/queue/" + endpoint + "/requests/" + id + "/" + action
}
