package download

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"polltop/poller/queue"
)

func TestAnswersThatBringNoFile(t *testing.T) {
	for _, c := range []struct {
		status int
		tries  int
		says   []string
	}{
		{401, 1, []string{"HTTP 401 Unauthorized from 127.0.0.1", "fetch the result again"}},
		{403, 1, []string{"HTTP 403", "fetch the result again"}},
		{404, 1, []string{"HTTP 404", "fetch the result again"}},
		{410, 1, []string{"HTTP 410"}},
		{400, 1, []string{"HTTP 400", "where the file was expected"}},
		{204, 1, []string{"HTTP 204", "where the file was expected"}},
		{206, 1, []string{"a piece of the file, where all of it was asked for"}},
		{416, 1, []string{"HTTP 416"}},
		{599, maxTries, []string{"HTTP 599 from", "given up after 6 tries"}},
		{408, maxTries, []string{"HTTP 408"}},
		{429, maxTries, []string{"HTTP 429 Too Many Requests"}},
		{503, maxTries, []string{"HTTP 503"}},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { w.WriteHeader(c.status) })
		f := quiet(t, Options{})
		failed(t, get(t, f, job("r", s.URL)), c.says...)
		if n := len(s.asked()); n != c.tries {
			t.Errorf("HTTP %d: %d tries, want %d", c.status, n, c.tries)
		}
		has(t, f.options.Dir)
	}
}

// A picture or model in XML or JSON is the file, though nothing in the result says that it is text.
func TestPicturesAndModelsThatAreText(t *testing.T) {
	const svg, gltf = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, `{"asset":{"version":"2.0"}}`
	for _, c := range []struct{ kind, answerType, body, ending string }{
		{"image", "image/svg+xml", svg, ".svg"},
		{"image", "image/svg+xml; charset=utf-8", "<?xml version=\"1.0\"?><!--" + strings.Repeat("x", 600) + "--><svg/>", ".svg"},
		{"image", "application/octet-stream", svg, ".png"},
		{"model", "model/gltf+json", gltf, ".gltf"},
		{"mesh", "model/vnd.collada+xml", `<?xml version="1.0"?><COLLADA/>`, ".glb"},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("Content-Type", c.answerType)
			fmt.Fprint(w, c.body)
		})
		output := queue.Output{Type: c.kind, URL: s.URL}
		got := get(t, quiet(t, Options{}), Job{Request: queue.Request{ID: "r", Endpoint: "wan26_i2v"}, N: 1, Output: output})
		want(t, got, []byte(c.body))
		if !strings.HasSuffix(got.Name, c.ending) {
			t.Errorf("%s: stored as %s", c.answerType, got.Name)
		}
	}
}

// An answer of HTTP 200 that holds nothing, a web page or an error is no image.
func TestAnswersThatAreNotTheFile(t *testing.T) {
	const page, fault = "\n<!DOCTYPE html><html><title>Log in</title></html>", `<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`
	for _, c := range []struct {
		output queue.Output
		body   string
		says   string // "" where it is the file
	}{
		{queue.Output{ContentType: "image/png"}, "", "sends an empty file, where a png was expected"},
		{queue.Output{ContentType: "image/png"}, page, "sends a web page, where a png was expected"},
		{queue.Output{Type: "video"}, page, "sends a web page, where a mp4 was expected"},
		{queue.Output{FileName: "x.glb"}, "\xef\xbb\xbf" + fault, "sends XML, where a glb was expected"},
		{queue.Output{Type: "image"}, ` {"error":"the link has expired"}`, "sends JSON, where a png was expected"},
		{queue.Output{ContentType: "image/svg+xml"}, `<?xml version="1.0"?><svg/>`, ""},
		{queue.Output{ContentType: "text/html"}, page, ""},
		{queue.Output{ContentType: "application/json"}, `{"error":0.2}`, ""},
		{queue.Output{Type: "text"}, "", ""},
		{queue.Output{Type: "file"}, page, ""}, // nothing says what it should be
		{queue.Output{ContentType: "image/png"}, "{\x00 of a form that is not known", ""},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("Content-Type", "image/png") // whatever it is
			fmt.Fprint(w, c.body)
		})
		f := quiet(t, Options{})
		c.output.URL = s.URL
		got := get(t, f, Job{Request: queue.Request{ID: "r", Endpoint: "wan26_i2v"}, N: 1, Output: c.output})
		if c.says == "" {
			want(t, got, []byte(c.body))
			continue
		}
		failed(t, got, c.says, "fetch the result again")
		has(t, f.options.Dir)
	}
}

func TestTriesAgainWhatMayPass(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		switch n {
		case 0:
			w.WriteHeader(http.StatusBadGateway)
		case 1:
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			panic(http.ErrAbortHandler)
		default:
			file(w, r, []byte("x"), "")
		}
	})
	want(t, get(t, quiet(t, Options{}), job("r", s.URL)), []byte("x"))
}

func TestProgressIsNoReasonToGiveUp(t *testing.T) {
	const pieces = 3 * maxTries
	content := noise(pieces*minProgress, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		from := min(n, pieces-1) * minProgress
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", itoa(len(content)-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
			w.WriteHeader(http.StatusPartialContent)
		}
		w.Write(content[from : from+minProgress])
		w.(http.Flusher).Flush()
		if from+minProgress < len(content) {
			panic(http.ErrAbortHandler)
		}
	})
	want(t, get(t, quiet(t, Options{}), job("r", s.URL)), content)
	// A server that never gets past the same place is given up.
	stuck := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { cut(w, content, "", 2*minProgress) })
	failed(t, get(t, quiet(t, Options{}), job("r", stuck.URL)), "closed in the middle", "given up")
	if n := len(stuck.asked()); n != maxTries {
		t.Errorf("%d tries that bring the same, want %d", n, maxTries)
	}
}

func TestSizesThatAreWrong(t *testing.T) {
	// An end that only the closed connection tells.
	bare := func(body string) func(w http.ResponseWriter, r *http.Request, _ int) {
		return func(w http.ResponseWriter, r *http.Request, _ int) {
			conn, out, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprintf(out, "HTTP/1.0 200 OK\r\n\r\n%s", body)
			out.Flush()
		}
	}
	told := func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("12345"), "") }
	for _, c := range []struct {
		name    string
		handler func(w http.ResponseWriter, r *http.Request, n int)
		size    int64
		says    string // empty if it is to be done
	}{
		{"the transfer's own length counts", told, 3, ""},
		{"also where more was told", told, 9, ""},
		{"an end that nothing tells", bare("12345"), 0, ""},
		{"the told size tells it", bare("12345"), 5, ""},
		{"less than told", bare("12345"), 6, "ended the file after 5 B of 6 B"},
		{"more than told", bare("12345"), 4, ""},
	} {
		f := quiet(t, Options{})
		j := job("r", serve(t, c.handler).URL)
		j.FileSize = c.size
		if got := get(t, f, j); c.says == "" {
			want(t, got, []byte("12345"))
		} else {
			failed(t, got, c.says)
		}
	}
}

func TestFilesPastTheLimit(t *testing.T) {
	content := noise(1000, 1)
	told := func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, content, `"v1"`) }
	want(t, get(t, quiet(t, Options{MaxBytes: 1000}), job("r", serve(t, told).URL)), content)
	f := quiet(t, Options{MaxBytes: 999})
	failed(t, get(t, f, job("r", serve(t, told).URL)), "it is 1000 B, past the limit of 999 B", "--max-download")
	has(t, f.options.Dir)

	more := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Write(content[:500])
		w.(http.Flusher).Flush()
		<-more
		w.Write(content[500:])
	})
	f.Add(job("untold", s.URL))
	for f.Snapshot().Files[1].Bytes < 500 {
		<-f.Changed()
	}
	close(more)
	got := settled(f).Files[1]
	failed(t, got, "it goes on, past the limit of 999 B", "--max-download")
	if n := len(s.asked()); n != 1 || got.Bytes != 0 {
		t.Errorf("%d requests and %d bytes kept, want 1 and 0", n, got.Bytes)
	}
	has(t, f.options.Dir)

	f = quiet(t, Options{MaxBytes: 3})
	j := job("r", "")
	j.Content = "1234"
	failed(t, get(t, f, j), "--max-download")
	has(t, f.options.Dir)
}

func TestCompressedAnswerIsNotTakenForTheFile(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write([]byte("\x1f\x8b"))
	})
	f := quiet(t, Options{})
	failed(t, get(t, f, job("r", s.URL)), "compressed (gzip)")
	has(t, f.options.Dir)
}

func TestFullDisk(t *testing.T) {
	content := noise(half, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, content, `"v1"`) })
	f := quiet(t, Options{})
	dir, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	free := half / 2
	dir.write = func(file *os.File, b []byte) (int, error) {
		room := min(len(b), free)
		n, err := file.Write(b[:room])
		free -= n
		if err == nil && room < len(b) {
			err = &fs.PathError{Op: "write", Path: file.Name(), Err: syscall.ENOSPC}
		}
		return n, err
	}
	j := job("r", s.URL)
	part := "wan26_i2v/" + partName("r-1.png", j.identity())
	got := get(t, f, j)
	failed(t, got, filepath.Join(f.options.Dir, filepath.FromSlash(part)), syscall.ENOSPC.Error(), "free some space", "--output-dir", "it goes on from what is there")
	if n := len(s.asked()); n != 1 {
		t.Errorf("%d requests with the disk full, want 1", n)
	}
	if names := tree(t, f.options.Dir); !slices.Contains(names, part) || slices.Contains(names, "wan26_i2v/r-1.png") {
		t.Errorf("with the disk full the directory holds %q", names)
	}
	// With no room for even the note there is nothing to keep.
	free = 0
	failed(t, get(t, f, job("other", s.URL)), "free some space")
	if names := tree(t, f.options.Dir); slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "other") }) {
		t.Errorf("with no room at all the directory holds %q", names)
	}
	free = 1 << 30
	want(t, get(t, f, j), content)
	if got := s.asked()[2].Header.Get("Range"); !strings.HasPrefix(got, "bytes=") || got == "bytes=0-" {
		t.Errorf("with the disk free again Range is %q", got)
	}
}

func TestDiskErrorsNameTheWayOut(t *testing.T) {
	for _, c := range []struct {
		err  error
		says []string
	}{
		{&fs.PathError{Op: "openat", Path: "x", Err: syscall.EACCES}, []string{"can't write /out/x: permission denied: ", "--output-dir"}},
		{&os.LinkError{Op: "linkat", Old: "a", New: "b", Err: syscall.EROFS}, []string{"/out/x: read-only file system: "}},
		{syscall.EFBIG, []string{"takes no file of this size"}},
		{syscall.EDQUOT, []string{"quota", "free some space"}},
		{&fs.PathError{Err: errNotRegular}, []string{"not a plain file", "move it away"}},
		{fmt.Errorf("x: %w", errLocked), []string{"another polltop"}},
	} {
		got := diskError("can't write", "/out/x", c.err).Error()
		for _, text := range c.says {
			if !strings.Contains(got, text) {
				t.Errorf("of %v it says %q, without %q", c.err, got, text)
			}
		}
	}
}
