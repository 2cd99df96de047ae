//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no file is refused at once, and named.
func TestWhatIsNoFileIsRefusedAtOnce(t *testing.T) {
	for what, place := range map[string]func(path string) error{
		"a FIFO":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"a device":    func(path string) error { return os.Symlink("/dev/null", path) },
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.db")
			if err := place(path); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			if !errors.Is(err, ErrNotFile) || !strings.Contains(err.Error(), path+" is "+what) {
				t.Errorf("opened: %v", err)
			}
			if _, err := OpenReadOnly(path); !errors.Is(err, ErrNotFile) {
				t.Errorf("viewed: %v", err)
			}
			if l := describe(path, "s"); l.Err == nil {
				t.Error("it is listed as a session")
			}
		})
	}
}
