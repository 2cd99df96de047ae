package actions

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
)

func TestEditedTextIsChecked(t *testing.T) {
	for text, want := range map[string]string{
		"{\n  \"prompt\": oops\n}\n":   "line 2, column 13: invalid character 'o'",
		"{\n  \"größe\": 1,\n}\n":      "line 3, column 1: invalid character '}'",
		`{"ö": x}`:                     "line 1, column 7: invalid character 'x'",
		`{"a": 1}` + "\n" + `{"b": 2}`: "line 2, column 1: invalid character '{' after top-level value",
		`{"a": 1`:                      "line 1, column 7: unexpected end of JSON input",
		"":                             "line 1, column 1: unexpected end of JSON input",
		`[1]`:                          "no JSON object",
		`null`:                         "no JSON object",
		"{\"a\": \"\xff\"}":            "not UTF-8",
		`{"a": "` + strings.Repeat("x", 10<<20) + `"}`: "more than 10 MiB",
		`{"a": 1}`:              "",
		"\n { \"a\" : [ ] } \n": "",
	} {
		err := checkParameters([]byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

// A payload is edited where there is an editor, of a task that has ended.
func TestPayloadIsNotEdited(t *testing.T) {
	for _, c := range []struct {
		state   poller.State
		payload poller.PayloadState
		want    string
	}{
		{poller.Running, poller.PayloadSubmitted, "not ended"},
		{poller.Failed, poller.PayloadWaiting, "yet to be submitted"},
		{poller.Failed, poller.PayloadSubmitted, "there is no editor over polltop serve"},
	} {
		o := Options{Edit: func(string, func(error) tea.Msg) tea.Cmd { t.Error("an editor was opened"); return nil }}
		if strings.HasPrefix(c.want, "there is no editor") {
			o.Edit = nil
		}
		s := newSet(t, o, 1, c.state)
		s.payloads(func(_ int, _ *poller.Task, p *poller.Payload) { p.State = c.payload })
		s.wantSaid(s.do(common.EditPayload{Task: s.env.Tasks.Get(0)}), c.want)
	}
}
