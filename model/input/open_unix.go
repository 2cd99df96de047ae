//go:build unix

package input

import (
	"os"
	"syscall"
)

// open opens a file to read. A named pipe is opened without waiting for someone who writes to it.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
