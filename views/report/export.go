package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// Format is a form in which tasks are exported.
type Format string

// The formats.
const (
	NDJSON   Format = "ndjson"   // a task object a line
	JSON     Format = "json"     // an array of task objects
	CSV      Format = "csv"      // a table for spreadsheets, with the names of the task object
	IDs      Format = "ids"      // a request id a line, for scripts
	Requests Format = "requests" // a line a task, to be given to polltop again
	Markdown Format = "md"       // a table for GitHub and the like
	Payloads Format = "payloads" // what tasks were submitted with, to be submitted again
)

// formats has the formats in the order to name them in, with the extensions of files that stand
// for them.
var formats = []struct {
	name       Format
	extensions []string
	write      func(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error
}{
	{NDJSON, []string{".ndjson", ".jsonl"}, exportNDJSON},
	{JSON, []string{".json"}, exportJSON},
	{CSV, []string{".csv"}, exportCSV},
	{IDs, []string{".ids"}, exportIDs},
	{Requests, []string{".requests", ".txt"}, exportRequests},
	{Markdown, []string{".md", ".markdown"}, exportMarkdown},
	{Payloads, []string{".payloads"}, exportPayloads},
}

// Formats returns all formats, in the order to name them in.
func Formats() []Format {
	var names []Format
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// ParseFormat reads the name of a format, in any case. The error names those that there are.
func ParseFormat(text string) (Format, error) {
	name := Format(strings.ToLower(strings.TrimSpace(text)))
	var names []string
	for _, f := range formats {
		if f.name == name {
			return name, nil
		}
		names = append(names, string(f.name))
	}
	return "", fmt.Errorf("%q is no format: give one of %s", text, strings.Join(names, ", "))
}

// FormatOf returns the format that a file's extension stands for, and false
// where it stands for none.
func FormatOf(path string) (Format, bool) {
	extension := strings.ToLower(filepath.Ext(path))
	for _, f := range formats {
		if slices.Contains(f.extensions, extension) {
			return f.name, true
		}
	}
	return "", false
}

// ExportOptions are what an export needs beside the tasks.
type ExportOptions struct {
	Now         time.Time                         // durations that go on count up to it
	Result      func(seq int32) *queue.Result     // a task's result, nil if it was not fetched; nil for none at all
	Input       func(number int64) ([]byte, bool) // the parameters in a payload, and whether they are known; nil for none
	Unsubmitted []*poller.Payload                 // payloads without a task, to be written with those of the tasks
	// Source is what reads the ids back: the configured bases, in their order.
	// Without bases each id is written as its status URL, which needs no order.
	Source paste.Source
}

func (o ExportOptions) result(t *poller.Task) *queue.Result {
	if o.Result == nil {
		return nil
	}
	return o.Result(t.Seq)
}

// Export writes the tasks in a format, in their order, one at a time: it needs
// no more memory for many than for one. It returns the writer's error, which the buffer keeps
// until it is flushed.
func Export(w io.Writer, format Format, tasks []*poller.Task, o ExportOptions) error {
	format, err := ParseFormat(string(format))
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	for _, f := range formats {
		if f.name == format {
			if err := f.write(out, tasks, o); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

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

// exportPayloads writes the payloads of tasks, each once, and those that are unsubmitted.
func exportPayloads(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	seen := map[int64]bool{0: true}
	put := func(number int64, endpoint, label string) error {
		if seen[number] || o.Input == nil {
			return nil
		}
		seen[number] = true
		input, ok := o.Input(number)
		if !ok {
			return nil
		}
		return Encode(w, PayloadObject{Endpoint: endpoint, Label: label, Input: json.RawMessage(input)})
	}
	for _, t := range tasks {
		if err := put(t.Payload, t.Request.Endpoint, t.Request.Label); err != nil {
			return err
		}
	}
	for _, p := range o.Unsubmitted {
		if err := put(p.Number, p.Endpoint, p.Label); err != nil {
			return err
		}
	}
	return nil
}

// exportIDs writes the request id of each task, a line each. An id that holds what
// could break the line is written as a JSON text.
func exportIDs(w *bufio.Writer, tasks []*poller.Task, _ ExportOptions) error {
	for _, t := range tasks {
		id := t.Request.ID
		if !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }) {
			id = strconv.QuoteToASCII(id)
		}
		w.WriteString(id + "\n")
	}
	return nil
}

func exportNDJSON(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	for _, t := range tasks {
		if err := Encode(w, ObjectOf(t, EventTask, o.Now, o.result(t))); err != nil {
			return err
		}
	}
	return nil
}

// exportJSON writes an array of task objects, for people and for what reads no NDJSON.
func exportJSON(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	w.WriteString("[")
	for i, t := range tasks {
		if i > 0 {
			w.WriteString(",")
		}
		object, err := encode(ObjectOf(t, EventTask, o.Now, o.result(t)), "  ", "  ")
		if err != nil {
			return err
		}
		w.WriteString("\n  ")
		w.Write(bytes.TrimSuffix(object, []byte("\n")))
	}
	if len(tasks) > 0 {
		w.WriteString("\n")
	}
	w.WriteString("]\n")
	return nil
}
