package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/adrg/xdg"

	"polltop/poller/fileerr"
)

// errTooLong is a file longer than what is read of it.
var errTooLong = errors.New("too long")

// readFile reads a file of at most most bytes. It may also be a pipe, as a
// shell's <(command) makes one.
func readFile(path string, most int64) ([]byte, fs.FileInfo, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fileerr.Cause(err)
	}
	defer file.Close()
	info, statErr := file.Stat()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	switch err = cmp.Or(statErr, err); {
	case statErr == nil && info.IsDir():
		return nil, nil, errors.New("it is a directory")
	case err != nil:
		return nil, nil, fileerr.Cause(err)
	case int64(len(text)) > most:
		return nil, nil, errTooLong
	}
	return text, info, nil
}

// shown returns a path or key as an error shows it: on one line, whatever is in it.
func shown(text string) string {
	if quoted := strconv.Quote(text); text == "" || quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

// Expand returns the path with the user's home directory for a leading ~, which
// no shell has replaced in a file and in most ways to write a variable.
func Expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(xdg.Home, rest)
	}
	return path
}

// pathOf returns the path that a source names. The config file's paths are relative to it.
func (r *reading) pathOf(text string, rank rank) string {
	path := Expand(text)
	if rank == fromConfig && path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.config.path), path)
	}
	return path
}

// configPath returns the config file to read: the one that --config names, or
// else the user's, or else the system's, where there is one.
func (r *reading) configPath() string {
	if g := r.find("config"); g.rank == fromFlag {
		path := Expand(g.last())
		if path == "" {
			g.refuse("the file name is empty: give a file, or leave the flag out")
		} else if _, err := os.Stat(path); err != nil {
			g.refuse("can't read %s: %w: name a file that exists", shown(path), fileerr.Cause(err))
		}
		return path
	}
	dirs := append([]string{xdg.ConfigHome}, xdg.ConfigDirs...)
	if home := r.env("XDG_CONFIG_HOME"); filepath.IsAbs(home) {
		// The package has read the process's own environment when it began.
		dirs[0] = home
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, "polltop", "config.toml")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// configError returns an error in a config file; line 0 is the file as a whole.
func configError(path string, line int, format string, args ...any) error {
	return fmt.Errorf("%s: %w", configPlace(path, line), fmt.Errorf(format, args...))
}

func configPlace(path string, line int) string {
	if line == 0 {
		return "config file " + shown(path)
	}
	return fmt.Sprintf("config file %s, line %d", shown(path), line)
}
