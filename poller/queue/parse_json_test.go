package queue

import (
	"fmt"
	"strings"
	"testing"
)

func createAnswer(endpoint, id string) string {
	root := queueRoot + endpoint + "/requests/" + id
	return fmt.Sprintf(`{"request_id": %q, "response_url": "%s/response", "status_url": "%[2]s/status", "cancel_url": "%[2]s/cancel", "queue_position": 0}`, id, root)
}

func prettyJSON(json string) string {
	return strings.NewReplacer("{", "{\n  ", "}", "\n}", ", ", ",\n  ").Replace(json)
}

func TestParseJSON(t *testing.T) {
	one, two := createAnswer("kling", "abc123"), createAnswer("wan26_i2v", "def456")
	both := []string{"kling/abc123", "wan26_i2v/def456"}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"one line", one, both[:1]},
		{"pretty", prettyJSON(one), both[:1]},
		{"Windows", strings.ReplaceAll(prettyJSON(one), "\n", "\r\n"), both[:1]},
		{"NDJSON", one + "\n" + two, both},
		{"side by side", one + two, both},
		{"pretty, side by side", prettyJSON(one) + " " + prettyJSON(two), both},
		{"pretty, one after the other", prettyJSON(one) + "\n" + prettyJSON(two), both},
		{"array", "[" + one + ", " + two + "]", both},
		{"pretty array", "[\n" + prettyJSON(one) + ",\n" + prettyJSON(two) + "\n]", both},
		{"array that opens with its first object", "[" + one + ",\n" + prettyJSON(two) + "]", both},
		{"in a log", "12:00 INFO got " + one + " and " + two + " in 3 s", both},
		{"pretty, in a log", "12:00 INFO got " + prettyJSON(one) + " in 3 s\ndef456", []string{both[0], "?/def456"}},
		{"ids", `["abc123", "kling/def456", "` + queueRoot + `kling/requests/ghi789/status"]`, []string{"?/abc123", "kling/def456", "kling/ghi789"}},
		{"ids, a line each", "[\n  \"abc123\",\n  \"def456\"\n]", []string{"?/abc123", "?/def456"}},
		{"duplicates stay", `["abc123", "abc123"]`, []string{"?/abc123", "?/abc123"}},
		{"a stranger among ids", `["abc123", "hello"]`, []string{"?/abc123", "!1 hello in the list"}},
		{"no ids at all", `["hello", "world"]`, []string{"!1 no request"}},
		{"id and endpoint", `{"request_id": "abc123", "endpoint": "kling"}`, both[:1]},
		{"id and model", `{"requestId": "abc123", "model": "kling"}`, both[:1]},
		{"id and endpoint_id", `{"id": "abc123", "endpoint_id": "kling"}`, both[:1]},
		{"wrapped", `{"data": {"tasks": [` + one + `, {"x": {"request_id": "def456", "endpoint": "wan26_i2v"}}]}}`, both},
		{"endpoint around ids", `{"endpoint": "kling", "request_ids": ["abc123"]}`, both[:1]},
		{"status answer", `{"status": "COMPLETED", "request_id": "abc123", "error": "failed", "response_url": "` + queueRoot + `kling/requests/abc123/response"}`, both[:1]},
		{"result answer", `{"request_id": "abc123", "outputs": [{"type": "image", "url": "https://cdn.example/1.png"}]}`, []string{"?/abc123"}},
		{"documentation's ellipsis", `{"request_id": "mmsu_01hxyz...", "response_url": "https://.../response"}`, []string{"!1 cut short"}},
		{"address cut short", `{"request_id": "abc123", "response_url": "https://.../response"}`, []string{"?/abc123"}},
		{"error answer", `{"error": {"code": "UNAUTHORIZED", "message": "no such key"}, "request_id": "4f1c2a9e"}`, []string{"!1 this is an error answer (UNAUTHORIZED: no such key): no task was made"}},
		{"error text", `{"error": "quota exceeded"}`, []string{"!1 this is an error answer (quota exceeded)"}},
		{"detail", `{"detail": "Model not allowed for this user"}`, []string{"!1 this is an error answer (Model not allowed"}},
		{"pretty error", "\n{\n \"detail\": \"App not found\"\n}", []string{"!2 this is an error answer (App not found)"}},
		{"nothing in it", `{"a": 1}`, []string{"!1 the JSON holds no request_id"}},
		{"not an id", `{"request_id": "a b"}`, []string{"!1 holds characters"}},
		{"ids that differ", `{"request_id": "abc124", ` + one[len(`{"request_id": "abc123", `):], []string{"!1 is about request abc124, but its address about abc123"}},
		{"fal's sub-path", `{"request_id": "abc123", "endpoint": "fal-ai/flux/dev", "status_url": "https://queue.fal.run/fal-ai/flux/requests/abc123/status"}`, []string{"queue.fal.run fal-ai/flux/dev/abc123"}},
		{"all foreign", strings.ReplaceAll(one, "cloud.seaart.ai", "evil.example"), []string{"!1 https://evil.example is not a configured base URL, so the key would not go there: start polltop with --base-url https://evil.example/model to allow it"}},
		{"some foreign", strings.Replace(one, "https://cloud.seaart.ai", "https://evil.example", 1), both[:1]},
		{"foreign, of no known shape", `{"request_id": "abc123", "status_url": "https://evil.example/poll/1"}`, []string{"!1 --base-url https://evil.example to"}},
		{"of no known shape", `{"request_id": "abc123", "status_url": "https://cloud.seaart.ai/poll/1"}`, []string{"?/abc123 +"}},
		{"two configured origins", `{"request_id": "abc123", "status_url": "` + queueRoot + `kling/requests/abc123/status", "cancel_url": "https://queue.fal.run/a/b/requests/abc123/cancel"}`, both[:1]},
		{"query stays", `{"status_url": "` + queueRoot + `kling/requests/abc123/status?sig=1"}`, []string{"kling/abc123 +"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { checkParse(t, testSource(t), test.text, test.want) })
	}
}

func TestBrokenJSON(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"cut off", "{\n  \"request_id\": \"abc123\",\n  \"endpoint\": \"kling\"", []string{"?/abc123", "!1 is not finished"}},
		{"another line in the middle", "abc000\n{\n  \"request_id\": \"abc123\",\ndef456\nhello", []string{"?/abc000", "?/abc123", "?/def456", "!2 is broken", "!5 does not look like"}},
		{"next answer in the middle", "{\n\"a\": 1,\n" + createAnswer("kling", "abc123"), []string{"kling/abc123", "!1 is broken"}},
		{"the rest of it", "{\n\"a\": 1,\noops abc123xyz\n\"b\": 2,\n}\nhello there you", []string{"oops/abc123xyz", "!1 is broken", "!6 no request"}},
		{"smaller ones in it", "{\"tasks\": [\n{\n\"request_id\": \"abc123\",\n\"endpoint\": \"kling\"\n},\n" + createAnswer("kling", "def456") + ",\n]}", []string{"kling/abc123", "kling/def456", "!1 is broken"}},
		{"bad number", "{\n\"request_id\": \"abc123\", \"n\": 1.2.3\n}", []string{"?/abc123", "!1 is broken"}},
		{"code", "func main() {\n  fetch(abc123)\n}", []string{"!1 no request", "!2 does not look like"}},
		{"list without quotes", "ids = [\n  abc123,\n  def456\n]", []string{"?/abc123", "?/def456", "!1 does not look like"}},
		{"bracket in a log", "[INFO] {worker-1} request_id=abc123 [1]", []string{"?/abc123"}},
		{"too deep", strings.Repeat("[", 100) + `{"request_id": "abc123"}` + strings.Repeat("]", 100), []string{"?/abc123"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { checkParse(t, testSource(t), test.text, test.want) })
	}
}

// TestLongJSON reads a pretty-printed answer that is too long to be held as one
// value: the smaller ones in it are read all the same.
func TestLongJSON(t *testing.T) {
	var text strings.Builder
	text.WriteString("{\n\"data\": {\n\"tasks\": [\n")
	count := 0
	for ; text.Len() < maxValue*3/2; count++ {
		fmt.Fprintf(&text, "%s,\n", prettyJSON(createAnswer("kling", fmt.Sprintf("abc%d", 100000+count))))
	}
	text.WriteString(prettyJSON(createAnswer("kling", "last123")) + "\n]\n}\n}\n")
	requests, problems := testSource(t).Parse(text.String())
	if len(requests) != count+1 || requests[count].ID != "last123" {
		t.Errorf("%d requests, want %d", len(requests), count+1)
	}
	if len(problems) != 1 || problems[0].Line != 1 || !strings.Contains(problems[0].Reason, "longer than 4 MiB") {
		t.Errorf("problems are %v", problems)
	}
}

func TestJSONOfManyLines(t *testing.T) {
	text := "{\"numbers\": [\n" + strings.Repeat("1,\n\n", maxHeld) + "{\"request_id\": \"abc123\"}\n]\n}"
	checkParse(t, testSource(t), text, []string{"?/abc123", "!1 100,000 lines"})
}
