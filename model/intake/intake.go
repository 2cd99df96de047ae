// Package intake reads what names tasks at the start: files, standard input,
// arguments, and the environment's fallback.
package intake

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/x/term"

	"polltop/poller/queue"
)

// fileMost bounds the size of a file of tasks, in bytes: half a million
// create-task answers fit.
const fileMost = 256 << 20

// Given is what was named at the start.
type Given struct {
	Requests []queue.Request
	// Problems are the lines that were not understood.
	Problems []queue.Problem
	// Stream is standard input, when tasks are to be read from it while the
	// dashboard runs; nil otherwise.
	Stream io.Reader
	// Unread says that something is piped into standard input, and that it is
	// not read, as tasks were named without it.
	Unread bool
}

// Read reads the arguments: files, "-" for standard input, request ids and
// URLs. Without any, standard input is taken when it is a pipe or a file, and
// else the fallback texts, which REQUEST_ID and STATUS_URL give. Its errors
// name the argument and the way out.
func Read(source queue.Source, args, fallback []string, stdin *os.File) (Given, error) {
	var given Given
	for _, arg := range args {
		if arg == "-" {
			if term.IsTerminal(stdin.Fd()) {
				return Given{}, errors.New("-: standard input is the terminal, which gives the keys: pipe tasks into polltop, or leave - out and paste them")
			}
			given.Stream = stdin
			continue
		}
		requests, problems, err := readArgument(source, arg)
		if err != nil {
			return Given{}, err
		}
		given.Requests = append(given.Requests, requests...)
		given.Problems = append(given.Problems, problems...)
	}
	if len(args) > 0 {
		given.Unread = given.Stream == nil && piped(stdin)
		return given, nil
	}
	if piped(stdin) {
		given.Stream = stdin
		return given, nil
	}
	for _, text := range fallback {
		requests, problems := source.Parse(text)
		if len(problems) > 0 {
			return Given{}, fmt.Errorf("REQUEST_ID or STATUS_URL in the environment, %q: %s", text, problems[0].Reason)
		}
		given.Requests = append(given.Requests, requests...)
	}
	return given, nil
}

// piped reports whether standard input is a pipe or a file that holds tasks,
// not a terminal and not /dev/null.
func piped(stdin *os.File) bool {
	info, err := stdin.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// readArgument reads a file, or an argument that is a task itself.
func readArgument(source queue.Source, arg string) ([]queue.Request, []queue.Problem, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return nil, nil, fmt.Errorf("%s is a directory: name a file of tasks in it", arg)
	case err == nil:
		return readFile(source, arg)
	case !errors.Is(err, fs.ErrNotExist) && !looksLikeTask(arg), looksLikeFile(arg):
		return nil, nil, fmt.Errorf("can't read the file of tasks: %w", err)
	}
	requests, problems := source.Parse(arg)
	if len(problems) > 0 {
		return nil, nil, fmt.Errorf("%q is no file that exists, nor a task: %s", arg, problems[0].Reason)
	}
	return requests, nil, nil
}

// readFile reads a file of tasks.
func readFile(source queue.Source, path string) ([]queue.Request, []queue.Problem, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("can't read the file of tasks: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, fileMost+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("can't read the file of tasks: %w", err)
	case len(text) > fileMost:
		return nil, nil, fmt.Errorf("%s is longer than 256 MiB, which is no list of tasks: split it", path)
	}
	requests, problems := source.Parse(string(text))
	for i := range problems {
		problems[i].From = path
	}
	return requests, problems, nil
}

// looksLikeTask reports whether an argument can only be a URL or JSON, which a
// file system may complain of in ways other than that there is no such file.
func looksLikeTask(arg string) bool {
	return strings.Contains(arg, "://") || strings.ContainsAny(arg, "{[\n")
}

// looksLikeFile reports whether an argument that names no file was meant to: it
// would be a pity to watch a request named tasks2.txt.
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
