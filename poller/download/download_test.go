package download

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"polltop/poller/queue"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestDownloadsEachOutputToItsName(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path == "/c" {
			w.Header().Set("Content-Type", "audio/mpeg; codecs=mp3")
		} else {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		file(w, r, []byte("of "+r.URL.Path), "")
	})
	f := quiet(t, Options{})
	jobs := []Job{
		{Request: queue.Request{ID: "r1", Endpoint: "nano_banana_2"}, N: 1, Output: queue.Output{URL: s.URL + "/a?sig=x", ContentType: "image/webp"}},
		{Request: queue.Request{ID: "r1", Endpoint: "nano_banana_2"}, N: 2, Output: queue.Output{URL: s.URL + "/b.mp4"}},
		{Request: queue.Request{ID: "r2", Endpoint: "fal-ai/flux/dev"}, N: 1, Output: queue.Output{URL: s.URL + "/c", Type: "image", ContentType: "application/octet-stream"}},
		{Request: queue.Request{ID: "../../r3", Endpoint: "../.."}, N: 1, Output: queue.Output{URL: s.URL + "/d.exe", Type: "image"}},
		{Request: queue.Request{ID: "r4"}, N: 1, Output: queue.Output{Content: "a poem", Type: "text"}},
		{Request: queue.Request{ID: "r5"}, N: 1, Output: queue.Output{Data: "data:image/png;base64,aW1hZ2U=", ContentType: "image/png", Type: "image"}},
		{Request: queue.Request{ID: "r5"}, N: 2, Output: queue.Output{Data: "data:application/octet-stream;base64,dmlkZW8=", Type: "video"}},
	}
	if n := f.Add(jobs...); n != len(jobs) {
		t.Errorf("Add = %d, want %d", n, len(jobs))
	}
	p := settled(f)
	has(t, f.options.Dir,
		"_/_/_._.._r3-1.png",
		"fal-ai/flux/dev/r2-1.mp3", // the answer's own type, as the result tells none of use
		"nano_banana_2/r1-1.webp", "nano_banana_2/r1-2.mp4", "unknown/r4-1.txt", "unknown/r5-1.png", "unknown/r5-2.mp4")
	for i, path := range []string{"/a", "/b.mp4", "/c", "/d.exe"} {
		want(t, p.Files[i], []byte("of "+path))
	}
	want(t, p.Files[4], []byte("a poem"))
	want(t, p.Files[5], []byte("image"))
	want(t, p.Files[6], []byte("video"))
	if p.Counts[Done] != 7 || p.Bytes != p.Total || p.Total != int64(5*3+2+6+2+6+6-3+5+5) {
		t.Errorf("progress is %+v", p)
	}
}

// Bytes in the result that are damaged, or too many, are no file.
func TestDamagedInlineOutputIsToldSo(t *testing.T) {
	f := quiet(t, Options{MaxBytes: 10})
	failed(t, get(t, f, Job{Request: queue.Request{ID: "r1"}, N: 1, Output: queue.Output{Data: "data:image/png;base64,%%%"}}), "base64 is damaged", "raw result")
	failed(t, get(t, f, Job{Request: queue.Request{ID: "r1"}, N: 2, Output: queue.Output{Data: "data:,more%20than%20ten%20bytes"}}), "past the limit of 10 B")
	has(t, f.options.Dir)
}

func TestSameOutputIsDownloadedOnce(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		file(w, r, []byte("x"), "")
	})
	f := quiet(t, Options{})
	j := job("r", s.URL)
	failed(t, get(t, f, j), "404", "fetch the result again")
	// One that failed is tried again, in its old place.
	if n := f.Add(j, j); n != 1 {
		t.Errorf("Add of one that failed, twice = %d, want 1", n)
	}
	p := settled(f)
	want(t, p.Files[0], []byte("x"))
	if n := f.Add(j); n != 0 || len(p.Files) != 1 {
		t.Errorf("Add of one that is done = %d, with %d files; want 0 and 1", n, len(p.Files))
	}
	f.Close()
	if n := f.Add(job("other", s.URL)); n != 0 {
		t.Errorf("Add after Close = %d, want 0", n)
	}
}

func TestAtMostSoManyAtOnce(t *testing.T) {
	const limit = 3
	var now, most atomic.Int32
	arrived, release := make(chan struct{}, 12), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		most.Store(max(most.Load(), now.Add(1)))
		arrived <- struct{}{}
		<-release
		now.Add(-1)
		file(w, r, []byte("x"), "")
	})
	f := quiet(t, Options{})
	f.concurrency = limit
	for i := range 12 {
		f.Add(job(itoa(i), s.URL))
	}
	for range limit {
		<-arrived
	}
	if p := f.Snapshot(); p.Counts[Running] != limit || p.Counts[Waiting] != 9 || p.Total != -1 {
		t.Errorf("with %d requests out, progress is %v of %d bytes", limit, p.Counts, p.Total)
	}
	close(release)
	if p := settled(f); p.Counts[Done] != 12 || most.Load() != limit {
		t.Errorf("%d done with up to %d at once; want 12 with %d", p.Counts[Done], most.Load(), limit)
	}
}

func TestNeverReplacesAnotherFile(t *testing.T) {
	for _, links := range []bool{true, false} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("new"), "") })
		f := quiet(t, Options{})
		if err := os.Mkdir(filepath.Join(f.options.Dir, "wan26_i2v"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"wan26_i2v/r-1.png", "wan26_i2v/r-1-2.png"} {
			if err := os.WriteFile(filepath.Join(f.options.Dir, name), []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		// A link to nowhere is a name that is taken, too.
		if err := os.Symlink("nowhere", filepath.Join(f.options.Dir, "wan26_i2v/r-1-3.png")); err != nil {
			t.Skip("this system makes no links:", err)
		}
		dir, err := f.open()
		if err != nil {
			t.Fatal(err)
		}
		if !links {
			dir.link = func(string, string) error { return &os.LinkError{Op: "link", Err: os.ErrPermission} }
		}
		got := get(t, f, job("r", s.URL))
		want(t, got, []byte("new"))
		if got.Name != "r-1-4.png" {
			t.Errorf("with links %v: name is %s, want r-1-4.png", links, got.Name)
		}
		has(t, f.options.Dir, "wan26_i2v/r-1-2.png", "wan26_i2v/r-1-3.png", "wan26_i2v/r-1-4.png", "wan26_i2v/r-1.png")
		for _, name := range []string{"wan26_i2v/r-1.png", "wan26_i2v/r-1-2.png"} {
			if b, err := os.ReadFile(filepath.Join(f.options.Dir, name)); string(b) != "mine" {
				t.Errorf("%s now holds %q, %v", name, b, err)
			}
		}
	}
}

func TestKnowsWhatAnEarlierRunDownloaded(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("content"), "") })
	run := func() File {
		f := quiet(t, Options{Dir: dir})
		defer f.Close()
		return get(t, f, job("r", s.URL+"/?sig="+itoa(len(s.asked()))))
	}
	first := run()
	want(t, first, []byte("content"))
	again := run()
	if again.State != AlreadyDownloaded || again.Path != first.Path || again.Bytes != 7 || again.Total != 7 || len(s.asked()) != 1 {
		t.Errorf("the second run found %+v with %d requests; want it already there without one", again, len(s.asked()))
	}
	// A file that is not what it was is another's.
	if err := os.WriteFile(first.Path, []byte("edited"), 0o644); err != nil {
		t.Fatal(err)
	}
	if third := run(); third.State != Done || third.Name != "r-1-2.png" {
		t.Errorf("with the file edited: %s is %s; want r-1-2.png done", third.Name, third.State)
	}
	if fourth := run(); fourth.State != AlreadyDownloaded || fourth.Name != "r-1-2.png" {
		t.Errorf("then: %s is %s; want r-1-2.png already there", fourth.Name, fourth.State)
	}
}

// One id on two bases is two outputs: neither is taken for the other, then or later.
func TestSameIDOnTwoBasesIsTwoFiles(t *testing.T) {
	dir := t.TempDir()
	serving := func(content string) *site {
		return serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte(content), "") })
	}
	sites := []*site{serving("one"), serving("two")}
	run := func() []File {
		f := quiet(t, Options{Dir: dir})
		defer f.Close()
		var files []File
		for _, s := range sites {
			base, err := queue.ParseBase(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			j := job("r", s.URL)
			j.Request.Base = base
			f.Add(j)
			files = settled(f).Files
		}
		return files
	}
	first := run()
	want(t, first[0], []byte("one"))
	want(t, first[1], []byte("two"))
	has(t, dir, "wan26_i2v/r-1-2.png", "wan26_i2v/r-1.png")
	for i, again := range run() {
		if again.State != AlreadyDownloaded || again.Path != first[i].Path {
			t.Errorf("later: %s is %s; want %s already there", again.Path, again.State, first[i].Path)
		}
	}
}

// A lock file that a killed program left is nobody's.
func TestLockOfAKilledProgramIsTaken(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("x"), "") })
	f := quiet(t, Options{})
	j := job("r", s.URL)
	if err := os.Mkdir(fullPath(f.options.Dir, "wan26_i2v"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fullPath(f.options.Dir, "wan26_i2v/"+lockName(partName("r-1.png", j.identity()))), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	want(t, get(t, f, j), []byte("x"))
	has(t, f.options.Dir, "wan26_i2v/r-1.png")
}

func TestLinksLeadNowhere(t *testing.T) {
	outside := t.TempDir()
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("x"), "") })
	f := quiet(t, Options{})
	dir := f.options.Dir
	inside := filepath.Join(dir, "precious")
	if err := os.WriteFile(inside, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	j := job("r", s.URL)
	part := partName(filepath.Join(dir, "here", "r-1.png"), j.identity())
	if err := os.Mkdir(filepath.Join(dir, "here"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{filepath.Join(dir, "wan26_i2v"): outside, part: inside} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip("this system makes no links:", err)
		}
	}
	failed(t, get(t, f, j), filepath.Join(dir, "wan26_i2v"), "--output-dir")
	has(t, outside)
	j.Request.Endpoint = "here"
	failed(t, get(t, f, j), part, "not a plain file")
	if b, err := os.ReadFile(inside); string(b) != "precious" {
		t.Errorf("a part that was a link had its target written: %q, %v", b, err)
	}
	if n := len(s.asked()); n != 0 {
		t.Errorf("%d requests for files with no place to go, want 0", n)
	}
}

func TestToldSizeThatIsTooSmallIsNotDrawn(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Write([]byte("12345"))
		w.(http.Flusher).Flush() // so that its length is not told
		<-release
	})
	f := quiet(t, Options{})
	j := job("r", s.URL)
	j.FileSize = 3
	f.Add(j)
	for f.Snapshot().Bytes < 5 {
		<-f.Changed()
	}
	if p := f.Snapshot(); p.Files[0].Total != -1 || p.Total != -1 {
		t.Errorf("5 bytes are told to be of %d, in sum of %d; want -1", p.Files[0].Total, p.Total)
	}
	close(release)
	want(t, settled(f).Files[0], []byte("12345"))
}

func TestTwoProcessesDoNotWriteOnePart(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		arrived <- struct{}{}
		<-release
		file(w, r, []byte("x"), "")
	})
	dir := t.TempDir()
	one, two := quiet(t, Options{Dir: dir}), quiet(t, Options{Dir: dir})
	one.Add(job("r", s.URL))
	<-arrived
	failed(t, get(t, two, job("r", s.URL)), "another polltop", "--output-dir")
	close(release)
	want(t, settled(one).Files[0], []byte("x"))
	// What the other finished meanwhile is known without asking.
	if got := get(t, two, job("r", s.URL)); got.State != AlreadyDownloaded {
		t.Errorf("after the other is done: %s (%s); want already there", got.State, got.Error)
	}
	has(t, dir, "wan26_i2v/r-1.png")
}

func TestOutputsThatCannotBeFetched(t *testing.T) {
	f := quiet(t, Options{})
	for i, c := range []struct{ url, says string }{
		{"", "neither a URL nor content"},
		{"ftp://host/x", `"ftp"`},
		{"file:///etc/passwd", `"file"`},
		{"data:image/png;base64,AAAA", `"data"`},
		{"//host/x", `""`},
		{"https://ho st/secret-signature", "not a valid one"},
		{"https:///x", "only http and https"},
	} {
		got := get(t, f, job(itoa(i), c.url))
		failed(t, got, c.says)
		if strings.Contains(got.Error, "signature") || strings.Contains(got.Error, "AAAA") {
			t.Errorf("%q: the error shows the URL: %s", c.url, got.Error)
		}
	}
	has(t, f.options.Dir)
}

func TestDirectoryThatCannotBeMade(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f := quiet(t, Options{Dir: filepath.Join(blocked, "out")})
	failed(t, get(t, f, job("r", "http://127.0.0.1:1/")), blocked, "--output-dir")
}
