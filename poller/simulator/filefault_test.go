package simulator

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"polltop/poller/queue"
)

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
