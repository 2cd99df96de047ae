// Package natstest runs NATS servers in the process; for tests alone.
package natstest

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startTimeout bounds the start of a server.
const startTimeout = 10 * time.Second

// Start starts a server on loopback, on a free port unless one is given, until the test ends.
func Start(t testing.TB, o server.Options) *server.Server {
	t.Helper()
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	o.Host, o.NoSigs, o.NoLog = "127.0.0.1", true, true
	s, err := server.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(startTimeout) {
		t.Fatal("the NATS server does not start")
	}
	return s
}

// JetStream starts a server with JetStream.
func JetStream(t testing.TB) *server.Server {
	t.Helper()
	return Start(t, server.Options{JetStream: true, StoreDir: t.TempDir()})
}
