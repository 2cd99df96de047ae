//go:build unix

package queue

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var (
	serverURL = flag.String("server", "", "base URL of a server that answers every request with a status, for BenchmarkServer")
	serverCA  = flag.String("server-ca", "", "file with the certificate of that server")
	workers   = flag.Int("workers", 32, "requests under way at once in BenchmarkServer")
)

// BenchmarkServer polls a server that nobody here wrote: .ci/bench/run starts one
// and compares the figures with those of wrk and curl against the same. Each
// request has an id of its own, as in a sweep.
func BenchmarkServer(b *testing.B) {
	if *serverURL == "" {
		b.Skip("no server is given: .ci/bench/run starts one")
	}
	var dials atomic.Int64
	dialer := net.Dialer{Timeout: 10 * time.Second}
	header := http.Header{"Authorization": {"Key " + secretKey}}
	c := NewClient(ClientOptions{
		Header:  func(*Base) http.Header { return header },
		Secrets: []string{secretKey}, Timeout: time.Minute, Concurrency: *workers, UserAgent: "polltop/test",
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			return dialer.DialContext(ctx, network, addr)
		},
	})
	defer c.Close()
	if *serverCA != "" {
		pem, err := os.ReadFile(*serverCA)
		if err != nil {
			b.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		c.http.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	base := testBase(b, *serverURL)
	var next atomic.Int64
	var wait sync.WaitGroup
	before := cpu(b)
	b.ResetTimer()
	for range *workers {
		wait.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				r := Request{ID: fmt.Sprintf("mmsu_%08d", n), Endpoint: "wan26_i2v", Base: base}
				if _, fault := c.Status(ctx, r, false); fault != nil {
					b.Error(fault)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	used := cpu(b) - before
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "polls/s")
	b.ReportMetric(float64(used.Nanoseconds())/1e3/float64(b.N), "cpu-us/poll")
	b.ReportMetric(float64(dials.Load()), "connections")
}

// cpu returns the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
