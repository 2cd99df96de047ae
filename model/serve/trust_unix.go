//go:build unix

package serve

import (
	"fmt"
	"io/fs"
)

// checkTrust returns an error if others can write to a file of keys, and so let
// themselves in.
func checkTrust(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o022 != 0 && info.Mode().IsRegular() {
		return fmt.Errorf("others can write to %s (mode %04o), and so let themselves in: chmod go-w %s", path, mode, path)
	}
	return nil
}
