package simulator

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"polltop/poller/guard"
)

// defaultFiles is where results say that files are until the server listens
// there itself: a domain that is reserved for examples.
const defaultFiles = "http://cdn.seaart.example"

// FilesURL returns the origin on which the results' files are, which is another than the API's,
// as the documentation has it: that of a listener beside the one of Start or Serve. Where those
// are not on TCP, it is an origin to be served by Files on a listener of the caller's.
func (s *Server) FilesURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filesURL
}

// startFiles listens for requests for files beside a listener of the API, if that one is on TCP
// and none listens yet. After an error it closes that one.
func (s *Server) startFiles(beside net.Listener) error {
	tcp, ok := beside.Addr().(*net.TCPAddr)
	if !ok || s.FilesURL() != defaultFiles {
		return nil
	}
	l, err := net.Listen("tcp", (&net.TCPAddr{IP: tcp.IP, Zone: tcp.Zone}).String())
	if err != nil {
		beside.Close()
		return fmt.Errorf("simulator: a listener for files beside %s: %w; free a port there", tcp, err)
	}
	s.mu.Lock()
	s.filesURL = "http://" + l.Addr().String()
	s.mu.Unlock()
	s.serving.Go(guard.Func(func() { _ = s.filesHTTP.Serve(l) }))
	return nil
}

// Files returns the handler of the files' origin: /files/{id}/{n}.{ext} is the
// n-th output of a task that has succeeded, with ranges and validators as a CDN
// has them. It asks for no credentials.
func (s *Server) Files() http.Handler {
	files := http.NewServeMux()
	files.HandleFunc("GET /files/{id}/{name}", s.serveFile)
	if o := s.config.Observer; o != nil {
		return o.WrapFiles(files)
	}
	return files
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	digits, _, _ := strings.Cut(r.PathValue("name"), ".")
	number, err := strconv.Atoi(digits)
	s.mu.Lock()
	t := s.tasks[r.PathValue("id")]
	there := err == nil && t != nil && t.phase(s.elapsed()) == completed && !t.canceled && !t.plan.failed() && number >= 1 && number <= t.outputs()
	s.mu.Unlock()
	var p product
	if there {
		p = t.product(number)
	}
	if p.name != r.PathValue("name") {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", p.ContentType)
	w.Header().Set("ETag", `"`+strconv.FormatUint(p.seed, 16)+`"`)
	http.ServeContent(w, r, "", s.clock(t.end).Truncate(time.Second), bytes.NewReader(p.content()))
}
