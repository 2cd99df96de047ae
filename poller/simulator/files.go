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

// defaultFiles is the origin of files in results before Start. The domain is reserved for examples.
const defaultFiles = "http://cdn.seaart.example"

// FilesURL returns the origin of the results' files, which is not the API's, as with the real
// services. It is that of the second listener of Start. Without Start, the caller serves Files on
// that origin itself.
func (s *Server) FilesURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filesURL
}

// startFiles serves the files on another port of the API's IP address, unless that was done before.
func (s *Server) startFiles(api *net.TCPAddr) error {
	if s.FilesURL() != defaultFiles {
		return nil
	}
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: api.IP, Zone: api.Zone})
	if err != nil {
		return fmt.Errorf("simulator: a listener for files beside %s: %w; free a port there", api, err)
	}
	s.mu.Lock()
	s.filesURL = "http://" + l.Addr().String()
	s.mu.Unlock()
	s.background.Go(guard.Func(func() { _ = s.filesHTTP.Serve(l) }))
	return nil
}

// Files returns the handler of the files' origin: /files/{id}/{n}.{ext} is the n-th output of a
// task that has succeeded. Like a CDN it supports ranges and validators, and needs no credentials.
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
	exists := err == nil && t != nil && t.phase(s.elapsed()) == completed && !t.canceled && !t.plan.failed() && number >= 1 && number <= t.outputCount()
	s.mu.Unlock()
	var p outputFile
	if exists {
		p = t.output(number)
	}
	if p.name != r.PathValue("name") {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", p.ContentType)
	w.Header().Set("ETag", `"`+strconv.FormatUint(p.seed, 16)+`"`)
	http.ServeContent(w, r, "", s.wallTime(t.end).Truncate(time.Second), bytes.NewReader(p.content()))
}
