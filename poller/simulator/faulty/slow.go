package faulty

import (
	"net/http"
	"time"
)

// SlowRate is how slow a slow file usually is, in bytes a second: a video takes a
// minute and more.
const SlowRate = 32 << 10

// paced sends a body slowly. It is the http.ResponseWriter of one request.
type paced struct {
	http.ResponseWriter
	request *http.Request
	each    int // bytes sent at once
	pause   time.Duration
}

// newPaced returns a writer that sends so many bytes a second.
func newPaced(w http.ResponseWriter, r *http.Request, rate int) *paced {
	p := &paced{ResponseWriter: w, request: r, each: rate, pause: time.Second}
	if rate >= 20 {
		// Ten times a second, so that a progress bar moves.
		p.each, p.pause = rate/10, 100*time.Millisecond
	}
	return p
}

// Write sends all of it, with a pause before each part, unless the client leaves
// before.
func (p *paced) Write(body []byte) (int, error) {
	controller := http.NewResponseController(p.ResponseWriter)
	for sent := 0; sent < len(body); {
		part := body[sent:min(len(body), sent+p.each)]
		timer := time.NewTimer(p.pause * time.Duration(len(part)) / time.Duration(p.each))
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
