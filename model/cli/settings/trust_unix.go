//go:build unix

package settings

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// checkTrust returns an error if users other than the owner and root can change a config file, because
// it can name a command to run and the host that gets the key. The rules are those of ssh for its own
// config file: it belongs to the user or to root, and neither group nor others may write to it.
func checkTrust(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode()&fs.ModeDevice != 0 {
		return nil // such as /dev/null, which reads as empty whoever writes to it
	}
	if owner := int(stat.Uid); owner != 0 && owner != os.Getuid() {
		name := fmt.Sprintf("the user with number %d", owner)
		if u, err := user.LookupId(strconv.Itoa(owner)); err == nil {
			name = "the user " + u.Username
		}
		return configError(path, 0, "it belongs to %s, who could have it run commands (exec) and send your key elsewhere (base_url): make it yours with sudo chown %d %s, or name a copy of your own with --config", name, os.Getuid(), printable(path))
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return configError(path, 0, "others can write to it (mode %04o), and so have it run commands (exec) and send your key elsewhere (base_url): chmod go-w %s", mode, printable(path))
	}
	return nil
}
