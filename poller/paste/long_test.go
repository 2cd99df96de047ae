package paste_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// TestListOnOneLineIsReadWhole holds that no request is lost or made up where a line, or a
// string in it, is longer than one input may be.
func TestListOnOneLineIsReadWhole(t *testing.T) {
	const records = 700
	list := make([]map[string]any, records)
	for i := range list {
		list[i] = map[string]any{"request_id": fmt.Sprintf("764cabcf-b745-4b3e-ae38-%012d", i), "endpoint": "wan26_i2v", "note": strings.Repeat("a word ", 3000)}
	}
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var apart, lines strings.Builder
	for i := range list {
		apart.WriteString(text(list[i]))
		fmt.Fprintf(&lines, "%s created request_id=%s endpoint=wan26_i2v\n", list[i]["note"], list[i]["request_id"])
	}
	source := sourceOf(t, want{BaseURLs: []string{"https://cloud.seaart.ai/model"}})
	for name, line := range map[string]string{
		"list":   text(list),
		"data":   text(map[string]any{"data": list, "total": records}),
		"apart":  apart.String(),
		"string": text(map[string]any{"body": text(list)}),
		"log":    text(map[string]any{"stdout": lines.String()}),
	} {
		if len(line) < queue.MaxInput {
			t.Fatalf("%s: the line has only %d bytes", name, len(line))
		}
		r := paste.Parse(line, source)
		if len(r.Requests) != records || len(r.Questions) != 0 || len(r.Problems) != 0 {
			t.Errorf("%s: %d requests, %d questions, %d problems, want %d requests", name, len(r.Requests), len(r.Questions), len(r.Problems), records)
		}
		for i, request := range r.Requests {
			if request.ID != list[i]["request_id"] {
				t.Errorf("%s: request %d is %s", name, i, request.ID)
				break
			}
		}
	}
}
