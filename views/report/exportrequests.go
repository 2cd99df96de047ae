package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// exportRequests writes a line a task, from which polltop reads the same request
// again: the same id, endpoint, base and status URL.
func exportRequests(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	source := o.Source
	// The default endpoint may be another one then.
	source.Endpoint = ""
	short := len(source.Bases) > 0
	if !short {
		source.Bases = basesOf(tasks)
	}
	for _, t := range tasks {
		w.WriteString(idLine(t.Request, source, short))
		if err := w.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}

// basesOf returns the bases of the tasks, each once.
func basesOf(tasks []*poller.Task) []*queue.Base {
	var bases []*queue.Base
	for _, t := range tasks {
		if base := t.Request.Base; base != nil && !slices.Contains(bases, base) {
			bases = append(bases, base)
		}
	}
	return bases
}

// idLine returns the shortest line from which the source reads the request
// again: endpoint/id where it is read so, else the status URL, and for what
// neither can tell the record that both stand in. Whether a line does it is
// asked of the one who will read it. A record that is not understood, as its
// base is not configured any more, is told as a problem there.
func idLine(r queue.Request, source paste.Source, short bool) string {
	if r.Base == nil {
		return record(r)
	}
	if line := r.Endpoint + "/" + r.ID; short && readsAs(line, r, source) {
		return line
	}
	if line := r.StatusURL(); readsAs(line, r, source) {
		return line
	}
	return record(r)
}

// readsAs reports whether a line is plain to see and read as the one request.
func readsAs(line string, r queue.Request, source paste.Source) bool {
	if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return false
	}
	read := paste.Parse(line, source)
	if len(read.Requests) != 1 || len(read.Unsure)+len(read.Refused) > 0 {
		return false
	}
	back := read.Requests[0]
	return back.ID == r.ID && back.Endpoint == r.Endpoint && back.Base == r.Base && back.StatusURL() == r.StatusURL()
}

// record returns a request as a line of JSON, such as a create-task answer is.
func record(r queue.Request) string {
	var fields struct {
		RequestID string `json:"request_id"`
		Endpoint  string `json:"endpoint,omitempty"`
		StatusURL string `json:"status_url,omitempty"`
	}
	fields.RequestID, fields.Endpoint = r.ID, r.Endpoint
	if r.Base != nil {
		fields.StatusURL = r.StatusURL()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	// Three texts always encode.
	_ = encoder.Encode(fields)
	return strings.TrimSuffix(string(escape(b.Bytes())), "\n")
}
