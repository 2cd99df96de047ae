package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"polltop/poller/queue"
)

// withFiles runs a test with the files' origin on a pipe of its own: what is
// dialed by its name leads there, all else to the API.
func withFiles(t *testing.T, config Config, test func(t *testing.T, s *Server, c *client, q *queue.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(config)
		api, dialAPI := Pipe()
		cdn, dialCDN := Pipe()
		files := &http.Server{Handler: s.Files()}
		go s.Serve(api)
		go files.Serve(cdn)
		synctest.Wait()
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			if strings.HasPrefix(addr, "cdn.seaart.example:") {
				return dialCDN(ctx, network, addr)
			}
			return dialAPI(ctx, network, addr)
		}
		transport := &http.Transport{DialContext: dial, DisableCompression: true}
		q := queue.NewClient(queue.ClientOptions{
			Header:  func(*queue.Base) http.Header { return http.Header{"Authorization": {"Key k"}} },
			Timeout: time.Minute, Concurrency: 2, UserAgent: "polltop/test", Dial: dial,
		})
		test(t, s, &client{t: t, http: &http.Client{Transport: transport, CheckRedirect: stay}}, q)
		q.Close()
		transport.CloseIdleConnections()
		files.Close()
		s.Close()
		synctest.Wait()
	})
}

// fetch sends a request without any header of the tests', other than the given
// ones.
func (c *client) fetch(method, url string, header ...string) (answer, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(body), response.Header}, err
}

// get is fetch for a request that has to be answered.
func (c *client) get(method, url string, header ...string) answer {
	c.t.Helper()
	a, err := c.fetch(method, url, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

// outputsOf asks for a result as polltop does.
func outputsOf(t *testing.T, q *queue.Client, endpoint, id string) queue.Result {
	t.Helper()
	base, err := queue.ParseBase(origin + BasePath)
	if err != nil {
		t.Fatal(err)
	}
	made, done, fault := q.Result(t.Context(), queue.Request{ID: id, Endpoint: endpoint, Base: base})
	if !done || fault != nil {
		t.Fatalf("the result of %s: done %v, %v", id, done, fault)
	}
	return made
}

// TestOutputs holds what results tell against the files themselves, for every
// endpoint.
func TestOutputs(t *testing.T) {
	withFiles(t, Config{}, func(t *testing.T, s *Server, c *client, q *queue.Client) {
		seen := map[string]string{}
		for _, e := range Catalog() {
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
				got := c.get("GET", o.URL)
				if got.code != 200 || int64(len(got.body)) != o.FileSize || got.header.Get("Content-Length") != strconv.Itoa(len(got.body)) {
					t.Errorf("%s: %d, %d bytes, Content-Length %s, told were %d", o.URL, got.code, len(got.body), got.header.Get("Content-Length"), o.FileSize)
				}
				if got.header.Get("Content-Type") != o.ContentType || got.header.Get("ETag") == "" || got.header.Get("Last-Modified") == "" {
					t.Errorf("%s: the headers are %v, told was %s", o.URL, got.header, o.ContentType)
				}
				checkContent(t, o, got.body, e.Video && i == 0)
				if other := seen[got.body]; other != "" {
					t.Errorf("%s and %s are the same", o.URL, other)
				}
				seen[got.body] = o.URL
			}
		}
		if stats := s.Stats(); stats.Files != 15 || stats.ForeignAuth != 0 {
			t.Errorf("%d requests for files, %d of them with credentials", stats.Files, stats.ForeignAuth)
		}
	})
}

// checkContent holds a file against what the result tells of it.
func checkContent(t *testing.T, o queue.Output, body string, video bool) {
	t.Helper()
	if video {
		if o.Type != "video" || o.ContentType != "video/mp4" || o.Duration != 5 || !strings.HasPrefix(body[4:], "ftypisom") ||
			len(body) < videoLeast || len(body) > videoMost {
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
	withFiles(t, Config{}, func(t *testing.T, s *Server, c *client, q *queue.Client) {
		s.SubmitID("a/b", "wan26_i2v", Plan{Run: time.Second})
		s.SubmitID("late", "wan26_i2v", Plan{Run: time.Hour})
		s.SubmitID("bad", "wan26_i2v", Plan{Run: time.Second, Outcome: Outcome{Message: "no"}})
		advance(time.Second)
		url := s.FilesURL() + "/files/a%2Fb/1.mp4"
		if o := outputsOf(t, q, "wan26_i2v", "a/b").Outputs; len(o) != 1 || o[0].URL != url {
			t.Fatalf("the outputs are %+v, want one at %s", o, url)
		}
		whole := c.get("GET", url)
		etag, size := whole.header.Get("ETag"), len(whole.body)
		tests := []struct {
			name, method, url string
			header            []string
			code              int
			body              string
		}{
			{"range", "GET", url, []string{"Range: bytes=1000-"}, 206, whole.body[1000:]},
			{"range of the same", "GET", url, []string{"Range: bytes=1000-1999", "If-Range: " + etag}, 206, whole.body[1000:2000]},
			{"range of another", "GET", url, []string{"Range: bytes=1000-", `If-Range: "other"`}, 200, whole.body},
			{"range behind the end", "GET", url, []string{"Range: bytes=" + strconv.Itoa(size) + "-"}, 416, "invalid range: failed to overlap\n"},
			{"unchanged", "GET", url, []string{"If-None-Match: " + etag}, 304, ""},
			{"head", "HEAD", url, nil, 200, ""},
			{"wrong method", "PUT", url, nil, 405, "Method Not Allowed\n"},
			{"other extension", "GET", s.FilesURL() + "/files/a%2Fb/1.png", nil, 404, "Not Found\n"},
			{"other spelling", "GET", s.FilesURL() + "/files/a%2Fb/01.mp4", nil, 404, "Not Found\n"},
			{"beyond the last", "GET", s.FilesURL() + "/files/a%2Fb/2.png", nil, 404, "Not Found\n"},
			{"not finished", "GET", s.FilesURL() + "/files/late/1.mp4", nil, 404, "Not Found\n"},
			{"failed", "GET", s.FilesURL() + "/files/bad/1.mp4", nil, 404, "Not Found\n"},
			{"nothing", "GET", s.FilesURL() + "/", nil, 404, "Not Found\n"},
		}
		for _, test := range tests {
			if got := c.get(test.method, test.url, test.header...); got.code != test.code || got.body != test.body {
				t.Errorf("%s: got %d and %d bytes (%.40q), want %d and %d bytes", test.name, got.code, len(got.body), got.body, test.code, len(test.body))
			}
		}
	})
}

// TestForeignHeaders sends what must not be sent to another origin.
func TestForeignHeaders(t *testing.T) {
	withFiles(t, Config{}, func(t *testing.T, s *Server, c *client, _ *queue.Client) {
		url := s.FilesURL() + "/files/nothing/1.png"
		c.get("GET", url, "Range: bytes=0-")
		for want, header := range []string{"User-Agent: x", "Authorization: Key k", "X-Team: t", "x-api-key: k"} {
			c.get("GET", url, header)
			if got := s.Stats().ForeignAuth; got != want {
				t.Errorf("after %s: %d, want %d", header, got, want)
			}
		}
		got := fmt.Sprint(s.ForeignHeaders())
		if want := "map[Authorization:1 Range:1 User-Agent:5 X-Api-Key:1 X-Team:1]"; got != want {
			t.Errorf("the headers were %s, want %s", got, want)
		}
	})
}

// TestFileFaults has each kind of fault that ends in a whole answer, in a window.
func TestFileFaults(t *testing.T) {
	withFiles(t, Config{}, func(t *testing.T, s *Server, c *client, q *queue.Client) {
		submit := func(faults ...FileFault) (url string, told int64) {
			id := s.Submit("nano_banana_2", Plan{Files: faults})
			o := outputsOf(t, q, "nano_banana_2", id).Outputs[0]
			return o.URL, o.FileSize
		}
		for kind, want := range map[FileFaultKind]int{File404: 404, File500: 500} {
			url, _ := submit(FileFault{Kind: kind, FromRequest: 2, UntilRequest: 4})
			for request, code := range []int{200, want, want, 200} {
				if got := c.get("GET", url).code; got != code {
					t.Errorf("%v, request %d: got %d, want %d", kind, request+1, got, code)
				}
			}
		}
		url, told := submit(FileFault{Kind: WrongSize})
		if got := c.get("GET", url); told != int64(len(got.body))/2 {
			t.Errorf("WrongSize: told were %d of %d bytes", told, len(got.body))
		}
		url, _ = submit(FileFault{Kind: ChangedFile, FromRequest: 2}, FileFault{Kind: File404, Output: 2})
		before, after := c.get("GET", url), c.get("GET", url)
		for _, name := range []string{"ETag", "Last-Modified"} {
			if before.header.Get(name) == after.header.Get(name) {
				t.Errorf("ChangedFile: the %s stays %s", name, after.header.Get(name))
			}
		}
		if got := c.get("GET", url, "Range: bytes=100-", "If-Range: "+before.header.Get("ETag")); before.body == after.body || got.code != 200 || got.body != after.body {
			t.Errorf("ChangedFile: a range of the file before got %d and %d of %d bytes", got.code, len(got.body), len(after.body))
		}
	})
}

// TestSlowFile looks at how long a slow file takes by the fake clock.
func TestSlowFile(t *testing.T) {
	for rate, want := range map[int]int{0: defaultRate, 10_000: 10_000, 3: 3} {
		withFiles(t, Config{}, func(t *testing.T, s *Server, c *client, q *queue.Client) {
			id := s.Submit("nano_banana_2", Plan{Files: []FileFault{{Kind: SlowFile, Rate: rate}}})
			start := time.Now()
			got := c.get("GET", s.FilesURL()+"/files/"+id+"/1.png", "Range: bytes=0-9999")
			took, should := time.Since(start), time.Duration(float64(len(got.body))/float64(want)*float64(time.Second))
			if len(got.body) != 10_000 || took < should*95/100 || took > should*105/100 {
				t.Errorf("at %d bytes/s %d bytes took %v, want %v", rate, len(got.body), took, should)
			}
		})
	}
}

// served returns a started server on loopback with a video that has a fault, and
// the video's address.
func served(t *testing.T, fault FileFault) (s *Server, url string, c *client) {
	t.Helper()
	s = New(Config{})
	t.Cleanup(s.Close)
	s.SubmitID("id", "wan26_i2v", Plan{Files: []FileFault{fault}})
	if _, err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return s, s.FilesURL() + "/files/id/1.mp4", &client{t: t, http: &http.Client{Transport: transport}}
}

// TestResetFile gets the first part of a file, resumes it, and has the whole.
func TestResetFile(t *testing.T) {
	_, url, c := served(t, FileFault{Kind: ResetFile, UntilRequest: 2})
	first, err := c.fetch("GET", url)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("the first request got %v, want a reset", err)
	}
	rest := c.get("GET", url, fmt.Sprintf("Range: bytes=%d-", len(first.body)), "If-Range: "+first.header.Get("ETag"))
	whole := c.get("GET", url)
	if len(first.body) > len(whole.body)/2 || rest.code != 206 && len(first.body) > 0 || first.body+rest.body != whole.body {
		t.Errorf("%d bytes and %d more with code %d are not the %d of the file", len(first.body), len(rest.body), rest.code, len(whole.body))
	}
}

// TestEndlessFile reads far beyond the end of a file, and closes the server in
// the middle of it.
func TestEndlessFile(t *testing.T) {
	s, url, c := served(t, FileFault{Kind: EndlessFile})
	response, err := c.http.Do(request(t, t.Context(), url))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.CopyN(io.Discard, response.Body, 3*videoMost); err != nil || response.ContentLength != -1 {
		t.Fatalf("%d bytes, announced were %d, and then %v", n, response.ContentLength, err)
	}
	closed := make(chan struct{})
	go func() { s.Close(); close(closed) }()
	_, err = io.Copy(io.Discard, response.Body)
	<-closed
	if err == nil {
		t.Error("the file ended in order")
	}
}

// TestSlowFileLeft closes the server in the middle of a slow file.
func TestSlowFileLeft(t *testing.T) {
	s, url, c := served(t, FileFault{Kind: SlowFile, Rate: 100})
	response, err := c.http.Do(request(t, t.Context(), url))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := io.Copy(io.Discard, response.Body); err == nil {
		t.Error("the file ended in order")
	}
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

// TestVideoProperties reads random pieces of a video, which are those of a
// longer piece around them.
func TestVideoProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newVideo(rapid.Uint64().Draw(t, "seed"))
		if v.size < videoLeast || v.size >= videoMost {
			t.Fatalf("the size is %d", v.size)
		}
		start := rapid.SampledFrom([]int64{0, 1000, v.size - 400}).Draw(t, "start")
		if at, err := v.Seek(start-v.size, io.SeekEnd); err != nil || at != start {
			t.Fatalf("Seek returned %d, %v, want %d", at, err, start)
		}
		around, err := io.ReadAll(io.LimitReader(v, 400))
		if err != nil || len(around) != 400 {
			t.Fatalf("read %d bytes, %v", len(around), err)
		}
		for range 5 {
			from := rapid.Int64Range(start, start+400).Draw(t, "from")
			piece := make([]byte, rapid.Int64Range(0, start+400-from).Draw(t, "length"))
			offset, whence := from, io.SeekStart
			if rapid.Bool().Draw(t, "from where it is") {
				offset, whence = from-v.at, io.SeekCurrent
			}
			if at, err := v.Seek(offset, whence); err != nil || at != from {
				t.Fatalf("Seek(%d, %d) = %d, %v, want %d", offset, whence, at, err, from)
			}
			if _, err := io.ReadFull(v, piece); err != nil || !bytes.Equal(piece, around[from-start:][:len(piece)]) {
				t.Fatalf("at %d: %x, %v; want what is there in %x", from, piece, err, around)
			}
		}
		if _, err := v.Seek(0, io.SeekEnd); err != nil {
			t.Fatal(err)
		}
		if n, err := v.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Fatalf("at the end: %d, %v", n, err)
		}
		if _, err := v.Seek(-1, io.SeekStart); err == nil {
			t.Fatal("a video begins before its start")
		}
	})
}

// FuzzParseFile holds the reading of paths against the addresses that results
// tell.
func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{"mmsu_01hxyz", "a/b", "..", "%2F", "é😕?#", "", "a b\x1b"} {
		f.Add(seed, 1)
	}
	f.Fuzz(func(t *testing.T, id string, number int) {
		p := product{number: number, ext: "png"}
		gotID, gotName := parseFile(p.path(id))
		if gotID != id || gotName != strconv.Itoa(number)+".png" {
			t.Errorf("parseFile(%q) is %q, %q", p.path(id), gotID, gotName)
		}
		parseFile(id) // whatever comes must not panic
	})
}
