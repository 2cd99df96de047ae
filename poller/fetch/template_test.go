package fetch

import (
	"strings"
	"testing"

	"polltop/poller/queue"
)

func TestTemplates(t *testing.T) {
	j := Job{Request: queue.Request{ID: "r{n}", Endpoint: "fal-ai/flux"}, N: 2, FileName: "dir/my picture.v2.PNG"}
	for text, want := range map[string]string{
		DefaultTemplate:                         "fal-ai/flux/r_n_-2.png",
		"{request_id}.{ext}":                    "r_n_.png",
		"{request_id}":                          "r_n_",
		"{endpoint}-{request_id}.{ext}":         "fal-ai_flux-r_n_.png",
		"all/{endpoint}x/{request_id}_{n}{ext}": "all/fal-ai_fluxx/r_n__2png",
		"{name} of {request_id}.{ext}":          "my picture.v2 of r_n_.png",
	} {
		tmpl, err := parseTemplate(text)
		if err != nil {
			t.Errorf("parseTemplate(%q): %v", text, err)
			continue
		}
		if got := tmpl.name(&j, extension(&j, "")); got != want {
			t.Errorf("by %q the name is %q, want %q", text, got, want)
		}
	}
}

func TestTemplatesThatAreWrong(t *testing.T) {
	for text, says := range map[string]string{
		"/abs/{request_id}.{ext}":                "starts with a slash",
		"{endpoint}-{n}.{ext}":                   "lacks {request_id}",
		"../{request_id}":                        `".."`,
		"a//{request_id}":                        `""`,
		"{request_id}/":                          `""`,
		"./{request_id}":                         `"."`,
		"{ext}/{request_id}":                     "folder",
		"{request_id}-{m}.{ext}":                 "makes no placeholder",
		"{request_id":                            "lacks",
		"{request_id}}":                          "makes no placeholder",
		`C:\out\{request_id}`:                    "not a name on every system",
		"con/{request_id}":                       "not a name on every system",
		"{request_id}.":                          "not a name on every system",
		".hidden/{request_id}":                   "not a name on every system",
		"{request_id}\x1b":                       "not a name on every system",
		"{request_id}.part":                      "not a name on every system",
		strings.Repeat("a/", 9) + "{request_id}": "more than 8 folders",
		strings.Repeat("a", 300):                 "longer than 255",
	} {
		_, err := New(Options{Template: text})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), DefaultTemplate) {
			t.Errorf("New with template %q: %v; want an error with %q and the usual template", text, err, says)
		}
	}
	for _, o := range []Options{{Concurrency: -1}, {MaxBytes: -1}} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "-1") {
			t.Errorf("New(%+v): %v; want an error with the number", o, err)
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
		{Job{ContentType: "image/jpeg", URL: "https://h/x.png"}, "image/webp", "jpg"},
		{Job{ContentType: "IMAGE/PNG; charset=x; ==", URL: "https://h/x"}, "", "png"},
		{Job{ContentType: "application/octet-stream", URL: "https://h/x.WebP?y=.exe"}, "image/png", "webp"},
		{Job{URL: "https://h/x", FileName: "out.mov"}, "video/mp4", "mov"},
		{Job{URL: "https://h/x", Type: "image"}, "image/webp", "webp"},
		{Job{URL: "https://h/x", Type: " Video "}, "application/octet-stream", "mp4"},
		{Job{URL: "https://h/x.exe", FileName: "x.desktop", ContentType: "../../x"}, "", "bin"},
		{Job{URL: "https://h/x.part", Type: "blob"}, "", "bin"},
		{Job{Content: "# x", ContentType: "text/markdown"}, "", "md"},
		{Job{Content: "{}", Type: "json"}, "", "json"},
		{Job{Content: "x", Type: "image"}, "", "txt"},
	} {
		if got := extension(&c.job, c.answered); got != c.want {
			t.Errorf("extension(%+v, %q) = %q, want %q", c.job, c.answered, got, c.want)
		}
	}
	for extension := range known {
		if len(extension) > maxExtension || safeSegment(extension, maxSegment) != extension {
			t.Errorf("the extension %q is too long or not safe", extension)
		}
	}
}
