package paste_test

import (
	"slices"
	"strings"
	"testing"

	"polltop/poller/paste"
)

// A model that is named below an id in a stream is asked about, whether or not the id was
// returned already. What was returned of the id stays.
func TestModelBelowAnIDInAStream(t *testing.T) {
	const first, second = "mmsu_01kd1j5kmvpkm4qev47hww1kep", "mmsu_01kecbw1da5qbw611na86m548a"
	const cards = first + "\nKling 2.1 Master\nkling_v3\nCompleted\n" + second + "\nModel: veo3\nSeed: 5\n"
	for name, c := range map[string]struct {
		text      string
		endpoint  string
		requests  []string
		questions []string // id and endpoint
	}{
		"cards without an endpoint": {strings.ReplaceAll(cards, "Kling 2.1 Master\n", ""), "", nil, []string{first + " kling_v3", second + " veo3"}},
		"cards with an endpoint":    {strings.ReplaceAll(cards, "Kling 2.1 Master\n", ""), "wan26_i2v", []string{first}, []string{first + " kling_v3", second + " veo3"}},
		"a field":                   {first + "\nStatus: done\nModel: kling_v3\n", "wan26_i2v", []string{first}, []string{first + " kling_v3"}},
		"the default endpoint":      {first + "\nwan26_i2v\nveo3\n", "wan26_i2v", []string{first}, nil},
		"an id in a list":           {first + "\n" + second + "\nkling_v3\n", "wan26_i2v", []string{first, second}, nil},
		"below a blank line":        {first + "\n\nkling_v3\nCompleted\n", "wan26_i2v", []string{first}, []string{first + " kling_v3"}},
		"a heading of the next id":  {first + "\n\nkling_v3\n" + second + "\n", "wan26_i2v", []string{first, second}, nil},
		"below a command":           {first + "\n$ ./run kling_v3\nkling_v3\n", "wan26_i2v", []string{first}, nil},
		"far below":                 {first + "\n" + strings.Repeat("a line\n", 20) + "kling_v3\n", "wan26_i2v", []string{first}, nil},
	} {
		source := sourceOf(t, want{DefaultEndpoint: c.endpoint, BaseURLs: []string{"https://cloud.seaart.ai/model"}})
		for _, pieces := range [][]string{{c.text}, strings.SplitAfter(c.text, "\n"), strings.Split(c.text, "")} {
			reader := paste.NewReader(source)
			var requests, questions []string
			collect := func(read paste.Result) {
				for _, r := range read.Requests {
					requests = append(requests, r.ID)
				}
				for _, q := range read.Questions {
					if !q.Answerable() {
						continue // it was asked before its model was read
					}
					asked := slices.IndexFunc(questions, func(text string) bool { return strings.HasPrefix(text, q.Request.ID) })
					if asked >= 0 {
						questions = slices.Delete(questions, asked, asked+1) // a later question knows more
					}
					questions = append(questions, q.Request.ID+" "+q.Request.Endpoint)
				}
			}
			for _, piece := range pieces {
				collect(reader.Add(piece))
			}
			collect(reader.Finish())
			if !slices.Equal(requests, c.requests) || !slices.Equal(questions, c.questions) {
				t.Errorf("%s, in %d pieces: requests %q, questions %q; want %q and %q", name, len(pieces), requests, questions, c.requests, c.questions)
			}
		}
	}
}
