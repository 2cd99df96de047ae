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

// errTooLong says that a file is longer than allowed.
var errTooLong = errors.New("too long")

// readFile reads a file of at most limit bytes, or a pipe such as a shell's <(command).
func readFile(path string, limit int64) ([]byte, fs.FileInfo, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fileerr.Cause(err)
	}
	defer file.Close()
	info, statErr := file.Stat()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch err = cmp.Or(statErr, err); {
	case statErr == nil && info.IsDir():
		return nil, nil, errors.New("it is a directory")
	case err != nil:
		return nil, nil, fileerr.Cause(err)
	case int64(len(text)) > limit:
		return nil, nil, errTooLong
	}
	return text, info, nil
}

// printable returns a path or key for an error: quoted if it holds characters that are not printable.
func printable(text string) string {
	if quoted := strconv.Quote(text); text == "" || quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

// Expand replaces a leading ~/ by the user's home directory. Shells do so for arguments, but not in
// files and in most ways to write a variable.
func Expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(xdg.Home, rest)
	}
	return path
}

// pathOf returns the path that a source gives. Paths in the config file are relative to its directory.
func (r *resolver) pathOf(text string, precedence precedence) string {
	path := Expand(text)
	if precedence == fromConfig && path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.config.path), path)
	}
	return path
}

// configPath returns the config file to read: that of --config, or else the user's, or else the
// system's; "" if there is none.
func (r *resolver) configPath() string {
	if e := r.find("config"); e.precedence == fromFlag {
		path := Expand(e.last())
		if path == "" {
			e.reject("the file name is empty: give a file, or leave the flag out")
		} else if _, err := os.Stat(path); err != nil {
			e.reject("can't read %s: %w: name a file that exists", printable(path), fileerr.Cause(err))
		}
		return path
	}
	path, _ := xdg.SearchConfigFile("polltop/config.toml") // the error says that there is none
	return path
}

// configError returns an error with the position in a config file. Line 0 is the file as a whole.
func configError(path string, line int, format string, args ...any) error {
	return fmt.Errorf("%s: %w", configPosition(path, line), fmt.Errorf(format, args...))
}

func configPosition(path string, line int) string {
	if line == 0 {
		return "config file " + printable(path)
	}
	return fmt.Sprintf("config file %s, line %d", printable(path), line)
}
