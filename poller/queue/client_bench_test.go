package queue

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// canned is a transport that has the answer in memory: what is left is what the
// client itself does for a poll.
type canned struct{}

func (canned) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Request: request, ContentLength: int64(len(staticAnswer)),
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(staticAnswer)),
	}, nil
}

// answering is a connection whose other end answers every request at once,
// without another goroutine and without a kernel.
type answering struct {
	net.Conn
	wrote  chan struct{}
	closed chan struct{}
}

func dialAnswering(context.Context, string, string) (net.Conn, error) {
	near, _ := net.Pipe() // for its addresses
	return &answering{near, make(chan struct{}, 16), make(chan struct{})}, nil
}

func (a *answering) Write(b []byte) (int, error) {
	a.wrote <- struct{}{}
	return len(b), nil
}

const staticResponse = "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 01 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 238\r\nConnection: keep-alive\r\n\r\n" + staticAnswer

func (a *answering) Read(b []byte) (int, error) {
	select {
	case <-a.wrote:
		return copy(b, staticResponse), nil
	case <-a.closed:
		return 0, io.EOF
	}
}

func (a *answering) Close() error {
	select {
	case <-a.closed:
	default:
		close(a.closed)
	}
	return a.Conn.Close()
}

// BenchmarkStatus is what a poll costs the client, as it is now and as it was
// first written, both in one run: alone (canned), and with net/http's own part on
// a connection in memory (pipe). x-cheaper is the ratio of their times.
func BenchmarkStatus(b *testing.B) {
	r := Request{ID: "mmsu_01hxyz0123456789abcdefghj", Endpoint: "wan26_i2v", Base: testBase(b, "http://127.0.0.1:8080/model")}
	header := http.Header{"Authorization": {"Key " + secretKey}}
	for _, over := range []string{"canned", "pipe"} {
		took := map[string]time.Duration{}
		for _, way := range []string{"reference", "lean"} {
			b.Run(over+"/"+way, func(b *testing.B) {
				c := NewClient(ClientOptions{
					Header:  func(*Base) http.Header { return header },
					Secrets: []string{secretKey}, Timeout: time.Minute, Concurrency: 1, UserAgent: "polltop/test", Dial: dialAnswering,
				})
				defer c.Close()
				if over == "canned" {
					c.http.Transport = canned{}
					c.directs.Store(r.Base.origin, (*direct)(nil))
				}
				status := c.Status
				if way == "reference" {
					status = reference{c}.Status
				}
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				b.ReportAllocs()
				for b.Loop() {
					if _, fault := status(ctx, r); fault != nil {
						b.Fatal(fault)
					}
				}
				took[way] = b.Elapsed() / time.Duration(b.N)
				if reference := took["reference"]; way == "lean" && reference > 0 {
					b.ReportMetric(float64(reference)/float64(took[way]), "x-cheaper")
				}
			})
		}
	}
}
