//go:build unix

package journal

import "syscall"

// nonblocking makes the opening of a named pipe that nobody reads fail.
const nonblocking = syscall.O_NONBLOCK
