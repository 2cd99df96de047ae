package paste_test

import (
	"strings"
	"testing"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// The input beside a request's id comes with the request, as it stands, whatever is around it.
func TestInputs(t *testing.T) {
	const id, other = "mmsu_01hxyz8k3v9d2c7q4n1b6w5t0e", "mmsu_01hxyz9m1c7f2c7q4n1b6w5t0f"
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	source := paste.Source{Bases: []*queue.Base{base}, Endpoint: "wan26_i2v"}
	one := `{"request_id": "` + id + `", "input": {"prompt": "a — b # 7", "n": [1, 2.50]}}`
	const input = `{"prompt":"a — b # 7","n":[1,2.50]}`
	for name, c := range map[string]struct {
		text string
		want []string // by request
	}{
		"line":            {one, []string{input}},
		"with endpoint":   {`{"endpoint":"kling","request_id":"` + id + `","input":{}}`, []string{`{}`}},
		"lines":           {one + "\n" + strings.Replace(strings.Replace(one, id, other, 1), "# 7", "# 8", 1), []string{input, strings.Replace(input, "# 7", "# 8", 1)}},
		"array":           {"[" + one + ",\n {\"request_id\": \"" + other + "\"}]", []string{input, ""}},
		"pretty-printed":  {"[\n  {\n    \"requestId\": \"" + id + "\",\n    \"input\": {\n      \"prompt\": \"two – words\",\n      \"deep\": {\"a\": [\n        1\n      ]}\n    }\n  }\n]", []string{`{"prompt":"two – words","deep":{"a":[1]}}`}},
		"input first":     {`{"input": {"a": 1}, "request_id": "` + id + `"}`, []string{`{"a":1}`}},
		"in an envelope":  {`{"items": [` + one + `], "next": null}`, []string{input}},
		"behind a time":   {"2026-05-04T10:00:00Z INFO " + one, []string{input}},
		"coloured":        {"\x1b[1;39m{\x1b[0m\x1b[34;1m\"request_id\"\x1b[0m: \x1b[0;32m\"" + id + "\"\x1b[0m, \x1b[34;1m\"input\"\x1b[0m: {\"a\": 1}}", []string{`{"a":1}`}},
		"of another":      {`{"request_id": "` + id + `", "job": {"name": "x", "input": {"a": 1}}}`, []string{""}},
		"a text":          {`{"request_id": "` + id + `", "input": "a prompt"}`, []string{""}},
		"no JSON":         {`{'request_id': '` + id + `', "input": {"a": 'x'}}`, []string{""}},
		"not UTF-8":       {`{"request_id": "` + id + `", "input": {"a": "` + "\xff" + `"}}`, []string{""}},
		"nothing beside":  {id + "\n" + `{"input": {"a": 1}}`, []string{""}},
		"a megabyte more": {`{"request_id": "` + id + `", "input": {"a": "` + strings.Repeat("x", queue.MaxInput) + `"}}`, []string{`{"a":"` + strings.Repeat("x", queue.MaxInput) + `"}`}},
	} {
		for _, pieces := range []int{1, 3} {
			reader := paste.NewReader(source)
			var got []queue.Request
			for rest := c.text; rest != ""; {
				n := min(len(rest), len(c.text)/pieces+1)
				got = append(got, reader.Add(rest[:n]).Requests...)
				rest = rest[n:]
			}
			got = append(got, reader.Finish().Requests...)
			if len(got) != len(c.want) {
				t.Errorf("%s, in %d pieces: %d requests, want %d", name, pieces, len(got), len(c.want))
				continue
			}
			for i, r := range got {
				if r.Input != c.want[i] {
					t.Errorf("%s, in %d pieces: the input of request %d is %.200q, want %.200q", name, pieces, i, r.Input, c.want[i])
				}
			}
		}
	}
}

// An address of fal's tells the app alone: it is not known what its input was submitted to.
func TestInputAtAPartOfAnEndpoint(t *testing.T) {
	const id = "764cabcf-b745-4b3e-ae38-1200304cf45b"
	base, err := queue.ParseBase("https://queue.fal.run")
	if err != nil {
		t.Fatal(err)
	}
	for named, want := range map[string]string{"": "", `"endpoint": "fal-ai/flux/dev",`: `{"a":1}`, `"endpoint": "fal-ai/flux",`: `{"a":1}`} {
		text := `{"request_id": "` + id + `", ` + named + ` "status_url": "https://queue.fal.run/fal-ai/flux/requests/` + id + `/status", "input": {"a": 1}}`
		read := paste.Parse(text, paste.Source{Bases: []*queue.Base{base}})
		if len(read.Requests) != 1 || read.Requests[0].Input != want {
			t.Errorf("%s: %+v, want the input %q", text, read, want)
		}
	}
}

// An id that is asked about keeps its input.
func TestInputOfAQuestion(t *testing.T) {
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	source := paste.Source{Bases: []*queue.Base{base}}
	read := paste.Parse(`{"request_id": "mmsu_01hxyz8k3v9d2c7q4n1b6w5t0e", "input": {"a": 1}}`, source)
	if len(read.Questions) != 1 {
		t.Fatalf("%+v", read)
	}
	r, err := read.Questions[0].WithEndpoint("wan26_i2v", source)
	if err != nil || r.Input != `{"a":1}` {
		t.Errorf("the request is %+v, %v", r, err)
	}
}
