//go:build unix

package settings

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What lies in the config file's place and is none is told: settings are not dropped
// silently, and nothing waits for a pipe.
func TestWhatIsNoConfigFileIsTold(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a pipe":        func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a loop":        func(path string) error { return os.Symlink(path, path) },
		"a broken link": func(path string) error { return os.Symlink(path+".gone", path) },
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			path := filepath.Join(home, "polltop", "config.toml")
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			r := reading{lookup: func(name string) (string, bool) { return home, name == "XDG_CONFIG_HOME" }}
			if _, err := r.configPath(); err == nil || !strings.Contains(err.Error(), "config file "+path) {
				t.Errorf("the error is %v, want one that names %s", err, path)
			}
		})
	}
}
