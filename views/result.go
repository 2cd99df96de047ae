package views

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/safe"
)

// Bounds of what the pane shows, so that it stays cheap whatever a service answers.
const (
	maxOutputs       = 100      // outputs
	maxFields        = 100      // values of the metadata
	maxSectionLines  = 800      // lines of the outputs, and of the metadata
	maxAddress       = 16 << 10 // bytes of an address: longer than any that works
	maxContent       = 4 << 10  // bytes of an output that is text
	maxContentLines  = 40       // lines of an output that is text
	maxMetadata      = 4 << 10  // bytes of a value of the metadata
	maxMetadataLines = 20       // lines of a value of the metadata
	maxLogLines      = 200      // lines of the log: the last ones
	maxLogLine       = 2 << 10  // bytes of a line of the log
	maxLogTime       = 30       // cells of the time of a line
	maxRaw           = 32 << 10 // bytes of the last answer
	maxRawLines      = 400      // lines of the last answer
	// maxNesting bounds the depth of a JSON value that is indented. At this depth 32 KiB become a
	// megabyte, and with some thousand brackets hundreds of megabytes.
	maxNesting = 16
)

// result adds the task's result: its fault, a preview, the outputs and the metadata.
func (w *paneWriter) result(r *Result, state poller.State) {
	if r == nil || r.Fault != nil && (state == poller.Failed || state == poller.Canceled) {
		return // the fault is shown as the task's error
	}
	w.section("Result")
	if r.Pending {
		w.text(w.styles.Dim, "fetching the result ...")
	}
	if r.Fault != nil {
		w.fault(r.Fault)
		w.advice("r tries again.")
	}
	outputs := r.Result.Outputs
	if len(outputs) == 0 && len(r.Result.Metadata) == 0 && !r.Pending && r.Fault == nil {
		w.text(w.styles.Dim, "The result holds no outputs.")
	}
	w.preview(r)
	from := len(w.Lines)
	for i, o := range outputs {
		if i == maxOutputs || len(w.Lines)-from > maxSectionLines {
			w.text(w.styles.Dim, "… "+Plural(len(outputs)-i, "output")+" more")
			break
		}
		file := ""
		if i < len(r.Files) {
			file = r.Files[i]
		}
		w.output(i+1, o, file)
	}
	w.metadata(r.Result.Metadata)
}

func (w *paneWriter) fault(f *queue.Fault) {
	text := faultTexts(f)[0]
	if f.Code != "" {
		text += " " + f.Code
	}
	switch {
	case strings.HasPrefix(f.Message, text):
		text = f.Message // a gateway's message begins with the HTTP status
	case f.Message != "":
		text += ": " + f.Message
	}
	w.text(w.styles.Warn, text)
}

// preview adds the picture if the pane is wide enough, or why it is not fetched.
func (w *paneWriter) preview(r *Result) {
	if r.PreviewRefused != "" {
		w.text(w.styles.Warn, "preview "+r.PreviewRefused)
	}
	if len(r.Preview) == 0 || r.PreviewWidth <= 0 || r.PreviewWidth > w.width {
		return
	}
	w.PreviewFrom, w.PreviewWidth = len(w.Lines), r.PreviewWidth
	w.Lines = append(w.Lines, r.Preview...)
	w.PreviewTo = len(w.Lines)
}

func (w *paneWriter) output(n int, o queue.Output, file string) {
	size := ""
	if o.FileSize > 0 {
		size = bytesText(o.FileSize)
	}
	facts := []string{safe.Line(o.Type), safe.Line(o.ContentType), size, dimensions(o.Width, o.Height), lengthText(o.Duration)}
	facts = slices.DeleteFunc(facts, func(fact string) bool { return fact == "" })
	w.text(w.styles.Strong, strconv.Itoa(n)+"  "+cmp.Or(strings.Join(facts, " · "), "output"))
	w.longField("name", w.styles.Text, o.FileName, maxMetadata, maxMetadata)
	w.longField("url", w.styles.Accent, o.URL, maxAddress, maxAddress)
	if o.Inline() {
		w.field("url", w.styles.Dim, "none: the result holds it, d downloads it")
	}
	w.longField("download", w.styles.Text, file, maxMetadata, maxMetadata)
	w.longField("text", w.styles.Text, o.Content, maxContent, maxContentLines)
}

// truncateLines returns the first lines of a text of which cut bytes were cut before, and how much
// more there is; "" for nothing.
func truncateLines(lines []string, limit, cut int) (shown []string, more string) {
	if excess := len(lines) - limit; excess > 0 {
		lines, more = lines[:limit], ", "+Plural(excess, "line")+" more"
	}
	if cut > 0 {
		more += ", " + bytesText(int64(cut)) + " more"
	}
	return lines, strings.Replace(more, ", ", "… ", 1)
}

// longField adds a field with a bounded value, and how much more of that there is.
func (w *paneWriter) longField(label, style, value string, maxBytes, maxLines int) {
	value, cut := TruncateBytes(value, maxBytes)
	wrapped, more := truncateLines(safe.Wrap(strings.TrimRight(value, " \t\r\n"), w.valueWidth()), maxLines, cut)
	w.field(label, style, strings.TrimSuffix(strings.Join(append(wrapped, more), "\n"), "\n"))
}

// metadata adds the other fields of a result, the prompt first.
func (w *paneWriter) metadata(fields []queue.Field) {
	if len(fields) == 0 {
		return
	}
	w.section("Metadata")
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b queue.Field) int { return promptRank(a.Name) - promptRank(b.Name) })
	from := len(w.Lines)
	for i, f := range fields {
		if i == maxFields || len(w.Lines)-from > maxSectionLines {
			w.text(w.styles.Dim, "… "+Plural(len(fields)-i, "value")+" more")
			return
		}
		name := safe.Truncate(f.Name, w.width)
		if safe.Width(name) > labelWidth-2 && w.width >= minLabelsBeside {
			// The name is too wide for the labels.
			w.text(w.styles.Dim, name)
			name = ""
		}
		w.longField(name, w.styles.Text, f.Value, maxMetadata, maxMetadataLines)
	}
}

// promptRank orders the fields of metadata: the prompt, other forms of it, the rest.
func promptRank(name string) int {
	name = strings.ToLower(name)
	switch {
	case name == "prompt":
		return 0
	case strings.Contains(name, "prompt"):
		return 1
	}
	return 2
}

func dimensions(width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	return strconv.Itoa(width) + "×" + strconv.Itoa(height)
}

// lengthText returns a length in seconds, with a decimal below a minute; "" for an unknown one.
func lengthText(v float64) string {
	switch {
	case !(v > 0) || v > math.MaxInt32: // NaN too
		return ""
	case v < 60:
		return oneDecimal(v) + " s"
	}
	return Duration(time.Duration(v * float64(time.Second)))
}

// logs adds the last lines of the log that the service reports of the task's run.
func (w *paneWriter) logs(lines []queue.LogLine) {
	if len(lines) == 0 {
		return
	}
	w.section("Log")
	if more := len(lines) - maxLogLines; more > 0 {
		w.text(w.styles.Dim, "… "+strconv.Itoa(more)+" earlier lines")
		lines = lines[more:]
	}
	for _, line := range lines {
		text, cut := TruncateBytes(strings.TrimRight(line.Message, " \t\r\n"), maxLogLine)
		if cut > 0 {
			text += " … " + bytesText(int64(cut)) + " more"
		}
		for _, part := range []string{line.Level, safe.Truncate(line.Time, maxLogTime)} {
			if part = safe.Line(part); part != "" {
				text = part + "  " + text
			}
		}
		w.text(w.styles.Text, text)
	}
}

// raw adds the last answer, indented if it is JSON.
func (w *paneWriter) raw(raw []byte) {
	if len(raw) == 0 {
		return
	}
	w.section("Last answer")
	text, cut := TruncateBytes(string(raw), maxRaw)
	lines, more := truncateLines(wrapIndented(indentJSON(text), w.width), maxRawLines, cut)
	for _, line := range lines {
		w.Lines = append(w.Lines, w.styles.Text+line)
	}
	w.text(w.styles.Dim, more)
}

// wrapIndented wraps a text, each continued line as indented as the line itself.
func wrapIndented(text string, width int) []string {
	var wrapped []string
	for _, line := range safe.Lines(text) {
		rest := strings.TrimLeft(line, " ")
		indent := len(line) - len(rest)
		if indent > width/2 {
			rest, indent = line, 0
		}
		for _, part := range safe.Wrap(rest, width-indent) {
			wrapped = append(wrapped, line[:indent]+part)
		}
	}
	return wrapped
}

// indentJSON returns a JSON value with a line for every member. Other text, and a value nested deeper
// than maxNesting, comes back unchanged.
func indentJSON(text string) string {
	depth, deepest := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		}
	}
	var b bytes.Buffer
	if deepest > maxNesting || json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}
