package cli

import (
	"strings"
	"testing"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// An id counts as unsure until a later question about it is accepted, or a request has it.
func TestAnUnsureIDIsSettledLater(t *testing.T) {
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	const first, second, third = "mmsu_01kd1j5kmvpkm4qev47hww1kep", "mmsu_01kecbw1da5qbw611na86m548a", "mmsu_01kgnzc0vb3m7brgxpsbgq0p1y"
	reporter := newInputReporter()
	reporter.notice, reporter.acceptUnsure = func(string) {}, true
	reader := paste.NewReader(paste.Source{Bases: []*queue.Base{base}})
	for _, line := range []string{first + "\n", "kling_v3\n", second + "\n", "what is this?\n", third + "\n", "kling_v3 " + second + "\n"} {
		read := reader.Add(line)
		reporter.addTracked(read.Requests)
		reporter.report(read.Problems, read.Questions)
	}
	if n := reporter.unsureCount(); n != 1 || !reporter.unsure[third] {
		t.Errorf("unsure: %v, want the third", reporter.unsure)
	}
}

// An id that is tracked is not unsure again where it is mentioned alone, in either case of a UUID. One that
// is tracked under the default endpoint is, once another endpoint is named below it.
func TestATrackedIDIsNotUnsureAgain(t *testing.T) {
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	const id, uuid = "mmsu_01kd1j5kmvpkm4qev47hww1kep", "8f14e45f-ceea-467f-a8d2-1d2f6b3c4e5a"
	for name, c := range map[string]struct {
		endpoint string
		accept   bool
		lines    []string
		want     int // unsure ids
	}{
		"named before":               {"", false, []string{"kling_v3 " + id, "submitted " + id, id}, 0},
		"named after":                {"", false, []string{"submitted " + id, "kling_v3 " + id}, 0},
		"accepted before":            {"", true, []string{id, "kling_v3", "submitted " + id}, 0},
		"named in the other case":    {"", false, []string{strings.ToUpper(uuid), "kling_v3 " + uuid, strings.ToUpper(uuid)}, 0},
		"never named":                {"", false, []string{id, "submitted " + id}, 1},
		"default, then mentioned":    {"wan26_i2v", false, []string{id, "submitted " + id}, 0},
		"default, then named below":  {"wan26_i2v", false, []string{id, "kling_v3", "submitted " + id}, 1},
		"default twice, named once":  {"wan26_i2v", false, []string{id, "kling_v3", id, "x"}, 1},
		"default, then accepted too": {"wan26_i2v", true, []string{id, "kling_v3", "submitted " + id}, 0},
	} {
		reporter := newInputReporter()
		reporter.notice, reporter.acceptUnsure = func(string) {}, c.accept
		reader := paste.NewReader(paste.Source{Bases: []*queue.Base{base}, Endpoint: c.endpoint})
		for _, line := range c.lines {
			read := reader.Add(line + "\n")
			reporter.addTracked(read.Requests)
			reporter.report(read.Problems, read.Questions)
		}
		if n := reporter.unsureCount(); n != c.want {
			t.Errorf("%s: %d unsure ids, want %d", name, n, c.want)
		}
	}
}
