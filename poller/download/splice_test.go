package download

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// reply is how a server of the property below answers once.
type reply struct {
	kind    string
	version int
	at      int // in thousandths of the file
}

// The kinds of replies; those from firstOfRange on are to a request for a range.
var replies = []string{"whole", "cut", "chunked", "chunked cut", "ignores range", "503", "wrong offset", "wrong etag", "past end", "416", "bare 206"}

const firstOfRange = 6

// answer answers with a version of a file as the reply says.
func (a reply) answer(w http.ResponseWriter, r *http.Request, content []byte, etag string) {
	at := len(content) * a.at / 1000
	if r.Header.Get("Range") == "" && slices.Contains(replies[firstOfRange:], a.kind) {
		a.kind = "cut"
	}
	switch a.kind {
	case "whole":
		file(w, r, content, etag)
	case "cut":
		cut(w, content, etag, at)
	case "chunked", "chunked cut":
		w.Header().Set("ETag", etag)
		w.Write(content[:at])
		w.(http.Flusher).Flush()
		if a.kind == "chunked cut" {
			panic(http.ErrAbortHandler)
		}
		w.Write(content[at:])
	case "ignores range":
		r.Header.Del("Range")
		file(w, r, content, etag)
	case "wrong offset", "wrong etag", "past end":
		if a.kind == "wrong etag" {
			etag = `"x"`
		}
		w.Header().Set("ETag", etag)
		from, size := min(at, len(content)-1), len(content)
		if a.kind == "past end" {
			size++
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, size))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(content[from:])
	case "416":
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(content)))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
	case "503":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "bare 206":
		w.WriteHeader(http.StatusPartialContent)
		w.Write(content[at:])
	}
}

// Whatever a server does in between, and however often the file changes: what
// is done in the end is one version of it from the first byte to the last.
func TestNeverJoinsPiecesOfTwoFiles(t *testing.T) {
	var mu sync.Mutex
	var handler http.HandlerFunc
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		handler(w, r)
	}))
	defer server.Close()
	rapid.Check(t, func(t *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reply {
			return reply{rapid.SampledFrom(replies).Draw(t, "kind"), rapid.IntRange(0, 2).Draw(t, "version"), rapid.IntRange(1, 999).Draw(t, "at")}
		}), 0, 5).Draw(t, "script")
		size := rapid.IntRange(10, 5_000).Draw(t, "size")
		versions := [][]byte{noise(size, 0), noise(size, 1), noise(size+rapid.IntRange(0, 9).Draw(t, "more"), 2)}
		n := 0
		handler = func(w http.ResponseWriter, r *http.Request) {
			a := reply{kind: "whole", version: 2}
			if n < len(script) {
				a = script[n]
			}
			n++
			a.answer(w, r, versions[a.version], fmt.Sprintf(`"v%d"`, a.version))
		}
		dir, err := os.MkdirTemp("", "download")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		f := hasty(Options{Dir: dir})
		defer f.Close()
		f.Add(job("r", server.URL))
		got := settled(f).Files[0]
		if got.State != Done {
			t.Fatalf("%s: %s", got.State, got.Error)
		}
		b, err := os.ReadFile(got.Path)
		if err != nil || !slices.ContainsFunc(versions, func(v []byte) bool { return string(v) == string(b) }) {
			t.Fatalf("the file is no version that was served: %d bytes, %v", len(b), err)
		}
	})
}

func TestBodyThatGoesOnPastItsRange(t *testing.T) {
	content := noise(1000, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 0 {
			cut(w, content, `"v1"`, 500)
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Range", "bytes 500-999/1000")
		w.WriteHeader(http.StatusPartialContent)
		w.(http.Flusher).Flush() // so that its length is not told
		io.WriteString(w, string(content[500:])+"and more")
	})
	want(t, get(t, quiet(t, Options{}), job("r", s.URL)), content)
}
