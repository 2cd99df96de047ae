package fetch

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the file for this process until it is closed. It returns errBusy
// when another has it. A file system that knows no locks is used without.
func lock(file *os.File) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var taken error
	err = conn.Control(func(fd uintptr) {
		// A byte far behind the end: Windows keeps others from reading what is locked.
		at := &windows.Overlapped{Offset: math.MaxUint32, OffsetHigh: math.MaxInt32}
		taken = windows.LockFileEx(windows.Handle(fd), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	})
	if errors.Is(taken, windows.ERROR_LOCK_VIOLATION) {
		return errBusy
	}
	return err
}
