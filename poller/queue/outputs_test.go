package queue

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// png is the start of a PNG image, long enough to be taken for one without a name
// that says so.
var png = "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 60)

// outputsOf returns the outputs of a result in short: type, then what there is.
func outputsOf(t *testing.T, body string) []string {
	t.Helper()
	result, fault := DecodeResult([]byte(body))
	if fault != nil {
		return []string{fault.Error()}
	}
	var short []string
	for _, o := range result.Outputs {
		s := o.Type + " " + o.URL + o.Content
		if o.Inline() {
			data, err := o.Bytes()
			s += fmt.Sprintf("%s %d %v", o.ContentType, len(data), err)
			if int64(len(data)) != o.FileSize && strings.Contains(o.Data, "base64") {
				s += fmt.Sprintf(" told as %d", o.FileSize)
			}
		}
		short = append(short, s)
	}
	return short
}

// The shapes of PROTOCOL section 6, and relatives of each.
func TestOutputsAreFoundWhereverTheyAre(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString([]byte(png))
	uri := "data:image/png;base64," + b64
	const p = "https://cdn.test/1.png"
	cases := []struct {
		name, body string
		want       []string
	}{
		// SeaCloud (S4; seacloud-cli internal/queue, internal/generation).
		{"every type", `{"outputs":[{"type":"video","url":"https://cdn.test/v"},{"type":"text","text":"hello"},{"type":"file","url":"https://cdn.test/f.zip","file_name":"f.zip"}]}`,
			[]string{"video https://cdn.test/v", "text hello", "file https://cdn.test/f.zip"}},
		{"content", `{"outputs":[{"type":"text","content":"hello"}]}`, []string{"text hello"}},
		{"URLs as texts", `{"outputs":["` + p + `","https://cdn.test/2.mp4"]}`, []string{"image " + p, "video https://cdn.test/2.mp4"}},
		{"texts", `{"outputs":["a poem","` + p + `"]}`, []string{"text a poem", "image " + p}},
		{"the older form", `{"output":[{"content":[{"type":"image","url":"` + p + `"},{"type":"video","url":"https://cdn.test/v.mp4"}]}]}`, []string{"image " + p, "video https://cdn.test/v.mp4"}},
		{"short base64 in a member named for media", `{"image":"` + b64 + `","frames":["` + b64 + `"],"caption":"` + b64 + `"}`, []string{fmt.Sprintf("image image/png %d <nil>", len(png))}},
		{"no list", `{"outputs":{"url":"` + p + `"}}`, []string{"image " + p}},
		// fal (fal-js libs/client/src/types/endpoints.ts).
		{"images", `{"images":[{"url":"` + p + `","content_type":"image/png"},{"url":"https://cdn.test/2.png"}],"seed":1}`, []string{"image " + p, "image https://cdn.test/2.png"}},
		{"one of each", `{"video":{"url":"https://cdn.test/v"},"audio":{"url":"https://cdn.test/a"},"image":{"url":"https://cdn.test/i"}}`, []string{"video https://cdn.test/v", "audio https://cdn.test/a", "image https://cdn.test/i"}},
		{"models", `{"model_glb":{"url":"https://cdn.test/m.glb"},"model_urls":{"glb":{"url":"https://cdn.test/m.glb"},"fbx":{"url":"https://cdn.test/m.fbx"}}}`, []string{"model_glb https://cdn.test/m.glb", "fbx https://cdn.test/m.fbx"}},
		{"text", `{"text":"a transcript","language":"en"}`, []string{"text a transcript"}},
		{"a transcript with its words", `{"text":"a transcript","chunks":[{"text":"a","timestamp":[0,1]}],"words":[{"text":"a","type":"word"}]}`, []string{"text a transcript"}},
		{"output as a text", `{"output":"an answer"}`, []string{"text an answer"}},
		{"output as a URL", `{"output":"` + p + `"}`, []string{"image " + p}},
		{"a list of URLs", `{"image_urls":["` + p + `","` + p + `","https://cdn.test/2.png"]}`, []string{"image " + p, "image https://cdn.test/2.png"}},
		{"a URL by another name", `{"video_url":"https://cdn.test/v","thumbnail_url":"` + p + `"}`, []string{"video https://cdn.test/v", "thumbnail " + p}},
		{"a list at the top", `[{"url":"` + p + `"}]`, []string{"image " + p}},
		{"deep", `{"data":{"result":{"items":[{"asset":{"url":"` + p + `"}}]}}}`, []string{"asset " + p}},
		// sync_mode.
		{"data URI", `{"images":[{"url":"` + uri + `","content_type":"image/png"}]}`, []string{"image image/png 68 <nil>"}},
		{"data URI as a text", `{"image":"` + uri + `"}`, []string{"image image/png 68 <nil>"}},
		{"data URIs in a list", `{"outputs":["` + uri + `","data:text/plain,a%20b"]}`, []string{"image image/png 68 <nil>", "text text/plain 3 <nil>"}},
		{"file_data", `{"image":{"file_name":"x.png","content_type":"image/png","file_data":"` + b64 + `"}}`, []string{"image image/png 68 <nil>"}},
		{"file_data beside a URL", `{"image":{"url":"` + p + `","file_data":"` + b64 + `"}}`, []string{"image " + p}},
		// Comfy Router (C5, C6): the partner's own.
		{"BFL", `{"id":"x","status":"Ready","result":{"sample":"` + p + `","prompt":"a cat"}}`, []string{"image " + p}},
		{"Veo", `{"response":{"videos":[{"bytesBase64Encoded":"AAAA","mimeType":"video/mp4"},{"gcsUri":"gs://bucket/v.mp4","mimeType":"video/mp4"}]}}`, []string{"video video/mp4 3 <nil>", "video gs://bucket/v.mp4"}},
		{"OpenAI", `{"data":[{"b64_json":"` + b64 + `"}]}`, []string{"image image/png 68 <nil>"}},
		{"Gemini", `{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"` + b64 + `"}}]}}]}`, []string{"image image/png 68 <nil>"}},
		{"base64 without a name", `{"image":"` + base64.StdEncoding.EncodeToString([]byte(png+png+png+png+png+png+png)) + `","mask":"bm90IGFuIGltYWdl"}`, []string{"image image/png 476 <nil>"}},
		{"audio_base64", `{"audio_base64":"` + base64.RawURLEncoding.EncodeToString([]byte("ID3\x03\xff\xfe"+png)) + `"}`, []string{"audio audio/mpeg 74 <nil>"}},
		{"the bytes alone", png, []string{"image image/png 68 <nil>"}},
		// What is none.
		{"not the queue's own addresses", `{"status_url":"https://q.test/s","response_url":"https://q.test/r","cancel_url":"https://q.test/c","urls":{"get":"https://q.test/g"}}`, nil},
		{"not the input", `{"input":{"image_url":"` + p + `"},"metadata":{"url":"` + p + `"},"parameters":{"images":["` + p + `"]},"prompt":"` + p + `"}`, nil},
		{"no address of the web", `{"outputs":[{"url":"file:///etc/passwd"},{"url":"javascript:alert(1)"},{"url":"https://me:pw@cdn.test/"}],"image":"ftp://cdn.test/1.png"}`, nil},
		{"no base64", `{"file_data":"%%%","b64_json":"","bytesBase64Encoded":7,"data":"bm90IGFuIGltYWdl"}`, nil},
		{"words", `{"caption":"a cat","seed":42,"nsfw":[false]}`, nil},
	}
	for _, c := range cases {
		if got := outputsOf(t, c.body); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// A SeaCloud result with the id of another request is none of this one. At the others the id is data
// of the model.
func TestResultOfAnotherRequestIsRefused(t *testing.T) {
	for service, refused := range map[string]bool{SeaCloud: true, Fal: false, Comfy: false} {
		r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"request_id":"mmsu_other","outputs":[{"type":"image","url":"https://x.test/a.png"}]}`)
		})
		r.Base = testBaseAs(t, r.Base.String(), service)
		client := testClient(5 * time.Second)
		_, fault := client.Result(t.Context(), r)
		client.Close()
		if (fault != nil) != refused || refused && (fault.Kind != BadAnswer || !strings.Contains(fault.Message, "mmsu_other")) {
			t.Errorf("%s: %v", service, fault)
		}
	}
}

// What is kept of a result is bounded, and its cost and ids are read.
func TestResultAnswerKeepsCostAndIDs(t *testing.T) {
	for service, answer := range map[string]exchange{
		Fal:      `200 [X-Fal-Request-Id: r-1, X-Fal-Billable-Units: 2.5] {"images":[]}`,
		Comfy:    `200 [X-Comfy-Request-Id: r-1, X-Comfy-Credits-Used: 2.5] {}`,
		SeaCloud: `200 [X-Request-Id: r-1] {"outputs":[],"usage":{"cost":2.5}}`,
	} {
		r := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer.write(w) })
		r.Base = testBaseAs(t, r.Base.String(), service)
		got, fault := testClient(time.Second).Result(t.Context(), r)
		unit := map[string]string{Fal: "billable units", Comfy: "credits", SeaCloud: "units"}[service]
		if fault != nil || got.ServiceRequestID != "r-1" || got.Cost != (Cost{true, 2.5, unit}) {
			t.Errorf("%s: %+v, %v", service, got, fault)
		}
	}
	r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		exchange(`200 {"status":"COMPLETED","usage":{"cost":2.5}}`).write(w)
	})
	if got, fault := testClient(time.Second).Status(t.Context(), r, false); fault != nil || got.Cost != (Cost{true, 2.5, "units"}) {
		t.Errorf("in a status answer: %+v, %v", got.Cost, fault)
	}
	for _, odd := range []string{"", "free", "-1", "NaN", "Inf"} {
		if cost := parseCost(odd, "credits"); cost != (Cost{}) {
			t.Errorf("%q is a cost of %v", odd, cost)
		}
	}
}

// A result that is too long to be read is a result.
func TestTooLongResultIsASuccess(t *testing.T) {
	r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range MaxResultBytes/len(chunk) + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	r.Base = testBaseAs(t, r.Base.String(), Fal)
	got, fault := testClient(time.Minute).Result(t.Context(), r)
	if fault != nil || !got.TooLong || len(got.Result.Raw) > 0 {
		t.Fatalf("%+v, %v", got.HTTP, fault)
	}
	if v := Decide(Fal, Answer{Status: OutcomeSucceeded}, &got); v.Outcome != OutcomeSucceeded {
		t.Errorf("%+v", v)
	}
}

// Comfy Router passes on what a partner answers: plain text is a result there, and a
// broken answer elsewhere.
func TestPlainTextResult(t *testing.T) {
	for _, service := range []string{Comfy, Fal, SeaCloud} {
		r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			exchange("200 [Content-Type: text/plain; charset=utf-8] a caption\nin two lines").write(w)
		})
		r.Base = testBaseAs(t, r.Base.String(), service)
		got, fault := testClient(time.Second).Result(t.Context(), r)
		read := fault == nil && len(got.Result.Outputs) == 1 && got.Result.Outputs[0] == Output{Type: "text", Content: "a caption\nin two lines"}
		if read != (service == Comfy) {
			t.Errorf("%s: %+v, %v", service, got, fault)
		}
	}
}

// Base64 may be broken into lines of any length, as MIME, PEM and some encoders do.
func TestBase64InLines(t *testing.T) {
	image := png + strings.Repeat("\x00", 3000)
	b64 := base64.StdEncoding.EncodeToString([]byte(image))
	for _, name := range []string{"image", "artifact", "b64_json"} {
		for _, columns := range []int{60, 61, 64, 65, 70, 72, 76, 77} {
			for _, end := range []string{`\n`, `\r\n`, ` `} {
				var lines []string
				for line := range slices.Chunk([]byte(b64), columns) {
					lines = append(lines, string(line))
				}
				got := outputsOf(t, `{"`+name+`":"`+strings.Join(lines, end)+`"}`)
				if len(got) != 1 || !strings.HasSuffix(got[0], fmt.Sprintf("image/png %d <nil>", len(image))) {
					t.Errorf("%s in lines of %d and %q gives %q", name, columns, end, got)
				}
			}
		}
	}
}
