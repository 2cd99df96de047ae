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
	for _, q := range r.Unsure {
		asked = append(asked, fmt.Sprintf("unsure %d %s", q.Line, q.Request.ID))
	}
	for _, p := range r.Refused {
		asked = append(asked, fmt.Sprintf("refused %d", p.Line))
	}
	slices.Sort(requests)
	slices.Sort(asked)
	return requests, asked
}

// TestCases reads every text in testdata. No request may be tracked that is not wanted;
// nineteen in twenty of the wanted ones are read, and nine in ten texts without any
// difference.
func TestCases(t *testing.T) {
	read, wanted, differing := 0, 0, 0
	all := cases(t)
	for name, c := range all {
		requests, asked := told(paste.Parse(c.text, sourceOf(t, c.want)))
		var wantRequests, wantAsked []string
		for _, r := range c.want.Requests {
			wantRequests = append(wantRequests, strings.TrimRight(r.Base, "/")+" "+r.Endpoint+" "+r.ID)
		}
		for _, q := range c.want.Unsure {
			wantAsked = append(wantAsked, fmt.Sprintf("unsure %d %s", q.Line, q.ID))
		}
		for _, line := range c.want.RefusedLines {
			wantAsked = append(wantAsked, fmt.Sprintf("refused %d", line))
		}
		slices.Sort(wantRequests)
		slices.Sort(wantAsked)
		for _, request := range requests {
			if !slices.Contains(wantRequests, request) {
				t.Errorf("%s: a wrong request: %s", name, request)
			}
		}
		for _, request := range wantRequests {
			if slices.Contains(requests, request) {
				read++
			} else {
				t.Logf("%s: a request that is missing: %s", name, request)
			}
		}
		wanted += len(wantRequests)
		if !slices.Equal(requests, slices.Compact(wantRequests)) || !slices.Equal(asked, slices.Compact(wantAsked)) {
			differing++
			t.Logf("%s: asked or told %v, want %v", name, asked, wantAsked)
		}
	}
	if read*20 < wanted*19 {
		t.Errorf("%d of %d wanted requests were read, want at least nineteen in twenty", read, wanted)
	}
	if differing*10 > len(all) {
		t.Errorf("%d of %d texts are read with a difference, want at most one in ten", differing, len(all))
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
	for _, q := range r.Unsure {
		if q.Line < 1 || q.Why == "" || q.Request.ID == "" {
			t.Fatalf("%q gives the question %+v", text, q)
		}
	}
	for _, p := range r.Refused {
		if p.Line < 1 || p.Reason == "" || len(p.Text) > 400 {
			t.Fatalf("%q gives the problem %+v", text, p)
		}
	}
}

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
