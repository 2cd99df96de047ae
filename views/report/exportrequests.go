package report

import (
	"bufio"
	"slices"
	"strings"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// exportRequests writes a line for each task, from which polltop reads the same request again: the
// same id, endpoint, base and status URL.
func exportRequests(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	source, short := o.Source, len(o.Source.Bases) > 0
	source.Endpoint = "" // the reader may have another default endpoint
	var requests []queue.Request
	for _, t := range tasks {
		requests = append(requests, t.Request)
		if base := t.Request.Base; !short && base != nil && !slices.Contains(source.Bases, base) {
			source.Bases = append(source.Bases, base)
		}
	}
	for _, line := range lines(requests, source, short) {
		w.WriteString(line + "\n")
	}
	return nil
}

// Lines returns a line for each request, from which the source reads it again.
func Lines(requests []queue.Request, source paste.Source) []string {
	return lines(requests, source, true)
}

// lines returns the shortest line for each request from which the source reads it again: endpoint/id
// if short allows it, else the status URL, else a record of JSON, which can also hold a label. The
// record of a base that is not configured any more is refused by the reader.
func lines(requests []queue.Request, source paste.Source, short bool) []string {
	count := map[string]int{} // by id: one that several bases have needs its address
	for _, r := range requests {
		count[r.Key().ID]++
	}
	lines := make([]string, len(requests))
	for i, r := range requests {
		if r.Base != nil && r.Label == "" && short && count[r.Key().ID] == 1 {
			lines[i] = paste.Short(r, source)
		}
		if lines[i] == "" && r.Base != nil && r.Label == "" && readsAs(r.StatusURL(), r, source) {
			lines[i] = r.StatusURL()
		}
		if lines[i] == "" {
			lines[i] = record(r)
		}
	}
	return lines
}

// readsAs reports whether a line is printable and read as this request alone.
func readsAs(line string, r queue.Request, source paste.Source) bool {
	if !isPrintable(line) {
		return false
	}
	read := paste.Parse(line, source)
	if len(read.Requests) != 1 || len(read.Questions)+len(read.Problems) > 0 {
		return false
	}
	back := read.Requests[0]
	return back.ID == r.ID && back.Endpoint == r.Endpoint && back.Base == r.Base && back.StatusURL() == r.StatusURL()
}

// record returns a request as a line of JSON with the fields of a create-task answer.
func record(r queue.Request) string {
	var fields struct {
		RequestID string `json:"request_id"`
		Endpoint  string `json:"endpoint,omitempty"`
		StatusURL string `json:"status_url,omitempty"`
		Label     string `json:"label,omitempty"`
	}
	fields.RequestID, fields.Endpoint, fields.Label = r.ID, r.Endpoint, r.Label
	if r.Base != nil {
		fields.StatusURL = r.StatusURL()
	}
	line, _ := encode(fields, "", "") // strings always encode
	return strings.TrimSuffix(string(line), "\n")
}
