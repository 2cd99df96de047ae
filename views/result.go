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

// What of a result, a log and a raw answer is shown, so that the pane stays cheap whatever a
// service answers.
const (
	outputsMost   = 100      // outputs
	fieldsMost    = 100      // values of the metadata
	sectionLines  = 800      // lines of the outputs, and of the metadata
	addressMost   = 16 << 10 // bytes of an address: longer than any that works
	contentMost   = 4 << 10  // bytes of an output that is text
	contentLines  = 40       // its lines on the screen
	metadataMost  = 4 << 10  // bytes of a value of the metadata
	metadataLines = 20       // its lines on the screen
	logsMost      = 200      // lines of the log: the last ones
	logLineMost   = 2 << 10  // bytes of one of them
	logTimeMost   = 30       // cells of a line's time
	rawMost       = 32 << 10 // bytes of the raw answer
	rawLinesMost  = 400      // its lines on the screen
	// nestedMost is how deep a JSON value may be nested that is indented: then it is at
	// most a megabyte large. Some thousand brackets make hundreds of them.
	nestedMost = 16
)

// result adds what the task has made: whether it is there, a preview, the
// outputs, and what else the service reports of it.
func (w *paneWriter) result(r *Result, state poller.State) {
	if r == nil || r.Fault != nil && (state == poller.Failed || state == poller.Canceled) {
		return // what came in place of a result is shown as the reason of the end
	}
	w.section("Result")
	if r.Pending {
		w.text(w.ink.Dim, "fetching the result ...")
	}
	if r.Fault != nil {
		w.fault(r.Fault)
		w.advice("r tries again.")
	}
	outputs := r.Result.Outputs
	if len(outputs) == 0 && len(r.Result.Metadata) == 0 && !r.Pending && r.Fault == nil {
		w.text(w.ink.Dim, "The result holds no outputs.")
	}
	w.preview(r)
	from := len(w.Lines)
	for i, o := range outputs {
		if i == outputsMost || len(w.Lines)-from > sectionLines {
			w.text(w.ink.Dim, "… "+Plural(len(outputs)-i, "output")+" more")
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
	text := faultWords(f)[0]
	if f.Code != "" {
		text += " " + f.Code
	}
	switch {
	case strings.HasPrefix(f.Message, text):
		text = f.Message // a gateway's message begins with the HTTP status
	case f.Message != "":
		text += ": " + f.Message
	}
	w.text(w.ink.Warn, text)
}

// preview adds the picture, where the pane is wide enough for it, or why it is not fetched.
func (w *paneWriter) preview(r *Result) {
	if r.PreviewRefused != "" {
		w.text(w.ink.Warn, "preview "+r.PreviewRefused)
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
	facts := []string{safe.Line(o.Type), safe.Line(o.ContentType), size, dimensions(o.Width, o.Height), seconds(o.Duration)}
	facts = slices.DeleteFunc(facts, func(fact string) bool { return fact == "" })
	w.text(w.ink.Strong, strconv.Itoa(n)+"  "+cmp.Or(strings.Join(facts, " · "), "output"))
	w.value("name", w.ink.Text, o.FileName, metadataMost, metadataMost)
	w.value("url", w.ink.Accent, o.URL, addressMost, addressMost)
	if o.Inline() {
		w.field("url", w.ink.Dim, "none: the result holds it, d downloads it")
	}
	w.value("download", w.ink.Text, file, metadataMost, metadataMost)
	w.value("text", w.ink.Text, o.Content, contentMost, contentLines)
}

// most returns at most so many lines of a text of which left bytes were cut before, and
// how much of it there is more; "" for nothing.
func most(lines []string, count, left int) (shown []string, more string) {
	if over := len(lines) - count; over > 0 {
		lines, more = lines[:count], ", "+Plural(over, "line")+" more"
	}
	if left > 0 {
		more += ", " + bytesText(int64(left)) + " more"
	}
	return lines, strings.Replace(more, ", ", "… ", 1)
}

// value adds a value that may be long: at most so many bytes and lines of it,
// and how much of it there is more.
func (w *paneWriter) value(label, style, text string, bytes, lines int) {
	text, left := TruncateBytes(text, bytes)
	wrapped, more := most(safe.Wrap(strings.TrimRight(text, " \t\r\n"), w.valueWidth()), lines, left)
	w.field(label, style, strings.TrimSuffix(strings.Join(append(wrapped, more), "\n"), "\n"))
}

// metadata adds what else the service reports of a result: the prompt first, as
// that is what distinguishes one task from another.
func (w *paneWriter) metadata(fields []queue.Field) {
	if len(fields) == 0 {
		return
	}
	w.section("Metadata")
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b queue.Field) int { return promptRank(a.Name) - promptRank(b.Name) })
	from := len(w.Lines)
	for i, f := range fields {
		if i == fieldsMost || len(w.Lines)-from > sectionLines {
			w.text(w.ink.Dim, "… "+Plural(len(fields)-i, "value")+" more")
			return
		}
		name := safe.Truncate(f.Name, w.width)
		if safe.Width(name) > labelWidth-2 && w.width >= labelLeast {
			// A name too long for the column has a line of its own.
			w.text(w.ink.Dim, name)
			name = ""
		}
		w.value(name, w.ink.Text, f.Value, metadataMost, metadataLines)
	}
}

// promptRank orders the names of metadata: the prompt, what it was turned into, the rest.
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

// seconds writes a length in seconds: with a digit behind the point below a
// minute, and nothing for one that was not reported.
func seconds(v float64) string {
	switch {
	case !(v > 0) || v > math.MaxInt32: // NaN too
		return ""
	case v < 60:
		return fraction(v) + " s"
	}
	return Duration(time.Duration(v * float64(time.Second)))
}

// logs adds the lines that the service gave of the task's run, the last ones where
// there are many.
func (w *paneWriter) logs(lines []queue.LogLine) {
	if len(lines) == 0 {
		return
	}
	w.section("Log")
	if more := len(lines) - logsMost; more > 0 {
		w.text(w.ink.Dim, "… "+strconv.Itoa(more)+" earlier lines")
		lines = lines[more:]
	}
	for _, line := range lines {
		text, left := TruncateBytes(strings.TrimRight(line.Message, " \t\r\n"), logLineMost)
		if left > 0 {
			text += " … " + bytesText(int64(left)) + " more"
		}
		for _, part := range []string{line.Level, safe.Truncate(line.Time, logTimeMost)} {
			if part = safe.Line(part); part != "" {
				text = part + "  " + text
			}
		}
		w.text(w.ink.Text, text)
	}
}

// raw adds the last answer, indented where it is JSON.
func (w *paneWriter) raw(raw []byte) {
	if len(raw) == 0 {
		return
	}
	w.section("Last answer")
	text, left := TruncateBytes(string(raw), rawMost)
	lines, more := most(wrapIndented(indent(text), w.width), rawLinesMost, left)
	for _, line := range lines {
		w.Lines = append(w.Lines, w.ink.Text+line)
	}
	w.text(w.ink.Dim, more)
}

// wrapIndented wraps a text so that what is broken off a line stands below its start.
func wrapIndented(text string, width int) []string {
	var wrapped []string
	for _, line := range safe.Lines(text) {
		rest := strings.TrimLeft(line, " ")
		deep := len(line) - len(rest)
		if deep > width/2 {
			rest, deep = line, 0
		}
		for _, part := range safe.Wrap(rest, width-deep) {
			wrapped = append(wrapped, line[:deep]+part)
		}
	}
	return wrapped
}

// indent returns a JSON value with a line for every member, and anything else as it is:
// also a value that is nested deeper than nestedMost.
func indent(text string) string {
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
	if deepest > nestedMost || json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}
