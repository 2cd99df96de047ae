package input

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// pipes reads named pipes and perhaps standard input one after the other while the program
// runs: a writer may take its time, or never end.
type pipes struct {
	names  []string
	reader io.Reader
}

// add adds the next pipe. A line ends at the end of its pipe.
func (p *pipes) add(name string, next io.Reader) {
	if p.reader != nil {
		next = io.MultiReader(p.reader, strings.NewReader("\n"), next)
	}
	p.names, p.reader = append(p.names, name), next
}

// Read reads from the first that has not ended.
func (p *pipes) Read(text []byte) (int, error) { return p.reader.Read(text) }

// StreamName returns the name for the user.
func (p *pipes) StreamName() string { return strings.Join(p.names, " and ") }

// namedPipe is a named pipe that is opened by the first Read: opening waits for a writer.
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
