package download

import (
	"bytes"
	"cmp"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polltop/poller/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server of files that keeps what it was asked.
type site struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

// serve returns a server on loopback. The handler gets the number of the
// request, from 0.
func serve(t testing.TB, handler func(w http.ResponseWriter, r *http.Request, n int)) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		handler(w, r, n)
	}))
	t.Cleanup(s.Close)
	return s
}

// asked returns the requests that came.
func (s *site) asked() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// file answers with a file as a CDN does: ranges, If-Range and validators.
func file(w http.ResponseWriter, r *http.Request, content []byte, etag string) {
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// cut answers with a file whose transfer ends after some bytes.
func cut(w http.ResponseWriter, content []byte, etag string, after int) {
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	w.Header().Set("Content-Length", itoa(len(content)))
	w.Write(content[:after])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// hasty returns a downloader that does not wait between tries, and fetches from loopback, where the test's servers are.
func hasty(o Options) *Downloader {
	o.MaxBytes = cmp.Or(o.MaxBytes, 2<<30)
	o.Outputs = &queue.OutputTransport{AllowPrivate: true, Concurrency: defaultConcurrency}
	f := New(o)
	f.backoff = func(int, time.Duration) time.Duration { return 0 }
	return f
}

// quiet returns a hasty downloader, into a directory of its own if none is given,
// that is closed with the test.
func quiet(t testing.TB, o Options) *Downloader {
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	f := hasty(o)
	t.Cleanup(f.Close)
	return f
}

// job returns a job for the first output of a request.
func job(id, url string) Job {
	return Job{Request: queue.Request{ID: id, Endpoint: "wan26_i2v"}, N: 1, Output: queue.Output{URL: url, ContentType: "image/png"}}
}

// settled waits until the downloader has nothing more to do.
func settled(f *Downloader) Progress {
	for f.Active() {
		<-f.Changed()
	}
	return f.Snapshot()
}

// get downloads one output and returns how that ended.
func get(t testing.TB, f *Downloader, j Job) File {
	t.Helper()
	if n := f.Add(j); n != 1 {
		t.Fatalf("Add = %d, want 1", n)
	}
	p := settled(f)
	for _, file := range p.Files {
		if file.Request == j.Request.Key() && file.N == j.N {
			return file
		}
	}
	t.Fatalf("%v is not in %v", j.Request.ID, p.Files)
	return File{}
}

// want fails the test unless the file is done and holds the content.
func want(t testing.TB, got File, content []byte) {
	t.Helper()
	if got.State != Done || got.Error != "" {
		t.Fatalf("%s is %s: %s; want done", got.Path, got.State, got.Error)
	}
	b, err := os.ReadFile(got.Path)
	if err != nil || !bytes.Equal(b, content) {
		t.Fatalf("%s holds %d bytes, %v; want the %d that were served", got.Path, len(b), err, len(content))
	}
	if got.Bytes != int64(len(content)) || got.Total != int64(len(content)) {
		t.Errorf("progress tells %d of %d bytes; want %d", got.Bytes, got.Total, len(content))
	}
}

// failed fails the test unless the file failed with an error that has each text
// in it.
func failed(t testing.TB, got File, texts ...string) {
	t.Helper()
	if got.State != Failed {
		t.Fatalf("%s is %s; want failed", got.Path, got.State)
	}
	for _, text := range texts {
		if !strings.Contains(got.Error, text) {
			t.Errorf("error %q does not say %q", got.Error, text)
		}
	}
}

// tree returns the files under a directory, links included, the ledger left
// out.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != ledgerName {
			name, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// has fails the test unless the directory holds just the named files.
func has(t testing.TB, dir string, names ...string) {
	t.Helper()
	if got := tree(t, dir); !slices.Equal(got, names) {
		t.Errorf("the directory holds %q; want %q", got, names)
	}
}

// noise returns n bytes that differ from place to place and by seed.
func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	state := uint32(seed) + 1
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	return b
}

// String returns the word for a state in the messages of tests.
func (s State) String() string {
	return [StateCount]string{"waiting", "running", "done", "failed", "already there"}[s]
}
