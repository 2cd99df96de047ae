package paste_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"polltop/poller/paste"
)

const seaCloud = "https://cloud.seaart.ai/model"

// TestSampleFile holds that every line of the sample file is read for sure.
func TestSampleFile(t *testing.T) {
	text, err := os.ReadFile("../../tasks.sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	read := paste.Parse(string(text), sourceOf(t, want{DefaultEndpoint: "nano_banana_2", BaseURLs: []string{seaCloud}}))
	if len(read.Requests) != 31 || len(read.Questions)+len(read.Problems) > 0 {
		t.Errorf("%d requests, the questions %v and the problems %v", len(read.Requests), read.Questions, read.Problems)
	}
	assumed := map[string]bool{"mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6": true, "cnhb1lde878c738nq0b0": true, "mmsu_01hy001b3z2a4b6c8d0e2f4g6h": false, "mmsu_01hxyzr60vq4r6s8t0v2w4x6y8": false}
	for _, r := range read.Requests {
		if want, ok := assumed[r.ID]; ok && r.EndpointAssumed != want {
			t.Errorf("%s: assumed %v, want %v", r.ID, r.EndpointAssumed, want)
		}
	}
}

func TestKeyIsNoRequest(t *testing.T) {
	const key = "sk-0123456789abcdef"
	source := sourceOf(t, want{DefaultEndpoint: "e", BaseURLs: []string{"https://api.test"}})
	source.Secrets = []string{key}
	for _, text := range []string{"request_id: " + key, "https://api.test/v1/queue/e/requests/" + key + "/status", `{"request_id": "` + key + `"}`, "request_id=c1234567 endpoint=" + key} {
		read := paste.Parse(text, source)
		if len(read.Requests)+len(read.Questions) > 0 || len(read.Problems) != 1 || strings.Contains(read.Problems[0].Error(), key) {
			t.Errorf("%q gives %+v", text, read)
		}
	}
}

func TestForeignOriginIsRefusedWithTheWayOut(t *testing.T) {
	source := sourceOf(t, want{DefaultEndpoint: "e", BaseURLs: []string{seaCloud}})
	read := paste.Parse("https://odirouter.ai/model/v1/queue/kling_v3/requests/mmsu_01kcs53vxcagbejkfaz1w5vh2y/status", source)
	if len(read.Problems) != 1 || !strings.Contains(read.Problems[0].Reason, "--base-url https://odirouter.ai/model") {
		t.Errorf("%+v", read)
	}
	read = paste.Parse(`{"request_id":"mmsu_01kcs53vxcagbejkfaz1w5vh2y","status_url":"https://evil.example/jobs/1"}`, source)
	if len(read.Requests) != 0 || len(read.Problems) != 1 {
		t.Errorf("a record with an address elsewhere gives %+v", read)
	}
}

func TestQueryOfAStatusURLIsKept(t *testing.T) {
	source := sourceOf(t, want{BaseURLs: []string{seaCloud}})
	const address = seaCloud + "/v1/queue/kling_v3/requests/mmsu_01kcs53vxcagbejkfaz1w5vh2y/status?logs=1"
	if read := paste.Parse(address, source); len(read.Requests) != 1 || read.Requests[0].StatusURL() != address {
		t.Errorf("%+v", read)
	}
}

func TestAddressThatIsTooLongIsRefused(t *testing.T) {
	source := sourceOf(t, want{BaseURLs: []string{seaCloud}})
	const address = seaCloud + "/v1/queue/kling_v3/requests/mmsu_01kcs53vxcagbejkfaz1w5vh2y/status?token="
	if read := paste.Parse(address+strings.Repeat("a", 30<<10), source); len(read.Requests) != 1 || len(read.Problems) > 0 {
		t.Errorf("30 KiB: %d requests, %v refused", len(read.Requests), read.Problems)
	}
	read := paste.Parse(address+strings.Repeat("a", 40<<10), source)
	if len(read.Requests) > 0 || len(read.Problems) != 1 || !strings.Contains(read.Problems[0].Reason, "leave out the query") {
		t.Errorf("40 KiB: %d requests, %v refused", len(read.Requests), read.Problems)
	}
}

func TestUUIDInCapitalsIsTheSameRequest(t *testing.T) {
	source := sourceOf(t, want{BaseURLs: []string{"https://queue.fal.run"}})
	const small = "764cabcf-b745-4b3e-ae38-1200304cf45b"
	for _, ids := range [][]string{{small, strings.ToUpper(small)}, {strings.ToUpper(small), small}, {strings.ToUpper(small)}} {
		read := paste.Parse("fal-ai/flux/dev "+strings.Join(ids, "\nfal-ai/flux/dev ")+"\n", source)
		id := small
		if len(ids) == 1 {
			id = ids[0] // as it was written
		}
		if len(read.Requests) != 1 || read.Requests[0].ID != id {
			t.Errorf("%q is read as %+v", ids, read)
		}
	}
}

// What is asked about an id of no known form names the default endpoint, or a name beside it,
// and never the id itself.
func TestIDIsNeverItsOwnEndpoint(t *testing.T) {
	source := sourceOf(t, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{seaCloud, "https://queue.fal.run"}})
	for text, endpoint := range map[string]string{
		"abc-1234-xyz": "wan26_i2v",
		"- job_12345":  "wan26_i2v",
		"unsure abc-1234-xyz: of no form that is known":        "wan26_i2v",
		"request_id: veo3-abc-12345":                           "wan26_i2v",
		"fal_request_id: veo3-abc-12345":                       "wan26_i2v",
		`{"job": "abc_12345"}`:                                 "wan26_i2v",
		`{"request_id": "abc_12345", "endpoint": "abc_12345"}`: "wan26_i2v",
		"shot_01 mmsu_01kdj46abw60h2nbpka9tgx22v":              "shot_01",
	} {
		read := paste.Parse(text, source)
		if len(read.Requests)+len(read.Problems) > 0 || len(read.Questions) != 1 || read.Questions[0].Request.Endpoint != endpoint {
			t.Errorf("%q gives %+v, want a question about %s", text, read, endpoint)
		}
	}
}

func TestOldAppIDIsOneOfFal(t *testing.T) {
	source := sourceOf(t, want{DefaultEndpoint: "110602490-lora", BaseURLs: []string{"https://queue.fal.run"}})
	read := paste.Parse("764cabcf-b745-4b3e-ae38-1200304cf45b\n", source)
	if len(read.Requests) != 1 || !strings.Contains(read.Requests[0].StatusURL(), "/110602490/lora/requests/") {
		t.Errorf("%+v", read)
	}
}

func TestUTF16(t *testing.T) {
	source := sourceOf(t, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{seaCloud}})
	const text = "mmsu_01kcs53vxcagbejkfaz1w5vh2y\r\n"
	little, big := []byte{0xff, 0xfe}, []byte{0xfe, 0xff}
	for i := range len(text) {
		little, big = append(little, text[i], 0), append(big, 0, text[i])
	}
	for _, encoded := range [][]byte{little, big, slices.Concat([]byte("\ufeff"), []byte(text))} {
		if read := paste.Parse(string(encoded), source); len(read.Requests) != 1 {
			t.Errorf("%q gives %+v", encoded, read)
		}
	}
}
