package download

import (
	"strings"
	"testing"

	"polltop/poller/queue"
)

func TestOutputNames(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		endpoint, id string
		n            int
		want         string
	}{
		{"wan26_i2v", "mmsu_01hxyz", 1, "wan26_i2v/mmsu_01hxyz-1.png"},
		{"fal-ai/flux", "r{n}", 2, "fal-ai/flux/r_n_-2.png"},
		{"", "", 1, "unknown/unknown-1.png"},
		{"a", "con", 1, "a/con-1.png"},
		{"a", long, 12, "a/" + long[:maxSegment-len("-12.png")] + "-12.png"},
	} {
		j := Job{Request: queue.Request{ID: c.id, Endpoint: c.endpoint}, N: c.n}
		if got := outputName(&j, "png"); got != c.want {
			t.Errorf("output %d of %s/%s is named %q, want %q", c.n, c.endpoint, c.id, got, c.want)
		}
	}
}

func TestEndpointBecomesFolders(t *testing.T) {
	for endpoint, want := range map[string]string{
		"wan26_i2v":       "wan26_i2v",
		"":                "unknown",
		"///":             "unknown",
		"a//b/":           "a/b",
		"a/../b":          "a/_/b",
		"a/b/c/d/e/f/g/h": "a/b/c/d/e/f_g_h",
	} {
		if got := strings.Join(endpointFolders(endpoint), "/"); got != want {
			t.Errorf("the folders of %q are %q, want %q", endpoint, got, want)
		}
	}
}

func TestExtension(t *testing.T) {
	for _, c := range []struct {
		job      Job
		answered string
		want     string
	}{
		{Job{Output: queue.Output{ContentType: "image/jpeg", URL: "https://h/x.png"}}, "image/webp", "jpg"},
		{Job{Output: queue.Output{ContentType: "IMAGE/PNG; charset=x; ==", URL: "https://h/x"}}, "", "png"},
		{Job{Output: queue.Output{ContentType: "application/octet-stream", URL: "https://h/x.WebP?y=.exe"}}, "image/png", "webp"},
		{Job{Output: queue.Output{URL: "https://h/x", FileName: "out.mov"}}, "video/mp4", "mov"},
		{Job{Output: queue.Output{URL: "https://h/x", Type: "image"}}, "image/webp", "webp"},
		{Job{Output: queue.Output{URL: "https://h/x", Type: " Video "}}, "application/octet-stream", "mp4"},
		{Job{Output: queue.Output{URL: "https://h/x.exe", FileName: "x.desktop", ContentType: "../../x"}}, "", "bin"},
		{Job{Output: queue.Output{URL: "https://h/x.part", Type: "blob"}}, "", "bin"},
		{Job{Output: queue.Output{Content: "# x", ContentType: "text/markdown"}}, "", "md"},
		{Job{Output: queue.Output{Content: "{}", Type: "json"}}, "", "json"},
		{Job{Output: queue.Output{Content: "x", Type: "image"}}, "", "txt"},
	} {
		if got := extension(&c.job, c.answered); got != c.want {
			t.Errorf("extension(%+v, %q) = %q, want %q", c.job, c.answered, got, c.want)
		}
	}
	for extension := range allowedExtensions {
		if len(extension) > maxExtension || safeSegment(extension, maxSegment) != extension {
			t.Errorf("the extension %q is too long or not safe", extension)
		}
	}
}
