package input

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// pipes are named pipes and perhaps standard input, read one after the other as the
// tasks come: whoever writes to a pipe may take its time, or never end.
type pipes struct {
	names  []string
	reader io.Reader
}

// add adds what is read next. A line does not go on in the next pipe.
func (p *pipes) add(name string, next io.Reader) {
	if p.reader != nil {
		next = io.MultiReader(p.reader, strings.NewReader("\n"), next)
	}
	p.names, p.reader = append(p.names, name), next
}

// Read reads from the first that has not ended.
func (p *pipes) Read(text []byte) (int, error) { return p.reader.Read(text) }

// StreamName returns how what is read is named to the user.
func (p *pipes) StreamName() string { return strings.Join(p.names, " and ") }

// namedPipe is a named pipe, which is opened when it is read first: that waits for
// somebody who writes.
type namedPipe struct {
	path string
	file *os.File
}

// Read reads what was written to the pipe.
func (p *namedPipe) Read(text []byte) (n int, err error) {
	if p.file == nil {
		if p.file, err = os.Open(p.path); err != nil {
			return 0, fmt.Errorf("can't read the file of tasks: %w", err)
		}
	}
	n, err = p.file.Read(text)
	if errors.Is(err, io.EOF) {
		p.file.Close()
	}
	return n, err
}

// isPipe reports whether an argument names a pipe, such as what a shell makes of <(...).
func isPipe(arg string) bool {
	info, err := os.Stat(arg)
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}
