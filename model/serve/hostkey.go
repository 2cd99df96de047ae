package serve

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"
)

// hostKey returns the option that sets the server's key, which is made where the file is
// not there yet.
func hostKey(path string) (ssh.Option, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the host key has no place: %w", err)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can read the host key %s (mode %04o), and so pass for this server: chmod 600 it, or delete it for a new one", path, info.Mode().Perm())
	}
	return wish.WithHostKeyPath(path), nil
}

// Fingerprint returns the fingerprint of a server's key, as ssh shows it to those who
// connect for the first time.
func (s *Server) Fingerprint() string {
	return gossh.FingerprintSHA256(s.ssh.HostSigners[0].PublicKey())
}
