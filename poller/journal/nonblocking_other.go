//go:build !unix

package journal

// nonblocking is nothing where files have no such thing.
const nonblocking = 0
