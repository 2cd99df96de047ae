package faulty

import (
	"net/http"
	"time"
)

// SlowRate is a rate for SlowFiles, in bytes per second, at which a video takes over a minute.
const SlowRate = 32 << 10

// paced sends a body slowly. It is the http.ResponseWriter of one request.
type paced struct {
	http.ResponseWriter
	request *http.Request
	chunk   int // bytes sent at once
	pause   time.Duration
}

// newPaced returns a writer with a rate in bytes per second.
func newPaced(w http.ResponseWriter, r *http.Request, rate int) *paced {
	p := &paced{ResponseWriter: w, request: r, chunk: rate, pause: time.Second}
	if rate >= 20 {
		// Send ten times a second, so that a progress bar moves.
		p.chunk, p.pause = rate/10, 100*time.Millisecond
	}
	return p
}

// Write sends a body with a pause before each chunk. It stops when the client leaves.
func (p *paced) Write(body []byte) (int, error) {
	controller := http.NewResponseController(p.ResponseWriter)
	for sent := 0; sent < len(body); {
		part := body[sent:min(len(body), sent+p.chunk)]
		timer := time.NewTimer(p.pause * time.Duration(len(part)) / time.Duration(p.chunk))
		select {
		case <-timer.C:
		case <-p.request.Context().Done():
			timer.Stop()
			return sent, p.request.Context().Err()
		}
		n, err := p.ResponseWriter.Write(part)
		sent += n
		if err != nil {
			return sent, err
		}
		if err := controller.Flush(); err != nil {
			return sent, err
		}
	}
	return len(body), nil
}
