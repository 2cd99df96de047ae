//go:build unix

package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigFileThatOthersCanWriteIsRefused(t *testing.T) {
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o644: false, 0o400: false, 0o664: true, 0o646: true, 0o620: true, 0o602: true, 0o777: true} {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(path, []byte("rate = 5\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := readConfig(path)
		if (err != nil) != refused {
			t.Errorf("mode %04o: error %v", mode, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "others can write to it") || !strings.HasSuffix(err.Error(), "chmod go-w "+path)) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

func TestConfigFileOfAnotherUserIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte("rate = 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const stranger = 61_234
	if err := os.Chown(path, stranger, -1); err != nil {
		t.Skip("only root can give files away: ", err)
	}
	if _, err := readConfig(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "the user with number 61234") {
		t.Errorf("error %v", err)
	}
}
