// Package pipe provides connections in memory for tests with a fake clock: a listener, a network that
// can fail in the usual ways, and TLS with right and wrong certificates. Only tests import it.
package pipe
