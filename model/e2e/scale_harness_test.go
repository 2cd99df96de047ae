//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// flipper is a service that costs next to nothing, as it runs on the cores of
// what it measures: it answers every poll of a task with another status than the
// one before, so that each answer is a change.
type flipper struct {
	url     string
	ends    bool                        // four of five tasks have ended when they are first asked for
	runs    bool                        // every task runs, at each answer
	asked   func(seq int, at time.Time) // hears of each request; nil for nothing
	answers atomic.Int64
	running []atomic.Uint32 // by seq
}

// taskID returns the id of the task with a number.
func taskID(seq int) string { return fmt.Sprintf("mmsu_01hxyz%020d", seq) }

// flip starts the service on loopback.
func flip(b *testing.B) *flipper {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	f := &flipper{url: "http://" + listener.Addr().String() + "/model", running: make([]atomic.Uint32, 1_000_000)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	return f
}

// serve answers the requests on a connection.
func (f *flipper) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	var out []byte
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		seq := seqIn(line)
		for len(line) > 2 {
			if line, err = in.ReadSlice('\n'); err != nil {
				return
			}
		}
		f.answers.Add(1)
		if f.asked != nil {
			f.asked(seq, time.Now())
		}
		out = f.answer(out[:0], seq)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// seqIn returns the number of the task whose status a request line asks for.
func seqIn(line []byte) int {
	path, _, _ := bytes.Cut(line, []byte("/status"))
	seq, _ := strconv.Atoi(string(path[max(0, len(path)-20):]))
	return seq
}

// answer appends the next answer about a task.
func (f *flipper) answer(out []byte, seq int) []byte {
	status, hint := `"IN_QUEUE", "queue_position": 3`, ""
	nth := f.running[seq].Add(1)
	switch {
	case f.ends && seq%5 != 0:
		// From 5 s to over an hour, so that those that go on may end any time.
		status = fmt.Sprintf(`"COMPLETED", "metrics": {"inference_time": %.2f}`, 5*math.Pow(1000, float64(seq%997)/997))
	case f.runs || nth%2 == 1:
		status = `"IN_PROGRESS"`
	}
	if f.ends && nth == 1 {
		hint = fmt.Sprintf("Retry-After: %d\r\n", 20+seq/5%20)
	}
	body := fmt.Sprintf(`{"status": %s, "request_id": %q, "response_url": "%s/v1/queue/wan26_i2v/requests/%s/response"}`, status, taskID(seq), f.url, taskID(seq))
	return fmt.Appendf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", hint, len(body), body)
}

// cpuOver returns the seconds of CPU time that a process takes within a time, and
// how many seconds that was.
func cpuOver(b *testing.B, pid int, d time.Duration) (cpu, over float64) {
	b.Helper()
	begin, before := time.Now(), cpuOf(b, pid)
	time.Sleep(d)
	return (cpuOf(b, pid) - before).Seconds(), time.Since(begin).Seconds()
}

// cpuOf returns the CPU time that a process has taken.
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100
}

// rss returns a figure of a process's memory in MiB.
func rss(b *testing.B, pid int, field string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), field+":")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kilobytes) / 1024
}
