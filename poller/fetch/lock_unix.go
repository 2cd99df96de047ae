//go:build unix && !aix

package fetch

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the file for this process until it is closed. It returns errBusy
// when another has it. A file system that knows no locks is used without.
func lock(file *os.File) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var taken error
	err = conn.Control(func(fd uintptr) { taken = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(taken, unix.EWOULDBLOCK) {
		return errBusy
	}
	return err
}
