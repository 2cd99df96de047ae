package simulator

import (
	"fmt"
	"image"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"polltop/poller/queue"
)

// TestOutputs holds what results tell against the files themselves, for every
// endpoint.
func TestOutputs(t *testing.T) {
	withClient(t, Config{}, func(t *testing.T, s *Server, c *client, q *queue.Client) {
		seen := map[string]string{}
		for _, e := range dialects[SeaCloud].endpoints {
			id := s.Submit(e.Name, Plan{Outputs: 3, FileNames: []string{"", "../../etc/passwd\x1b[31m"}, Prompt: "fog"})
			advance(time.Second)
			made := outputsOf(t, q, e.Name, id)
			if len(made.Outputs) != 3 || made.Outputs[1].FileName != "../../etc/passwd\x1b[31m" {
				t.Fatalf("%s: the outputs are %+v", e.Name, made.Outputs)
			}
			if metadata := fmt.Sprint(made.Metadata); !strings.Contains(metadata, fmt.Sprintf("{model %s} {prompt fog} {seed ", e.Name)) {
				t.Errorf("%s: the metadata are %v", e.Name, made.Metadata)
			}
			for i, o := range made.Outputs {
				got := get(t, c, "GET", o.URL)
				if got.Code != 200 || int64(len(got.Body)) != o.FileSize || got.Header.Get("Content-Length") != strconv.Itoa(len(got.Body)) {
					t.Errorf("%s: %d, %d bytes, Content-Length %s, told were %d", o.URL, got.Code, len(got.Body), got.Header.Get("Content-Length"), o.FileSize)
				}
				if got.Header.Get("Content-Type") != o.ContentType || got.Header.Get("ETag") == "" || got.Header.Get("Last-Modified") == "" {
					t.Errorf("%s: the headers are %v, told was %s", o.URL, got.Header, o.ContentType)
				}
				checkContent(t, o, got.Body, e.Video && i == 0)
				if other := seen[got.Body]; other != "" {
					t.Errorf("%s and %s are the same", o.URL, other)
				}
				seen[got.Body] = o.URL
			}
		}
	})
}

// checkContent holds a file against what the result tells of it.
func checkContent(t *testing.T, o queue.Output, body string, video bool) {
	t.Helper()
	if video {
		if o.Type != "video" || o.ContentType != "video/mp4" || o.Duration != 5 || !strings.HasPrefix(body[4:], "ftypisom") ||
			len(body) < minVideoSize || len(body) > maxVideoSize {
			t.Errorf("%+v: a video of %d bytes begins with %q", o, len(body), body[:12])
		}
		return
	}
	img, format, err := image.DecodeConfig(strings.NewReader(body))
	if err != nil || o.Type != "image" || o.ContentType != "image/"+format || img.Width != o.Width || img.Height != o.Height || len(body) > 256<<10 {
		t.Errorf("%+v: got %d bytes of %s, %dx%d (%v)", o, len(body), format, img.Width, img.Height, err)
	}
}

// TestFileRequests asks for a file in every way.
func TestFileRequests(t *testing.T) {
	withClient(t, Config{}, func(t *testing.T, s *Server, c *client, q *queue.Client) {
		s.SubmitID("a/b", "wan26_i2v", Plan{Run: time.Second})
		s.SubmitID("late", "wan26_i2v", Plan{Run: time.Hour})
		s.SubmitID("bad", "wan26_i2v", Plan{Run: time.Second, Outcome: Outcome{Message: "no"}})
		advance(time.Second)
		url := s.FilesURL() + "/files/a%2Fb/1.mp4"
		if o := outputsOf(t, q, "wan26_i2v", "a/b").Outputs; len(o) != 1 || o[0].URL != url {
			t.Fatalf("the outputs are %+v, want one at %s", o, url)
		}
		whole := get(t, c, "GET", url)
		etag, size := whole.Header.Get("ETag"), len(whole.Body)
		tests := []struct {
			name, method, url string
			header            []string
			code              int
			body              string
		}{
			{"range", "GET", url, []string{"Range: bytes=1000-"}, 206, whole.Body[1000:]},
			{"range of the same", "GET", url, []string{"Range: bytes=1000-1999", "If-Range: " + etag}, 206, whole.Body[1000:2000]},
			{"range of another", "GET", url, []string{"Range: bytes=1000-", `If-Range: "other"`}, 200, whole.Body},
			{"range behind the end", "GET", url, []string{"Range: bytes=" + strconv.Itoa(size) + "-"}, 416, "invalid range: failed to overlap\n"},
			{"unchanged", "GET", url, []string{"If-None-Match: " + etag}, 304, ""},
			{"head", "HEAD", url, nil, 200, ""},
			{"wrong method", "PUT", url, nil, 405, "Method Not Allowed\n"},
			{"other extension", "GET", s.FilesURL() + "/files/a%2Fb/1.png", nil, 404, "Not Found\n"},
			{"other spelling", "GET", s.FilesURL() + "/files/a%2Fb/01.mp4", nil, 404, "Not Found\n"},
			{"beyond the last", "GET", s.FilesURL() + "/files/a%2Fb/2.png", nil, 404, "Not Found\n"},
			{"not finished", "GET", s.FilesURL() + "/files/late/1.mp4", nil, 404, "Not Found\n"},
			{"failed", "GET", s.FilesURL() + "/files/bad/1.mp4", nil, 404, "Not Found\n"},
			{"nothing", "GET", s.FilesURL() + "/", nil, 404, "404 page not found\n"},
		}
		for _, test := range tests {
			if got := get(t, c, test.method, test.url, test.header...); got.Code != test.code || got.Body != test.body {
				t.Errorf("%s: got %d and %d bytes (%.40q), want %d and %d bytes", test.name, got.Code, len(got.Body), got.Body, test.code, len(test.body))
			}
		}
	})
}

// TestFilesOrigin starts a server and looks at where its files are.
func TestFilesOrigin(t *testing.T) {
	s := New(Config{})
	defer s.Close()
	if got := s.FilesURL(); got != defaultFiles {
		t.Errorf("before the start the files are on %s", got)
	}
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	api, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	cdn, err := url.Parse(s.FilesURL())
	if err != nil {
		t.Fatal(err)
	}
	if queue.OriginOf(api) == queue.OriginOf(cdn) || !queue.OriginOf(cdn).Loopback() {
		t.Errorf("the API is on %v, the files on %v", api, cdn)
	}
	before := s.FilesURL()
	if _, err := s.Start("127.0.0.1:0"); err != nil || s.FilesURL() != before {
		t.Errorf("a second start moves the files from %s to %s (%v)", before, s.FilesURL(), err)
	}
	s.Close()
	if conn, err := net.Dial("tcp", cdn.Host); err == nil {
		conn.Close()
		t.Error("after Close, somebody answers where the files were")
	}
}
