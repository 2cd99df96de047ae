package simulator

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polltop/poller/queue/guard"
)

// defaultFiles is where results say that files are until the server listens
// there itself: a domain that is reserved for examples.
const defaultFiles = "http://cdn.seaart.example"

// FilesURL returns the origin on which the results' files are, which is another
// than the API's, as the documentation has it: that of a listener beside the one
// of Start or Serve. Where those are not on TCP, as on Pipe, it is an origin that
// nobody listens on, to be served by Files on a listener of the caller's.
func (s *Server) FilesURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filesURL
}

// ForeignHeaders returns the headers that requests for files carried, and how
// many requests carried each.
func (s *Server) ForeignHeaders() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.foreign)
}

// startFiles listens for requests for files beside a listener of the API, if
// that one is on TCP and none listens yet.
func (s *Server) startFiles(beside net.Addr) error {
	tcp, ok := beside.(*net.TCPAddr)
	if !ok || s.FilesURL() != defaultFiles {
		return nil
	}
	l, err := net.Listen("tcp", (&net.TCPAddr{IP: tcp.IP, Zone: tcp.Zone}).String())
	if err != nil {
		return fmt.Errorf("simulator: a listener for files beside %s: %w; free a port there", beside, err)
	}
	if !s.begin() {
		l.Close()
		return fmt.Errorf("simulator: start files beside %s: the server is closed", beside)
	}
	s.mu.Lock()
	s.filesURL = "http://" + l.Addr().String()
	s.mu.Unlock()
	guard.Go(func() {
		defer s.end()
		// Nobody is left to hear an error other than that of Close; clients see
		// the listener gone.
		_ = s.filesHTTP.Serve(l)
	})
	return nil
}

// Files returns the handler of the files' origin: /files/{id}/{n}.{ext} is the
// n-th output of a task that has succeeded, with ranges and validators as a CDN
// has them. It asks for no credentials, and counts who sends some.
func (s *Server) Files() http.Handler { return http.HandlerFunc(s.serveFile) }

// serveFile answers a request for a file.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.end()
	t, number, request, modified := s.enterFile(r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	if t == nil {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	has := func(kind FileFaultKind) bool {
		_, ok := pickFile(t.plan.Files, kind, number, request)
		return ok
	}
	switch {
	case has(File404):
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	case has(File500):
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	p := t.product(number)
	if has(ChangedFile) {
		p, modified = p.changed(), modified.Add(time.Minute)
	}
	w.Header().Set("Content-Type", p.mime)
	w.Header().Set("ETag", p.etag())
	content, _ := p.content()
	if slow, ok := pickFile(t.plan.Files, SlowFile, number, request); ok {
		w = newPaced(s, w, r, slow.Rate)
	}
	switch {
	case has(EndlessFile):
		s.endless(w, content)
	case has(ResetFile):
		http.ServeContent(&breaking{ResponseWriter: w, left: -1}, r, "", modified, content)
	default:
		http.ServeContent(w, r, "", modified, content)
	}
}

// enterFile counts a request for a file in. It returns the task, nil where there
// is no such file, the output's and the request's number, and when the file was
// last modified.
func (s *Server) enterFile(r *http.Request) (t *task, number, request int, modified time.Time) {
	id, name := parseFile(r.URL.EscapedPath())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Files++
	foreign := false
	for header := range r.Header {
		s.foreign[header]++
		foreign = foreign || header == "Authorization" || strings.HasPrefix(textproto.CanonicalMIMEHeaderKey(header), "X-")
	}
	if foreign {
		s.stats.ForeignAuth++
	}
	t = s.tasks[id]
	if t == nil || t.phase(s.elapsed()) != completed || t.canceled || t.plan.failed() && !t.plan.ResultDespiteError {
		return nil, 0, 0, time.Time{}
	}
	digits, _, _ := strings.Cut(name, ".")
	number, err := strconv.Atoi(digits)
	if err != nil || number < 1 || number > t.outputs() || !strings.HasSuffix(t.product(number).path(t.id), "/"+name) {
		return nil, 0, 0, time.Time{}
	}
	if t.asked == nil {
		t.asked = make(map[int]int)
	}
	t.asked[number]++
	return t, number, t.asked[number], s.modified(t)
}

// parseFile reads the path of a file into the task's id and the file's name, ""
// for any other path.
func parseFile(path string) (id, name string) {
	rest, ok := strings.CutPrefix(path, "/files/")
	if !ok {
		return "", ""
	}
	segment, name, _ := strings.Cut(rest, "/")
	id, err := url.PathUnescape(segment)
	if err != nil {
		return "", ""
	}
	return id, name
}

// endless sends the content again and again.
func (s *Server) endless(w http.ResponseWriter, content io.ReadSeeker) {
	for {
		select {
		case <-s.done:
			// To return would end the body in order.
			panic(http.ErrAbortHandler)
		default:
		}
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			return
		}
		if _, err := io.Copy(w, content); err != nil {
			return
		}
	}
}
