package paste_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// pasted is a text and what should come of it.
type pasted struct {
	text string
	want want
}

type want struct {
	DefaultEndpoint string   `json:"default_endpoint"`
	BaseURLs        []string `json:"base_urls"`
	Requests        []struct{ Base, Endpoint, ID string }
	Unsure          []struct {
		Line int
		ID   string
	}
	RefusedLines []int `json:"refused_lines"`
	// Note says why a text is asked about that a reader with more rules would be sure of.
	Note string
}

// cases returns the texts in testdata. A file holds several of one kind: sections that
// begin with a line "-- NAME --".
func cases(t testing.TB) map[string]pasted {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	all := map[string]pasted{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range bytes.Split(append([]byte("\n"), content...), []byte("\n-- "))[1:] {
			name, body, ok := bytes.Cut(section, []byte(" --\n"))
			if !ok {
				t.Fatalf("%s: the section %.40q has no name", path, section)
			}
			id, kind, _ := strings.Cut(string(name), ".")
			c := all[id]
			if kind == "txt" {
				c.text = string(body) + "\n"
			} else if err := json.Unmarshal(body, &c.want); err != nil {
				t.Fatalf("%s: %s: %v", path, name, err)
			}
			all[id] = c
		}
	}
	return all
}

func sourceOf(t testing.TB, w want) paste.Source {
	t.Helper()
	source := paste.Source{Endpoint: w.DefaultEndpoint}
	for _, text := range w.BaseURLs {
		base, err := queue.ParseBase(text)
		if err != nil {
			t.Fatal(err)
		}
		source.Bases = append(source.Bases, base)
	}
	return source
}

// told returns what was read as lines to compare.
func told(r paste.Result) (requests, asked []string) {
	for _, request := range r.Requests {
		requests = append(requests, request.Base.String()+" "+request.Endpoint+" "+request.ID)
	}
	for _, q := range r.Questions {
		asked = append(asked, fmt.Sprintf("unsure %d %s", q.Line, q.Request.ID))
	}
	for _, p := range r.Problems {
		asked = append(asked, fmt.Sprintf("refused %d", p.Line))
	}
	slices.Sort(requests)
	slices.Sort(asked)
	return requests, asked
}

// expected returns what a case wants in the form in which told returns what was read.
func (w want) expected() (requests, asked []string) {
	for _, r := range w.Requests {
		requests = append(requests, strings.TrimRight(r.Base, "/")+" "+r.Endpoint+" "+r.ID)
	}
	for _, q := range w.Unsure {
		asked = append(asked, fmt.Sprintf("unsure %d %s", q.Line, q.ID))
	}
	for _, line := range w.RefusedLines {
		asked = append(asked, fmt.Sprintf("refused %d", line))
	}
	return requests, asked
}

// TestCases reads every text in testdata: just what its case wants must come of it.
func TestCases(t *testing.T) {
	for name, c := range cases(t) {
		requests, asked := told(paste.Parse(c.text, sourceOf(t, c.want)))
		wantRequests, wantAsked := c.want.expected()
		compare(t, name+": a wrong request", name+": a request that is missing", requests, wantRequests)
		compare(t, name+": too much is asked or refused", name+": not asked or refused", asked, wantAsked)
	}
}

func compare(t *testing.T, more, less string, got, want []string) {
	t.Helper()
	for _, text := range got {
		if !slices.Contains(want, text) {
			t.Errorf("%s: %s", more, text)
		}
	}
	for _, text := range want {
		if !slices.Contains(got, text) {
			t.Errorf("%s: %s", less, text)
		}
	}
}

// check fails the test unless a result is one that every text must give.
func check(t *testing.T, text string, r paste.Result) {
	t.Helper()
	seen := map[queue.Key]bool{}
	for _, request := range r.Requests {
		if request.ID == "" || request.Endpoint == "" || request.Base == nil || seen[request.Key()] {
			t.Fatalf("%q gives the request %+v", text, request)
		}
		seen[request.Key()] = true
	}
	for _, q := range r.Questions {
		if q.Line < 1 || q.Why == "" || q.Request.ID == "" {
			t.Fatalf("%q gives the question %+v", text, q)
		}
	}
	for _, p := range r.Problems {
		if p.Line < 1 || p.Reason == "" || len(p.Text) > 400 {
			t.Fatalf("%q gives the problem %+v", text, p)
		}
	}
}

// FuzzParse reads any text, whole and in pieces. The seeds are long, so that Go would spend
// a minute on making each input smaller that reaches new code: run it with
// -fuzz FuzzParse -fuzzminimizetime 5x.
func FuzzParse(f *testing.F) {
	all := cases(f)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f.Add(all[name].text, 7)
	}
	source := sourceOf(f, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{"https://cloud.seaart.ai/model", "https://queue.fal.run", "http://127.0.0.1:8080/model"}})
	f.Fuzz(func(t *testing.T, text string, size int) {
		check(t, text, paste.Parse(text, source))
		size = max(1, size%200)
		reader := paste.NewReader(source)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			check(t, text, reader.Add(rest[:n]))
			rest = rest[n:]
		}
		check(t, text, reader.Flush())
		check(t, text, reader.Finish())
	})
}

// A record may have a label, which comes before the label of the whole text.
func TestLabels(t *testing.T) {
	source := sourceOf(t, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{queue.DefaultBaseURL}})
	source.Label = "all"
	for text, label := range map[string]string{
		"mmsu_01hmv6y0000000000000000001":                                                                              "all",
		`{"request_id": "mmsu_01hmv6y0000000000000000001", "label": "cats"}`:                                           "cats",
		`{"label": " night batch 7 ", "request_id": "mmsu_01hmv6y0000000000000000001"}`:                                "night batch 7",
		`{"label": "", "request_id": "mmsu_01hmv6y0000000000000000001"}`:                                               "all",
		`{"label": null, "request_id": "mmsu_01hmv6y0000000000000000001"}`:                                             "all",
		`{"label": ["a"], "request_id": "mmsu_01hmv6y0000000000000000001"}`:                                            "all",
		`[{"request_id": "mmsu_01hmv6y0000000000000000002"}, {"Label": "x", "id": "mmsu_01hmv6y0000000000000000001"}]`: "x",
		"request_id,label\nmmsu_01hmv6y0000000000000000001,cats":                                                       "cats",
		`{"request_id": "mmsu_01hmv6y0000000000000000001", "label": "\u732b \ud83d\udc08 \\u0041"}`:                    `猫 🐈 \u0041`,
		"label of mmsu_01hmv6y0000000000000000001":                                                                     "all",
	} {
		read := paste.Parse(text, source)
		n := len(read.Requests)
		if n == 0 || len(read.Questions)+len(read.Problems) > 0 || read.Requests[n-1].Label != label {
			t.Errorf("%s is read as %+v, want the label %q", text, read, label)
		}
	}
}

// Comfy Router has its endpoints in lower case, whatever the case in which they were written.
func TestEndpointsOfComfyInAnyCase(t *testing.T) {
	source := sourceOf(t, want{BaseURLs: []string{"https://api.comfy.org"}})
	read := paste.Parse("Bfl/Flux-2 4f1c2a9e-0b7d-4c58-9a63-5d2e8f7b1c04\nbfl/flux-2 4f1c2a9e-0b7d-4c58-9a63-5d2e8f7b1c04\n", source)
	if len(read.Requests) != 1 || len(read.Questions) > 0 || read.Requests[0].Endpoint != "bfl/flux-2" {
		t.Errorf("%+v", read)
	}
	answered, err := paste.Question{Request: read.Requests[0]}.WithEndpoint("BFL/Flux-2", source)
	if err != nil || answered.Endpoint != "bfl/flux-2" {
		t.Errorf("a question that is answered with an endpoint in capitals: %+v, %v", answered, err)
	}
}
