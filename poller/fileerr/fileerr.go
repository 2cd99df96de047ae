// Package fileerr shortens the errors of package os for messages that name the file
// themselves.
package fileerr

import (
	"errors"
	"io/fs"
	"os"
)

// Cause returns why an operation on a file failed, without the operation and the path.
func Cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
