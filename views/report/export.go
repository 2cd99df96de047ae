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

// Format is a file format for tasks.
type Format string

// The formats.
const (
	NDJSON   Format = "ndjson"   // a line for each task object
	JSON     Format = "json"     // an array of task objects
	CSV      Format = "csv"      // a table for spreadsheets, with the fields of the task object
	IDs      Format = "ids"      // a line for each request id, for scripts
	Requests Format = "requests" // a line for each task that polltop reads again
	Markdown Format = "md"       // a table for GitHub
	Payloads Format = "payloads" // the tasks' payloads, to be submitted again
)

type format struct {
	name       Format
	extensions []string
	write      func(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error
}

// formats has the formats in the order in which they are listed, with their file extensions.
var formats = []format{
	{NDJSON, []string{".ndjson", ".jsonl"}, exportNDJSON},
	{JSON, []string{".json"}, exportJSON},
	{CSV, []string{".csv"}, exportCSV},
	{IDs, []string{".ids"}, exportIDs},
	{Requests, []string{".requests", ".txt"}, exportRequests},
	{Markdown, []string{".md", ".markdown"}, exportMarkdown},
	{Payloads, []string{".payloads"}, exportPayloads},
}

// Formats returns all formats in the order in which they are listed.
func Formats() []Format {
	var names []Format
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// ParseFormat reads the name of a format in any case. The error names all formats.
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

// FormatOf returns the format of a file by its extension; false for no such format.
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
	Now         time.Time                         // the end of durations of live tasks
	Result      func(seq int32) *queue.Result     // returns a task's result, nil if it was not fetched; may be nil
	Input       func(number int64) ([]byte, bool) // returns the parameters in a payload if they are known; may be nil
	Unsubmitted []*poller.Payload                 // payloads without a task, which Payloads includes
	// Source is what reads requests again: the configured bases, in their order. Without bases each
	// request is written as its status URL.
	Source paste.Source
}

// Export writes the tasks in a format, one at a time, so that its memory does not grow with their
// number. It returns the writer's error.
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

// ExportFile exports the tasks to a new file. It does not overwrite a file, and removes one that it
// could not write as a whole.
func ExportFile(path string, format Format, tasks []*poller.Task, o ExportOptions) error {
	mode := fs.FileMode(0o644)
	if format == Payloads {
		mode = 0o600 // payloads are private
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

// exportPayloads writes each payload of the tasks once, and the unsubmitted payloads.
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

// exportIDs writes a line for each request id. An id that is not printable is quoted.
func exportIDs(w *bufio.Writer, tasks []*poller.Task, _ ExportOptions) error {
	for _, t := range tasks {
		id := t.Request.ID
		if !isPrintable(id) {
			id = strconv.QuoteToASCII(id)
		}
		w.WriteString(id + "\n")
	}
	return nil
}

func isPrintable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func exportNDJSON(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	for _, t := range tasks {
		if err := Encode(w, ObjectOf(t, EventTask, o.Now, o.Result(t.Seq))); err != nil {
			return err
		}
	}
	return nil
}

// exportJSON writes an array of indented task objects.
func exportJSON(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	separator, end := "[\n  ", "[]\n"
	for _, t := range tasks {
		object, err := encode(ObjectOf(t, EventTask, o.Now, o.Result(t.Seq)), "  ", "  ")
		if err != nil {
			return err
		}
		w.WriteString(separator)
		w.Write(bytes.TrimSuffix(object, []byte("\n")))
		separator, end = ",\n  ", "\n]\n"
	}
	w.WriteString(end)
	return nil
}
