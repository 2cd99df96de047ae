package download

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// half is where the tests' transfers break.
const half = 300_000

func TestGoesOnAfterACutTransfer(t *testing.T) {
	content := noise(2*half, 1)
	for _, validator := range []string{"etag", "date", "none"} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
			etag := ""
			switch validator {
			case "etag":
				etag = `"v1"`
			case "date":
				w.Header().Set("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")
			}
			if n == 0 {
				cut(w, content, etag, half)
			}
			file(w, r, content, etag)
		})
		f := quiet(t, Options{})
		want(t, get(t, f, job("r", s.URL)), content)
		second := s.asked()[1]
		ranges, condition := second.Header.Get("Range"), second.Header.Get("If-Range")
		expected := map[string][2]string{
			"etag": {"bytes=300000-", `"v1"`},
			"date": {"bytes=300000-", "Sun, 06 Nov 1994 08:49:37 GMT"},
			"none": {"", ""}, // nothing would tell a changed file
		}[validator]
		if ranges != expected[0] || condition != expected[1] {
			t.Errorf("with %s: asked for %q if %q, want %q", validator, ranges, condition, expected)
		}
		has(t, f.options.Dir, "wan26_i2v/r-1.png")
	}
}

func TestGoesOnAfterAReset(t *testing.T) {
	content := noise(2*half, 1)
	reset := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 0 {
			file(w, r, content, `"v1"`)
			return
		}
		conn, out, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: %d\r\n\r\n", len(content))
		out.Write(content[:half])
		out.Flush()
		<-reset // once all of that has arrived: a reset takes what has not with it
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	})
	f := quiet(t, Options{})
	f.Add(job("r", s.URL))
	for f.Snapshot().Files[0].Bytes < half {
		<-f.Changed()
	}
	close(reset)
	want(t, settled(f).Files[0], content)
	if got := s.asked()[1].Header.Get("Range"); got != "bytes=300000-" {
		t.Errorf("after the reset Range is %q", got)
	}
}

func TestGoesOnInALaterRun(t *testing.T) {
	content := noise(2*half, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 0 {
			file(w, r, content, `"v1"`)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", itoa(len(content)))
		w.Write(content[:half])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	dir := t.TempDir()
	first := quiet(t, Options{Dir: dir})
	first.concurrency = 1
	first.Add(job("r", s.URL+"/x?sig=1"), job("later", s.URL+"/y"))
	for first.Snapshot().Files[0].Bytes < half {
		<-first.Changed()
	}
	first.Close()
	for _, file := range first.Snapshot().Files {
		failed(t, file, "goes on from there")
	}
	part := "wan26_i2v/" + partName("r-1.png", new(job("r", "")).identity())
	if names := tree(t, dir); !slices.Contains(names, part) || !slices.Contains(names, infoName(part)) {
		t.Fatalf("after Close the directory holds %q; want %s and its note", names, part)
	}
	second := quiet(t, Options{Dir: dir})
	want(t, get(t, second, job("r", s.URL+"/x?sig=2")), content)
	if got := s.asked()[len(s.asked())-1].Header.Get("Range"); got != "bytes=300000-" {
		t.Errorf("the later run asked for Range %q", got)
	}
}

func TestPartThatIsWholeNeedsNoRequest(t *testing.T) {
	f := quiet(t, Options{})
	j := job("r", "http://127.0.0.1:1/x")
	address, err := j.address()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	p, err := dir.openPart("wan26_i2v/r-1.png", j.identity(), sourceID(address))
	if err == nil {
		err = p.begin(partInfo{Total: 7})
	}
	if err == nil {
		err = p.write([]byte("content"))
	}
	if err != nil {
		t.Fatal(err)
	}
	// As a run leaves it that was killed when the file had its name already.
	if err := dir.root.Link(p.name, "wan26_i2v/r-1.png"); err != nil {
		t.Skip("this file system makes no hard links:", err)
	}
	p.close()
	want(t, get(t, f, j), []byte("content"))
	has(t, f.options.Dir, "wan26_i2v/r-1.png")
}

func TestPartOfAFinishedFileIsNotWrittenTo(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("other"), "") })
	f := quiet(t, Options{})
	j := job("r", s.URL)
	if err := os.WriteFile(fullPath(f.options.Dir, "finished"), []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(fullPath(f.options.Dir, "wan26_i2v"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(fullPath(f.options.Dir, "finished"), fullPath(f.options.Dir, "wan26_i2v/"+partName("r-1.png", j.identity()))); err != nil {
		t.Skip("this file system makes no hard links:", err)
	}
	want(t, get(t, f, j), []byte("other"))
	if b, err := os.ReadFile(fullPath(f.options.Dir, "finished")); string(b) != "content" {
		t.Errorf("the file with the part's content now holds %q, %v", b, err)
	}
}

// Answers to a request for the rest that are not the rest of the part: all of
// the file is asked for again, and what was there is not used.
func TestAnswersThatAreNotTheRest(t *testing.T) {
	content := noise(1000, 1)
	const date, later = "Sun, 06 Nov 1994 08:49:37 GMT", "Mon, 07 Nov 1994 08:49:37 GMT"
	for _, c := range []struct {
		status               int
		ranges, etag, change string
	}{
		{206, "bytes 400-999/1000", `"v1"`, date},
		{206, "bytes 600-999/1000", `"v1"`, date},
		{206, "bytes 500-999/1001", `"v1"`, date},
		{206, "bytes 500-999/1000", `"v2"`, date},
		{206, "bytes 500-999/1000", `"v1"`, later},
		{206, "", `"v1"`, date},
		{416, "bytes */500", `"v1"`, date},
		{416, "", "", ""},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
			h := w.Header()
			h.Set("Last-Modified", date)
			switch n {
			case 0:
				cut(w, content, `"v1"`, 500)
			case 1:
				h.Set("Content-Range", c.ranges)
				h.Set("ETag", c.etag)
				h.Set("Last-Modified", c.change)
				w.WriteHeader(c.status)
				w.Write(noise(500, 2))
			default:
				file(w, r, content, `"v1"`)
			}
		})
		want(t, get(t, quiet(t, Options{}), job("r", s.URL)), content)
		requests := s.asked()
		if len(requests) != 3 || requests[1].Header.Get("Range") != "bytes=500-" || requests[2].Header.Get("Range") != "" {
			t.Errorf("%+v: %d requests, the last for %q; want 3, the last for all", c, len(requests), requests[len(requests)-1].Header.Get("Range"))
		}
	}
}

// A part whose note does not say for sure that it is a part of this file is of
// no use.
func TestPartsThatAreNotOfTheFile(t *testing.T) {
	content := noise(1000, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, content, `"v1"`) })
	good := job("r", s.URL+"/x?sig=1")
	address, err := good.address()
	if err != nil {
		t.Fatal(err)
	}
	goodNote := fmt.Sprintf(`{"output":%q,"source":%q,"etag":"\"v1\"","total":1000}`, good.identity(), sourceID(address))
	for name, c := range map[string]struct{ note, path, ranges string }{
		"its own":           {goodNote, "/x?sig=2", "bytes=500-"},
		"another output's":  {strings.Replace(goodNote, good.identity(), strings.Repeat("0", 32), 1), "/x", ""},
		"from another path": {goodNote, "/y", ""},
		"of a smaller file": {strings.Replace(goodNote, "1000", "499", 1), "/x", ""},
		"cut":               {goodNote[:len(goodNote)-1], "/x", ""},
		"too long":          {goodNote + strings.Repeat(" ", maxPartInfo), "/x", ""},
		"of no version":     {strings.Replace(goodNote, "etag", "tag", 1), "/x", ""},
	} {
		f := quiet(t, Options{})
		part := fullPath(f.options.Dir, "wan26_i2v/"+partName("r-1.png", good.identity()))
		err := os.Mkdir(fullPath(f.options.Dir, "wan26_i2v"), 0o755)
		if err == nil {
			err = os.WriteFile(part, content[:500], 0o644)
		}
		if err == nil {
			err = os.WriteFile(infoName(part), []byte(c.note), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		want(t, get(t, f, job("r", s.URL+c.path)), content)
		requests := s.asked()
		if got := requests[len(requests)-1].Header.Get("Range"); got != c.ranges {
			t.Errorf("%s: asked for Range %q, want %q", name, got, c.ranges)
		}
		has(t, f.options.Dir, "wan26_i2v/r-1.png")
	}
}
