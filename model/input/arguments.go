package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"

	"polltop/poller/paste"
)

// Arguments is what the arguments of a command name.
type Arguments struct {
	paste.Result          // what was read from files and arguments
	Streams      []Stream // standard input and named pipes, to be read while the dashboard runs
	StdinUnread  bool     // standard input is a pipe that is not read, because the arguments name other tasks
}

// ReadArguments reads the arguments: files, "-" for standard input, request ids and URLs. Without any it
// reads standard input if that is a pipe or a file, else the texts in envTasks, the values of REQUEST_ID
// and STATUS_URL. Its errors name the argument and the way out.
func ReadArguments(source paste.Source, args, envTasks []string, stdin *os.File) (Arguments, error) {
	var named Arguments
	input := Stream{standardInput, stdin}
	if len(args) == 0 && piped(stdin) {
		args = []string{"-"}
	}
	for _, arg := range args {
		switch {
		case arg == "-" && term.IsTerminal(stdin.Fd()):
			return Arguments{}, errors.New("-: standard input is the terminal, which gives the keys: pipe tasks into polltop, or leave - out and paste them")
		case arg == "-" && slices.Contains(named.Streams, input):
		case arg == "-":
			named.Streams = append(named.Streams, input)
		case isPipe(arg):
			named.Streams = append(named.Streams, Stream{arg, &namedPipe{path: arg}})
		default:
			read, err := readArgument(source, arg)
			if err != nil {
				return Arguments{}, err
			}
			named.add(read)
		}
	}
	if len(args) > 0 {
		named.StdinUnread = piped(stdin) && !slices.Contains(named.Streams, input)
		return named, nil
	}
	source.From = "the environment"
	for _, text := range envTasks {
		read, why := readTask(source, text)
		if why != "" {
			return Arguments{}, fmt.Errorf("REQUEST_ID or STATUS_URL in the environment, %q: %s", redact(text, source.Secrets), why)
		}
		named.add(read)
	}
	return named, nil
}

// namedPipe is a named pipe that the first Read opens, because opening waits for a writer.
type namedPipe struct {
	path string
	file *os.File
}

// Read reads from the pipe, and closes it at its end.
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

// piped reports whether standard input is a pipe or a file, not a terminal and not /dev/null.
func piped(stdin *os.File) bool {
	info, err := stdin.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// readArgument reads the file that an argument names, or the argument as a task.
func readArgument(source paste.Source, arg string) (paste.Result, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return paste.Result{}, fmt.Errorf("%s is a directory: name a file of tasks in it", arg)
	case err == nil:
		return readFile(source, arg)
	case !errors.Is(err, fs.ErrNotExist) && !looksLikeTask(arg), looksLikeFile(arg):
		return paste.Result{}, fmt.Errorf("can't read the file of tasks: %w", err)
	}
	source.From = "argument"
	read, why := readTask(source, arg)
	if why != "" {
		return paste.Result{}, fmt.Errorf("%q is no file that exists, nor a task: %s", redact(arg, source.Secrets), why)
	}
	return read, nil
}

func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return text
}

// readTask reads a text that should name a task. A single word is a request id whatever its form. why
// says why the text names none, "" if it does.
func readTask(source paste.Source, text string) (read paste.Result, why string) {
	read = paste.Parse(text, source)
	if len(read.Requests) == 0 && !strings.ContainsAny(text, " \t\n/{[=") {
		read = paste.Parse("request_id: "+text, source)
	}
	switch {
	case len(read.Requests) == 0 && len(read.Questions) > 0 && !read.Questions[0].Answerable():
		return read, read.Questions[0].Why
	case len(read.Requests)+len(read.Questions) > 0:
		return read, ""
	case len(read.Problems) > 0:
		return read, read.Problems[0].Reason
	}
	return read, "give a request id, endpoint/id, a status URL or a create-task answer"
}

// add adds what was read of one argument.
func (g *Arguments) add(read paste.Result) {
	if g.Requests == nil {
		g.Requests = read.Requests // without a copy of those of a single file
	} else {
		g.Requests = append(g.Requests, read.Requests...)
	}
	g.Questions = append(g.Questions, read.Questions...)
	g.Problems = append(g.Problems, read.Problems...)
}

func readFile(source paste.Source, path string) (paste.Result, error) {
	file, err := os.Open(path)
	if err != nil {
		return paste.Result{}, fmt.Errorf("can't read the file of tasks: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	switch {
	case err != nil:
		return paste.Result{}, fmt.Errorf("can't read the file of tasks: %w", err)
	case len(text) > maxFileSize:
		return paste.Result{}, fmt.Errorf("%s is longer than 256 MiB, which is no list of tasks: split it", path)
	}
	source.From = path
	read := paste.Parse(string(text), source)
	if len(read.Requests)+len(read.Questions)+len(read.Problems) == 0 && len(bytes.TrimSpace(text)) > 0 {
		read.Problems = []paste.Problem{{From: path, Line: 1, Reason: "there is no request in the file: no id of a known form, no request_id and no address of one"}}
	}
	return read, nil
}

// looksLikeTask reports whether an argument can only be a URL or JSON. Opened as a file it may fail with
// other errors than that the file does not exist.
func looksLikeTask(arg string) bool {
	return strings.Contains(arg, "://") || strings.ContainsAny(arg, "{[\n")
}

// looksLikeFile reports whether an argument was meant as a file name, such as tasks2.txt, and not as a
// request id.
func looksLikeFile(arg string) bool {
	if looksLikeTask(arg) {
		return false
	}
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".txt", ".json", ".jsonl", ".ndjson", ".log", ".csv", ".tsv", ".md", ".yaml", ".yml", ".out":
		return true
	}
	return strings.HasPrefix(arg, "/") || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") || strings.HasPrefix(arg, "~/")
}
