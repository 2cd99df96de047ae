package cli

import (
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
		reporter.settle(read.Requests)
		reporter.report(read.Problems, read.Questions)
	}
	if n := reporter.unsureCount(); n != 1 || !reporter.unsure[third] {
		t.Errorf("unsure: %v, want the third", reporter.unsure)
	}
}
