package report

import (
	"bufio"
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
	source, short := o.Source, len(o.Source.Bases) > 0
	source.Endpoint = "" // the default endpoint may be another one then
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

// lines returns the shortest lines from which the source reads the requests again: endpoint/id
// where one is read so and short allows it, else the status URL, and for what neither can name,
// such as a label, the record that both stand in. A record that is not understood, as its base
// is not configured any more, is reported as a problem there.
func lines(requests []queue.Request, source paste.Source, short bool) []string {
	// Of an id that is known at several bases the address alone says which.
	times := map[string]int{}
	for _, r := range requests {
		times[r.Key().ID]++
	}
	lines := make([]string, len(requests))
	for i, r := range requests {
		if r.Base != nil && r.Label == "" && short && times[r.Key().ID] == 1 {
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
		Label     string `json:"label,omitempty"`
	}
	fields.RequestID, fields.Endpoint, fields.Label = r.ID, r.Endpoint, r.Label
	if r.Base != nil {
		fields.StatusURL = r.StatusURL()
	}
	// Texts always encode.
	line, _ := encode(fields, "", "")
	return strings.TrimSuffix(string(line), "\n")
}
