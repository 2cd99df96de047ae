package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"polltop/poller"
)

// ExportFile writes the tasks to a new file, as Export does. One that is there already is left alone,
// and a file that could not be written whole is taken away.
func ExportFile(path string, format Format, tasks []*poller.Task, o ExportOptions) error {
	mode := fs.FileMode(0o644)
	if format == Payloads {
		mode = 0o600 // what the user submits is for nobody else
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: give another name", path)
	}
	if err != nil {
		return err
	}
	err = errors.Join(Export(file, format, tasks, o), file.Close())
	if err != nil {
		os.Remove(path)
	}
	return err
}
