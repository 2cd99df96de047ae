package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// testSource has a base of each service and a default endpoint.
func testSource(t testing.TB) Source {
	return Source{
		Bases:    []*Base{testBase(t, DefaultBaseURL), testBase(t, "https://queue.fal.run"), testBase(t, "https://api.comfy.org"), testBase(t, "http://localhost:8080")},
		Endpoint: "nano",
	}
}

// shortParse writes requests and problems the way the tables below have them: a
// request as "endpoint/id", with "?" for the default endpoint, its host where
// that is not the first base's, and "+" where addresses are kept; a problem as
// "!" with its line and reason.
func shortParse(source Source, requests []Request, problems []Problem) []string {
	var all []string
	for _, r := range requests {
		s := r.Endpoint + "/" + r.ID
		if r.Assumed {
			s = "?/" + r.ID
		}
		if r.Base != source.Bases[0] {
			s = r.Base.Host() + " " + s
		}
		if r.URLs != nil {
			s += " +"
		}
		all = append(all, s)
	}
	for _, p := range problems {
		all = append(all, fmt.Sprintf("!%d %s", p.Line, p.Reason))
	}
	return all
}

// checkParse compares what a text gives with what is wanted: requests first,
// then problems, of which the start and a part of the reason is enough, as in
// "!3 no endpoint".
func checkParse(t *testing.T, source Source, text string, want []string) {
	t.Helper()
	requests, problems := source.Parse(text)
	got := shortParse(source, requests, problems)
	same := slices.EqualFunc(got, want, func(g, w string) bool {
		number, reason, _ := strings.Cut(w, " ")
		return g == w || (strings.HasPrefix(w, "!") && strings.HasPrefix(g, number+" ") && strings.Contains(g, reason))
	})
	if !same {
		t.Errorf("%q\n gives %q\n want %q", text, got, want)
	}
}

const (
	ulid      = "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6"
	ulid2     = "mmsu_01hxyz9m1cb3d5f7g9h1j3k5m7"
	uuid      = "764cabcf-b745-4b3e-ae38-1200304cf45b"
	queueRoot = "https://cloud.seaart.ai/model/v1/queue/"
)

func TestParseLines(t *testing.T) {
	const none, word = "no request in this line", "does not look like a request id"
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{" \n\t\n\r\n", nil},
		{"# mmsu_01hxyz8k3vq2\n  # more", nil},
		{"---\n[\n],\n====", nil},
		{ulid, []string{"?/" + ulid}},
		{uuid, []string{"?/" + uuid}},
		{"abc123", []string{"?/abc123"}},
		{"1234567", []string{"?/1234567"}},
		{"abc12", []string{"!1 " + word}},
		{"hello", []string{"!1 " + word}},
		{"2026-11-01", []string{"!1 " + word}},
		{"2026-11-01T10:00:00Z", []string{"!1 " + word}},
		{"192.168.1.10", []string{"!1 " + word}},
		{"the model failed again", []string{"!1 " + none}},
		{"a1b2c3\r\nd4e5f6\rg7h8i9\n", []string{"?/a1b2c3", "?/d4e5f6", "?/g7h8i9"}},
		{"\ufeffa1b2c3\n\ufeffd4e5f6\u200b", []string{"?/a1b2c3", "?/d4e5f6"}},
		{"wan26_i2v " + ulid, []string{"wan26_i2v/" + ulid}},
		{"wan26_i2v\t" + ulid, []string{"wan26_i2v/" + ulid}},
		{"wan26_i2v," + ulid, []string{"wan26_i2v/" + ulid}},
		{"wan26_i2v: " + ulid, []string{"wan26_i2v/" + ulid}},
		{"kling abc123", []string{"kling/abc123"}},
		{"fal-ai/flux/dev abc123", []string{"fal-ai/flux/dev/abc123"}},
		{"fal-ai/flux/dev/abc123", []string{"fal-ai/flux/dev/abc123"}},
		{"wan26_i2v/" + ulid + " kling/abc123", []string{"wan26_i2v/" + ulid, "kling/abc123"}},
		{"wan26_i2v " + ulid + " " + ulid2, []string{"wan26_i2v/" + ulid, "wan26_i2v/" + ulid2}},
		{ulid + " " + ulid2, []string{"?/" + ulid, "?/" + ulid2}},
		{ulid + "," + ulid2 + ";", []string{"?/" + ulid, "?/" + ulid2}},
		{"abc123, def456", []string{"?/abc123", "?/def456"}},
		{ulid + ",wan26_i2v", []string{"wan26_i2v/" + ulid}},
		{ulid + ",nano_banana_2\n" + ulid + ",COMPLETED", []string{"nano_banana_2/" + ulid, "?/" + ulid}},
		{ulid + ",abc123,def456", []string{"?/" + ulid, "!1 abc123 looks unlike", "!1 def456 looks unlike"}},
		{"abc123 def456 ghi789", []string{"?/abc123", "?/def456", "?/ghi789"}},
		{"failed " + ulid, []string{"?/" + ulid}},
		{"2026-11-01 " + ulid, []string{"?/" + ulid}},
		{"'" + ulid + "'\n`" + ulid2 + "`\n(\"abc123\"),", []string{"?/" + ulid, "?/" + ulid2, "?/abc123"}},
		{"- abc123\n* def456\n• ghi789\n1. jkl012\n12) mno345\n- [ ] pqr678\n- [x] stu901", []string{"?/abc123", "?/def456", "?/ghi789", "?/jkl012", "?/mno345", "?/pqr678", "?/stu901"}},
		{"| " + ulid + " | COMPLETED | 12.3 |", []string{"?/" + ulid}},
		{"abc123 # the first one\ndef456 #second\nkling ghi789\t# third", []string{"?/abc123", "?/def456", "kling/ghi789"}},
		{"abc123#4", []string{"!1 " + word}},
		{"word # " + ulid, []string{"!1 " + word}},
		{"INFO job #12 " + ulid, []string{"?/" + ulid}},
		{"request_id=" + ulid + " # was " + ulid2, []string{"?/" + ulid}},
		{ulid + " submitted as job #4 with " + ulid2, []string{"?/" + ulid, "?/" + ulid2}},
		{ulid + " and again " + ulid, []string{"?/" + ulid}},
		{ulid[:12] + "...", []string{"!1 cut short"}},
		{ulid[:12] + "…w6", []string{"!1 cut short"}},
		{"abc123…", []string{"!1 cut short"}},
		{"› ▸ running  mmsu_01hxyz8k3v…q2  wan26_i2v  4s", []string{"!1 cut short"}},
		{"export API_KEY=" + uuid, []string{"!1 this is a setting"}},
		{"BASE_URL=https://cloud.seaart.ai/model", []string{"!1 this is a setting"}},
		{"curl -H 'Authorization: Key " + uuid + "' https://x.example/y", []string{"!1 not that of a request"}},
		{`curl -sS "${STATUS_URL}" \`, []string{"!1 names a variable"}},
	}
	for _, test := range tests {
		checkParse(t, testSource(t), test.text, test.want)
	}
}

func TestParseLogs(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"2026-11-01T10:00:00Z INFO submitted request_id=" + ulid, []string{"?/" + ulid}},
		{"INFO submitted request_id=abc123 endpoint=wan26_i2v trace=" + uuid, []string{"wan26_i2v/abc123"}},
		{`submitted request_id: "abc123", model: 'kling'`, []string{"kling/abc123"}},
		{"requestId=abc123", []string{"?/abc123"}},
		{"Request ID: " + uuid, []string{"?/" + uuid}},
		{`"request_id":"abc123",`, []string{"?/abc123"}},
		{`msg="{\"request_id\":\"abc123\"}"`, []string{"?/abc123"}},
		{"{'request_id': 'abc123', 'status_url': '" + queueRoot + "kling/requests/abc123/status'}", []string{"kling/abc123"}},
		{"{request_id: 'abc123'}", []string{"?/abc123"}},
		{"export REQUEST_ID=abc123", []string{"?/abc123"}},
		{`$env:REQUEST_ID = "abc123"`, []string{"?/abc123"}},
		{`STATUS_URL="` + queueRoot + `kling/requests/abc123/status"`, []string{"kling/abc123"}},
		{"request_id=null took " + uuid, []string{"?/" + uuid}},
		{"request_id=string", []string{"!1 does not look like"}},
		{"request_id=abc123... accepted", []string{"!1 cut short"}},
		{"< x-request-id: abc123def", []string{"!1 no request"}},
		{"worker picked " + uuid + " up", []string{"?/" + uuid}},
		{"worker picked job_4f1c2a9e0b7d4c58 up", []string{"?/job_4f1c2a9e0b7d4c58"}},
		{"nano_banana_2 is slower than seedream_v4 today", []string{"!1 no request"}},
		{ulid + " " + queueRoot + "kling/requests/" + ulid + "/status", []string{"kling/" + ulid}},
		{"see https://docs.example/x and " + ulid, []string{"?/" + ulid}},
		{"see https://docs.example/x for more", []string{"!1 not that of a request"}},
		{"request_id=abc123 status_url=https://evil.example/v1/queue/kling/requests/abc123/status", []string{"!1 --base-url https://evil.example "}},
		{`{"level":"info","msg":"submitted request_id=abc123 endpoint=kling","n":1}`, []string{"kling/abc123"}},
		{`{"level":"error","error":"boom","msg":"polling ` + ulid + `"}`, []string{"?/" + ulid}},
		{`INFO answer {"request_id": "abc123"} after 93 ms, then {"request_id": "def456"}`, []string{"?/abc123", "?/def456"}},
		{`request_id=abc123 answer={"request_id": "abc123", "endpoint": "kling"}`, []string{"kling/abc123"}},
	}
	for _, test := range tests {
		checkParse(t, testSource(t), test.text, test.want)
	}
}

func TestParseWithoutEndpoint(t *testing.T) {
	source := testSource(t)
	source.Endpoint = ""
	checkParse(t, source, "abc123\nkling/def456\n"+queueRoot+"kling/requests/ghi789/status",
		[]string{"kling/def456", "kling/ghi789", "!1 no endpoint is known for abc123: write endpoint/abc123, or give the endpoint of all with --endpoint or ENDPOINT"})
	checkParse(t, source, "abc123 "+queueRoot+"kling/requests/abc123/status", []string{"kling/abc123"})
	checkParse(t, Source{Endpoint: "kling"}, "abc123", []string{"!1 no base URL is configured"})
}

func TestParseUTF16(t *testing.T) {
	little := "\xff\xfea\x00b\x00c\x001\x002\x003\x00\r\x00\n\x00d\x00e\x00f\x004\x005\x006\x00"
	big := "\xfe\xff\x00a\x00b\x00c\x001\x002\x003\x00\n"
	checkParse(t, testSource(t), little, []string{"?/abc123", "?/def456"})
	checkParse(t, testSource(t), big, []string{"?/abc123"})
	checkParse(t, testSource(t), little+"x", []string{"?/abc123", "!2 does not look like"})
}

func TestProblemText(t *testing.T) {
	_, problems := testSource(t).Parse("\n" + `curl -H "Authorization: Key sk-12345" ` + strings.Repeat("x", 300))
	if len(problems) != 1 || problems[0].Line != 2 {
		t.Fatalf("problems are %+v, want one with line 2", problems)
	}
	text := problems[0].Text
	if strings.Contains(text, "12345") || !strings.HasPrefix(text, `curl -H "Authorization: Key [redacted]" xxx`) || len(text) > maxText+len("…[redacted]") {
		t.Errorf("the problem's text is %q", text)
	}
	if message := problems[0].Error(); !strings.HasPrefix(message, "line 2: no request in this line") {
		t.Errorf("the problem says %q", message)
	}
}

func TestLongLines(t *testing.T) {
	var answers []string
	for i := range maxLine / 250 {
		answers = append(answers, createAnswer("kling", fmt.Sprintf("abc%06d", i)))
	}
	read, problems := testSource(t).Parse("[" + strings.Join(answers, ", ") + "]")
	for i, r := range read {
		if r.ID != fmt.Sprintf("abc%06d", i) {
			t.Fatalf("request %d is %+v", i, r)
		}
	}
	if len(read) != len(answers) || len(problems) != 0 {
		t.Errorf("%d requests, want %d; problems %v", len(read), len(answers), problems)
	}
	ids := strings.Repeat(ulid+" ", maxLine*2/3/len(ulid))
	requests, problems := testSource(t).Parse("INFO " + ids + ids + ulid2 + "\nabc123")
	if n := len(requests); len(problems) != 0 || requests[n-1].ID != "abc123" || requests[n-2].ID != ulid2 {
		t.Errorf("%d requests and the problems %v", len(requests), problems)
	}
	_, problems = testSource(t).Parse(strings.Repeat("x", maxLine+1) + "\nhello")
	if len(problems) != 3 || problems[1].Line != 1 || problems[2].Line != 2 {
		t.Errorf("%d problems with a long line, and its next: %v", len(problems), problems)
	}
}

func TestKeyIsNoRequest(t *testing.T) {
	const key = "sk-0123456789abcdef"
	base, err := ParseBase("https://api.test")
	if err != nil {
		t.Fatal(err)
	}
	source := Source{Bases: []*Base{base}, Endpoint: "e", Secrets: []string{key}}
	for _, text := range []string{
		key, "e/" + key, key + " mmsu_01hxyz8k3v9d2c7q4n1b6w5t0e",
		"https://api.test/v1/queue/e/requests/" + key + "/status", `{"request_id": "` + key + `"}`,
	} {
		requests, problems := source.Parse(text)
		for _, r := range requests {
			if strings.Contains(r.ID+r.Endpoint+r.StatusURL(), key) {
				t.Errorf("%q: taken as %+v", text, r)
			}
		}
		if len(problems) == 0 {
			t.Errorf("%q: nothing is said", text)
		}
		for _, p := range problems {
			if strings.Contains(p.Error(), key) {
				t.Errorf("%q: shown in %v", text, p)
			}
		}
	}
}
