// Package pipe is connections in memory for tests under a fake clock: a listener, a
// network that can fail in each of the usual ways, and TLS with right and wrong
// certificates. Only tests import it. It knows nothing of HTTP.
package pipe
