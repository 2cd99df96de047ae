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

type format struct {
	name       Format
	extensions []string
	write      func(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error
}

// formats has the formats in the order to name them in, with the extensions of files for them.
var formats = []format{
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

// FormatOf returns the format that a file's extension stands for; false where there is none.
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

// Export writes the tasks in a format, in their order, one at a time: it needs no more memory for
// many than for one. It returns the writer's error, which the buffer keeps until it is flushed.
func Export(w io.Writer, name Format, tasks []*poller.Task, o ExportOptions) error {
	name, err := ParseFormat(string(name))
	if err != nil {
		return err
	}
	if o.Result == nil {
		o.Result = func(int32) *queue.Result { return nil }
	}
	if o.Input == nil {
		o.Input = func(int64) ([]byte, bool) { return nil, false }
	}
	out := bufio.NewWriterSize(w, 64<<10)
	at := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if err := formats[at].write(out, tasks, o); err != nil {
		return err
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
	var payloads []*poller.Payload
	for _, t := range tasks {
		payloads = append(payloads, &poller.Payload{Number: t.Payload, Endpoint: t.Request.Endpoint, Label: t.Request.Label})
	}
	seen := map[int64]bool{0: true}
	for _, p := range append(payloads, o.Unsubmitted...) {
		if seen[p.Number] {
			continue
		}
		seen[p.Number] = true
		if input, ok := o.Input(p.Number); ok {
			if err := Encode(w, PayloadObject{Endpoint: p.Endpoint, Label: p.Label, Input: json.RawMessage(input)}); err != nil {
				return err
			}
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
		if err := Encode(w, ObjectOf(t, EventTask, o.Now, o.Result(t.Seq))); err != nil {
			return err
		}
	}
	return nil
}

// exportJSON writes an array of task objects, for people and for what reads no NDJSON.
func exportJSON(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	before, end := "[\n  ", "[]\n"
	for _, t := range tasks {
		object, err := encode(ObjectOf(t, EventTask, o.Now, o.Result(t.Seq)), "  ", "  ")
		if err != nil {
			return err
		}
		w.WriteString(before)
		w.Write(bytes.TrimSuffix(object, []byte("\n")))
		before, end = ",\n  ", "\n]\n"
	}
	w.WriteString(end)
	return nil
}
