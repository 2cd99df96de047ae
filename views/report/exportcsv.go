package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"polltop/poller"
)

// column is one of a table: a field of the task object, by its name there.
type column struct {
	name string
	cell func(o *TaskObject) string
}

// columns are those of the CSV table. What came from outside goes through text;
// what is polltop's own number stays a number, also a negative one.
var columns = []column{
	{"time", func(o *TaskObject) string { return o.Time }},
	{"event", func(o *TaskObject) string { return o.Event }},
	{"request_id", func(o *TaskObject) string { return text(o.RequestID) }},
	{"endpoint", func(o *TaskObject) string { return text(o.Endpoint) }},
	{"status", func(o *TaskObject) string { return text(o.Status) }},
	{"outcome", func(o *TaskObject) string { return o.Outcome }},
	{"queue_position", func(o *TaskObject) string {
		if o.QueuePosition == nil {
			return ""
		}
		return strconv.Itoa(int(*o.QueuePosition))
	}},
	{"error", func(o *TaskObject) string { return text(o.Error) }},
	{"error_type", func(o *TaskObject) string { return text(o.ErrorType) }},
	{"trouble", func(o *TaskObject) string { return text(o.Trouble) }},
	{"inference_time", func(o *TaskObject) string { return number(o.InferenceTime) }},
	{"queued_s", func(o *TaskObject) string { return number(o.Queued) }},
	{"running_s", func(o *TaskObject) string { return number(o.Running) }},
	{"polls", func(o *TaskObject) string { return strconv.FormatUint(uint64(o.Polls), 10) }},
	{"response_url", func(o *TaskObject) string { return text(o.ResponseURL) }},
	{"outputs", func(o *TaskObject) string { return text(outputURLs(o)) }},
	{"unrecognized_status", func(o *TaskObject) string { return flag(o.Unrecognized) }},
	{"progress", func(o *TaskObject) string { return number(o.Progress) }},
	{"provider_error", func(o *TaskObject) string { return text(o.ProviderError) }},
	{"next_step", func(o *TaskObject) string { return text(o.NextStep) }},
	{"cost", func(o *TaskObject) string { return number(o.Cost) }},
	{"cost_unit", func(o *TaskObject) string { return text(o.CostUnit) }},
	{"service_request_id", func(o *TaskObject) string { return text(o.ServiceRequestID) }},
	{"added", func(o *TaskObject) string { return o.Added }},
	{"ended", func(o *TaskObject) string { return o.Ended }},
}

// exportCSV writes a header and a row a task (RFC 4180). Every row is one line.
func exportCSV(w io.Writer, tasks []*poller.Task, o ExportOptions) error {
	out := csv.NewWriter(w)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	// The writer keeps its first error, which Error returns.
	_ = out.Write(row)
	for _, t := range tasks {
		object := ObjectOf(t, EventTask, o.Now, o.result(t))
		for i, c := range columns {
			row[i] = c.cell(&object)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// flag writes what is true, and "" for what is not.
func flag(v bool) string {
	if v {
		return "true"
	}
	return ""
}

// number writes a number of the task object, "" where it is not known.
func number(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// outputURLs returns the outputs' URLs with spaces between them. An URL can
// hold no space; one that does all the same gets its escape. An output whose bytes
// the result holds is "inline:" and its media type.
func outputURLs(o *TaskObject) string {
	var urls []string
	for _, output := range o.Outputs {
		switch {
		case output.URL != "":
			urls = append(urls, strings.ReplaceAll(output.URL, " ", "%20"))
		case output.Inline:
			urls = append(urls, "inline:"+output.ContentType)
		}
	}
	return strings.Join(urls, " ")
}

// text returns outside text as a cell. A spreadsheet takes a cell that starts
// like a formula for one, and with it can be made to send the table to anybody:
// such a cell gets an apostrophe before it. So does each part behind a semicolon
// that starts so, as in some countries spreadsheets cut the cells there. What
// could control a terminal or break the line is shown by its escape, so that
// nothing is lost.
func text(s string) string {
	if !strings.ContainsFunc(s, peculiar) {
		return s
	}
	var b strings.Builder
	for part := range strings.SplitAfterSeq(s, ";") {
		if formula(part) {
			b.WriteByte('\'')
		}
		for _, r := range part {
			escapeRune(&b, r)
		}
	}
	return b.String()
}

// formulaSigns are what a formula starts with, also as East Asia writes them.
const formulaSigns = "=+-@＝＋－＠"

// peculiar reports whether text with this character in it may need a change.
func peculiar(r rune) bool {
	return strings.ContainsRune(formulaSigns, r) || r < ' ' || r == utf8.RuneError || harmful(r)
}

// formula reports whether a cell that starts with the text would be taken for a
// formula: what does not show before its sign, and quotes, count for nothing,
// and a tab or carriage return has been enough for some.
func formula(s string) bool {
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") {
		return true
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool {
		return r == '"' || unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}))
	return r != utf8.RuneError && strings.ContainsRune(formulaSigns, r)
}

// escapeRune writes a character, and by its escape one that a terminal may obey
// or that would break the line.
func escapeRune(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < ' ' || harmful(r):
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		b.WriteRune(r)
	}
}
