//go:build unix

package serve

import (
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"polltop/poller"
)

// The clients of the benchmark are another process, so that the time that they take is
// not the server's: this test binary, with clientsOf set to the server's address and the
// file of the key.
const clientsOf = "POLLTOP_TEST_CLIENTS_OF"

func TestMain(m *testing.M) {
	if of := os.Getenv(clientsOf); of != "" {
		if err := runClients(of); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const (
	benchViewers = 50
	benchTasks   = 10_000
	benchChanges = 20 // a second, on each screen
)

// runClients shows dashboards until standard input ends, and prints a line when all of
// them are drawn.
func runClients(of string) error {
	address, path, _ := strings.Cut(of, " ")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	key, err := gossh.ParsePrivateKey(text)
	if err != nil {
		return err
	}
	var drawn sync.WaitGroup
	for i := range benchViewers {
		conn, err := gossh.Dial("tcp", address, &gossh.ClientConfig{
			User: "v", Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
		})
		if err != nil {
			return err
		}
		sess, err := conn.NewSession()
		if err != nil {
			return err
		}
		if err := sess.RequestPty("xterm-256color", 40, 120, nil); err != nil {
			return err
		}
		in, err := sess.StdinPipe()
		if err != nil {
			return err
		}
		out, err := sess.StdoutPipe()
		if err != nil {
			return err
		}
		if err := sess.Shell(); err != nil {
			return err
		}
		drawn.Add(1)
		go func() {
			io.ReadFull(out, make([]byte, 4096))
			drawn.Done()
			io.Copy(io.Discard, out)
		}()
		if i%5 == 0 {
			go press(in)
		}
	}
	drawn.Wait()
	fmt.Println("drawn")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// press presses a key each second: it moves, sorts, filters, and opens and closes the
// pane, groups, statistics and who is connected.
func press(in io.Writer) {
	for {
		for _, key := range []string{"j", "\x06", "s", "/", "0", "7", "\x1b", "\r", "j", "\x1b", "G", "f", "f", "g", "\x1b", "t", "\x1b", "w", "\x1b", "\x1b[H"} {
			time.Sleep(time.Second)
			if _, err := io.WriteString(in, key); err != nil {
				return
			}
		}
	}
}

// rss returns the resident memory of the process, in MB; 0 where that is not told.
func rss() float64 {
	text, _ := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text) + " 0 0")
	pages, _ := strconv.Atoi(fields[1])
	return float64(pages*os.Getpagesize()) / 1e6
}

// cpu returns the processor time that the process has taken.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// heap returns the live heap, in MB.
func heap() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc) / 1e6
}

// BenchmarkViewers measures what 50 viewers of 10,000 tasks take of a core, and of memory,
// while 20 tasks a second change on each screen and ten of the viewers press keys. After a
// minute all tasks are slow. Each of -benchtime 9x is a minute.
func BenchmarkViewers(b *testing.B) {
	s := startServer(b, benchTasks, func(o *Options) { o.Dashboard.SlowAfter = time.Minute })
	block, err := gossh.MarshalPrivateKey(s.private[0], "")
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(s.dir, "key")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		b.Fatal(err)
	}
	alone := heap()
	clients := exec.Command(os.Args[0])
	clients.Env = append(os.Environ(), clientsOf+"="+s.address+" "+path)
	clients.Stderr = os.Stderr
	in, _ := clients.StdinPipe()
	out, _ := clients.StdoutPipe()
	if err := clients.Start(); err != nil {
		b.Fatal(err)
	}
	defer clients.Wait()
	defer in.Close()
	if n, err := io.ReadFull(out, make([]byte, len("drawn\n"))); err != nil {
		b.Fatal(n, err)
	}
	change := func(seconds int) {
		ticker := time.NewTicker(time.Second / benchChanges)
		defer ticker.Stop()
		for n := range seconds * benchChanges {
			<-ticker.C
			s.fake.change(int32(n%benchChanges), func(t *poller.Task) { t.Progress = float32(n%100) / 100; t.Seen = poller.StampOf(time.Now()) })
		}
	}
	change(3)
	first, most := heap(), 0.0
	for b.Loop() {
		before, start := cpu(), time.Now()
		change(60)
		share := 100 * float64(cpu()-before) / float64(time.Since(start))
		most = max(most, share)
		resident := rss()
		b.Logf("%.0f %% of a core, RSS %.0f MB, live heap %.0f MB", share, resident, heap())
	}
	b.ReportMetric(most, "%core")
	b.ReportMetric((first-alone)/benchViewers, "MB/viewer")
	b.ReportMetric(heap()-first, "MB-grown")
}
