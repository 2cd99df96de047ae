package simulator

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// hugeSize is how much HugeBody sends.
const hugeSize = 256 << 20

// gatewayPage is what nginx says when there is nothing behind it.
const gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n" +
	"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

// portalPage is what a network says that wants a log-in first.
const portalPage = "<!DOCTYPE html><html><head><title>Guest Wi-Fi</title></head><body>Please log in to continue.</body></html>\n"

// suffer answers as a fault has it.
func (x *exchange) suffer(f Fault) {
	switch f.Kind {
	case ResetBefore:
		x.cut(nil, true)
	case ResetMiddle:
		x.cut(x.truth(), true)
	case Truncated:
		x.cut(x.truth(), false)
	case SlowHeaders:
		x.wait(nil)
		// To return would send an empty answer 200.
		panic(http.ErrAbortHandler)
	case DripBody:
		x.drip()
	case HugeBody:
		x.huge()
	case EndlessBody:
		x.endless()
	case RedirectOther:
		x.redirect(f.URL)
	case RedirectFile:
		x.redirect("file:///etc/passwd")
	case RedirectLoop:
		x.redirect(x.r.URL.Path + "?" + hop)
	default:
		if f.Kind.distorts() {
			x.distort(f.Kind)
			return
		}
		x.sendFault(f)
	}
}

// sendFault answers with a whole HTTP answer that is not a status.
func (x *exchange) sendFault(f Fault) {
	switch f.Kind {
	case Status500:
		x.json(http.StatusInternalServerError, map[string]string{"error": "Internal server error"})
	case Gateway502HTML:
		x.text(http.StatusBadGateway, "text/html", gatewayPage)
	case Unavailable503:
		x.retryAfter(f.RetryAfter, f.AsDate)
		x.text(http.StatusServiceUnavailable, "text/plain", "upstream connect error or disconnect/reset before headers")
	case RateLimit429:
		x.rateLimited(f.RetryAfter, f.AsDate)
	case Unauthorized401:
		x.unauthorized()
	case Forbidden403:
		x.refuse(forbidden, "Model not allowed for this user")
	case NotFound404:
		x.refuse(noRequest, "Request not found")
	case EmptyBody:
		x.w.WriteHeader(http.StatusOK)
	case NoContent204:
		x.w.WriteHeader(http.StatusNoContent)
	case NotJSON:
		x.text(http.StatusOK, "text/html; charset=utf-8", portalPage)
	case NotObject:
		x.text(http.StatusOK, "application/json", "null\n")
	case GivenAnswer:
		f.Answer.send(x)
	}
}

// truth returns the status answer as it should be; where the request is not
// about a task, that of one that waits.
func (x *exchange) truth() []byte {
	v := x.view
	if x.task == nil {
		v.phase = inQueue
	}
	return []byte(mustJSON(x.dialect().statusBody(x, v)) + "\n")
}

// text answers with a body of any type.
func (x *exchange) text(code int, contentType, body string) {
	x.w.Header().Set("Content-Type", contentType)
	x.w.WriteHeader(code)
	// An error means that the client has left, and nobody is there to tell.
	_, _ = io.WriteString(x.w, body)
}

// rateLimited answers 429, and takes down until when the client should wait.
func (x *exchange) rateLimited(pause time.Duration, asDate bool) {
	until := x.retryAfter(pause, asDate)
	s := x.server
	s.mu.Lock()
	s.stats.RateLimited++
	if now := time.Now(); !until.IsZero() {
		if !now.Before(s.retryUntil) {
			s.retryFrom = now
		}
		// Pauses that overlap are one.
		s.retryUntil = later(s.retryUntil, until)
	}
	s.mu.Unlock()
	x.refuse(rateLimited, "Too many requests, please slow down")
}

// later returns the later of two moments.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// retryAfter sets the header Retry-After for a pause in the scenario's time,
// and returns when it is over; the zero time, and no header, for no pause.
func (x *exchange) retryAfter(pause time.Duration, asDate bool) time.Time {
	if pause <= 0 {
		return time.Time{}
	}
	// The header has whole seconds, and none must be too short.
	scaled := time.Duration(float64(pause) / x.server.config.Speed)
	seconds := (scaled + time.Second - 1) / time.Second
	until := time.Now().Add(seconds * time.Second)
	if !asDate {
		x.w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
		return until
	}
	if whole := until.Truncate(time.Second); whole.Before(until) {
		until = whole.Add(time.Second)
	}
	x.w.Header().Set("Retry-After", until.UTC().Format(http.TimeFormat))
	return until
}

// cut sends the first half of an answer with this body, if there is one, and
// has the connection broken: by a reset, or by closing it in order.
func (x *exchange) cut(body []byte, reset bool) {
	conn, buffer, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		// No connection of its own (HTTP/2, a recorder): the server's way to
		// break off is the nearest thing.
		panic(http.ErrAbortHandler)
	}
	x.broken = conn
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		// Without lingering, closing sends RST. It fails only on a closed one.
		_ = tcp.SetLinger(0)
	}
	if body == nil {
		return
	}
	answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	// Errors mean that the client was faster to break the connection.
	_, _ = buffer.WriteString(answer)
	_, _ = buffer.Write(body[:len(body)/2])
	_ = buffer.Flush()
}

// wait returns true when the timer fires, or false when before that the client
// leaves or the server closes. Without a timer it waits for those.
func (x *exchange) wait(timer *time.Timer) bool {
	var fired <-chan time.Time
	if timer != nil {
		fired = timer.C
	}
	select {
	case <-fired:
		return true
	case <-x.r.Context().Done():
	case <-x.server.done:
	}
	return false
}

// drip sends the right answer so slowly that no client should have patience.
func (x *exchange) drip() {
	body := x.truth()
	x.w.Header().Set("Content-Type", "application/json")
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	controller := http.NewResponseController(x.w)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := range body {
		if !x.wait(timer) {
			// The length that was announced is not kept, so the server breaks
			// the connection.
			return
		}
		if _, err := x.w.Write(body[i : i+1]); err != nil {
			return
		}
		if err := controller.Flush(); err != nil {
			return
		}
		timer.Reset(time.Second)
	}
}

// endless sends the beginning of valid JSON and never its end.
func (x *exchange) endless() {
	x.w.Header().Set("Content-Type", "application/json")
	if _, err := io.WriteString(x.w, `{"status":"IN_PROGRESS","padding":"`); err != nil {
		return
	}
	controller := http.NewResponseController(x.w)
	chunk := bytes.Repeat([]byte("a"), 1<<10)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for x.wait(timer) {
		if _, err := x.w.Write(chunk); err != nil {
			return
		}
		if err := controller.Flush(); err != nil {
			return
		}
		timer.Reset(time.Second)
	}
	// To return would end the body in order.
	panic(http.ErrAbortHandler)
}

// huge sends more than any status answer can need, as the beginning of valid
// JSON.
func (x *exchange) huge() {
	x.w.Header().Set("Content-Type", "application/json")
	if _, err := io.WriteString(x.w, `{"status":"IN_PROGRESS","padding":"`); err != nil {
		return
	}
	chunk := bytes.Repeat([]byte("a"), 64<<10)
	for sent := 0; sent < hugeSize; sent += len(chunk) {
		select {
		case <-x.server.done:
			// To return would end the body in order.
			panic(http.ErrAbortHandler)
		default:
		}
		if _, err := x.w.Write(chunk); err != nil {
			return
		}
	}
	// An error means that the client has left, and nobody is there to tell.
	_, _ = io.WriteString(x.w, `"}`)
}
