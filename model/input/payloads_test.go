package input

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// payloads reads all payloads of a text, as "endpoint label input".
func payloads(t *testing.T, text, endpoint string) (all []string, err error) {
	t.Helper()
	base, err := queue.ParseBase(queue.DefaultBaseURL)
	if err != nil {
		t.Fatal(err)
	}
	reader := NewPayloads(strings.NewReader(text), "p.jsonl", paste.Source{Bases: []*queue.Base{base}, Endpoint: endpoint}, poller.Payload{MaxLive: 7})
	keys := map[string]bool{}
	for {
		p, input, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if keys[p.Key] || p.MaxLive != 7 || p.Attempt != 1 || p.Base != base || p.Size != len(input) {
			t.Errorf("%+v", p)
		}
		keys[p.Key] = true
		all = append(all, strings.Replace(p.Endpoint+" "+p.Label+" "+string(input), "  ", " ", 1))
	}
}

func TestPayloadsOfEachForm(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"bare":            {`{"prompt":"a cat", "seed": 1}`, `e {"prompt":"a cat", "seed": 1}`},
		"wrapped":         {`{"endpoint":"wan26_i2v","label":"cat 1","input":{"prompt":"x"}}`, `wan26_i2v cat 1 {"prompt":"x"}`},
		"no endpoint":     {`{"input":{"prompt":"x"}}`, `e {"prompt":"x"}`},
		"own input":       {`{"input":"text","seed":2}`, `e {"input":"text","seed":2}`},
		"own object":      {`{"input":{"a":1},"seed":2}`, `e {"input":{"a":1},"seed":2}`},
		"own id":          {`{"request_id":"mine","prompt":"x"}`, `e {"request_id":"mine","prompt":"x"}`},
		"lines":           {"\ufeff{\"a\":1}\r\n\n  {\"a\":2}\n", `e {"a":1}; e {"a":2}`},
		"array":           {"\n [ {\"a\":1},\n {\"input\":{\"a\":2}, \"label\":\"l\"} ]\n\n", `e {"a":1}; e l {"a":2}`},
		"empty":           {"\n \n", ``},
		"empty array":     {"[]", ``},
		"hostile strings": {`{"prompt":"]\u001b[31m \" } {"}`, `e {"prompt":"]\u001b[31m \" } {"}`},
	} {
		got, err := payloads(t, c.text, "e")
		if joined := strings.Join(got, "; "); err != nil || joined != c.want {
			t.Errorf("%s: %q, %v; want %q", name, joined, err, c.want)
		}
	}
}

// Each refusal says where, and what is wrong.
func TestPayloadsThatAreRefused(t *testing.T) {
	long := fmt.Sprintf(`{"a":"%s"}`, strings.Repeat("x", queue.MaxInput))
	for name, c := range map[string]struct{ text, endpoint, says string }{
		"text":            {"{\"a\":1}\nhello\n", "e", `p.jsonl, line 2: it is no JSON object: "hello"`},
		"number":          {"\n\n42", "e", "line 3: it is no JSON object"},
		"null":            {"null", "e", "line 1: it is no JSON object"},
		"cut":             {"{\"a\":1}\n{\"a\":\n1}\n", "e", "line 2: it is no whole JSON object"},
		"two":             {`{"a":1} {"a":2}`, "e", "line 1: it is no whole JSON object"},
		"not UTF-8":       {"{\"a\":\"\xff\"}", "e", "line 1: it is not UTF-8"},
		"no endpoint":     {`{"a":1}`, "", "--endpoint"},
		"bad endpoint":    {`{"endpoint":"a b","input":{}}`, "", `"a b" is no endpoint`},
		"numeric one":     {`{"endpoint":1,"input":{}}`, "", `"endpoint" is no text`},
		"other service":   {`{"endpoint":"fal-ai/flux","input":{}}`, "", "no base URL of fal"},
		"no input":        {`{"endpoint":"e"}`, "", `has "endpoint" and no "input"`},
		"input is text":   {`{"endpoint":"e","input":"x"}`, "", `"input" is no object`},
		"stands beside":   {`{"endpoint":"e","input":{},"seed":1}`, "", `"seed" stands beside`},
		"label":           {`{"endpoint":"e","input":{},"label":1}`, "", `"label" is no text`},
		"an answer":       {`{"request_id":"mmsu_1","status_url":"https://x.test/"}`, "e", "polltop FILE watches it"},
		"a task object":   {`{"time":"now","event":"ended","request_id":"mmsu_1"}`, "e", "a task that exists"},
		"a record":        {`{"request_id":"mmsu_1","endpoint":"e","input":{}}`, "e", `write {"endpoint": E, "input": {...}}`},
		"array of texts":  {`[{"a":1}, "x"]`, "e", "object 2 of the array: it is no JSON object"},
		"array that ends": {`[{"a":1},`, "e", "object 2 of the array: the array is cut short"},
		"array and more":  {`[{"a":1}] {"a":2}`, "e", "text behind the array"},
		"long line":       {long, "e", "longer than 10 MiB"},
		"long object":     {"[" + long + "]", "e", "longer than 10 MiB"},
		"endless line":    {strings.Repeat(" x", queue.MaxInput), "e", "line 1: it is longer than 10 MiB"},
		"endless object":  {"[{\"a\":\"" + strings.Repeat("x", 2*queue.MaxInput), "e", "longer than 10 MiB"},
	} {
		if _, err := payloads(t, c.text, c.endpoint); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %.200v; want %q in it", name, err, c.says)
		}
	}
}
