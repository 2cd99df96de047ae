package download

import (
	"math"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller/queue"
	"polltop/poller/simulator/pipe"
)

// bubble runs a test of a downloader with its true pauses against a server in
// memory, under a clock of its own.
func bubble(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, f *Downloader)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		listener, dial := pipe.Listen()
		server := &http.Server{Handler: handler}
		go server.Serve(listener)
		f := New(Options{Dir: dir, Outputs: &queue.OutputTransport{Concurrency: defaultConcurrency, Dial: dial}, MaxBytes: 1 << 30})
		defer server.Close()
		defer f.Close()
		test(t, f)
	})
}

func TestStalledTransferIsTriedAgain(t *testing.T) {
	content := noise(1000, 1)
	var asked []time.Time
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, time.Now())
		switch len(asked) {
		case 1: // not even a head
			<-r.Context().Done()
		case 2:
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", "1000")
			for i := range 4 {
				time.Sleep(stallAfter - time.Second) // slow is not stalled
				w.Write(content[i*100 : i*100+100])
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
		default:
			file(w, r, content, `"v1"`)
		}
	}, func(t *testing.T, f *Downloader) {
		start := time.Now()
		f.Add(job("r", "http://cdn.example/x"))
		time.Sleep(stallAfter)
		synctest.Wait()
		if got := f.Snapshot().Files[0]; got.State != Running || got.Error != "nothing came from cdn.example for 30s; trying again" {
			t.Errorf("after the stall: %s, %q", got.State, got.Error)
		}
		want(t, settled(f).Files[0], content)
		slow := 4*(stallAfter-time.Second) + stallAfter
		if wait := asked[1].Sub(start); wait < stallAfter || wait > stallAfter+minBackoff {
			t.Errorf("the second try came after %s", wait)
		}
		if wait := asked[2].Sub(asked[1]); wait < slow || wait > slow+2*minBackoff {
			t.Errorf("the third try came %s after the second", wait)
		}
	})
}

func TestSlowDiskIsNoStall(t *testing.T) {
	content := noise(2*bufferSize, 1)
	asked := 0
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		file(w, r, content, "")
	}, func(t *testing.T, f *Downloader) {
		dir, err := f.open()
		if err != nil {
			t.Fatal(err)
		}
		dir.write = func(file *os.File, b []byte) (int, error) {
			time.Sleep(2 * stallAfter)
			return file.Write(b)
		}
		want(t, get(t, f, job("r", "http://cdn.example/x")), content)
		if asked != 1 {
			t.Errorf("%d requests, want 1", asked)
		}
	})
}

func TestServerIsGivenTheTimeThatItAsksFor(t *testing.T) {
	var asked []time.Time
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, time.Now())
		switch len(asked) {
		case 1:
			w.Header().Set("Retry-After", "77")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			file(w, r, []byte("x"), "")
		default:
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}, func(t *testing.T, f *Downloader) {
		want(t, get(t, f, job("r", "http://cdn.example/x")), []byte("x"))
		if wait := asked[1].Sub(asked[0]); wait != 77*time.Second {
			t.Errorf("the second try came after %s, want 77s", wait)
		}
		before := time.Now()
		failed(t, get(t, f, job("later", "http://cdn.example/x")), "asks to wait 1h0m0s", "again then")
		if waited := time.Since(before); waited > time.Second {
			t.Errorf("it took %s to say so", waited)
		}
	})
}

func TestCloseIsPromptWhateverRuns(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"no answer": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"in a pause": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "200")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"in a body": func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		bubble(t, handler, func(t *testing.T, f *Downloader) {
			for i := range 9 {
				f.Add(job(itoa(i), "http://cdn.example/x"))
			}
			synctest.Wait()
			before := time.Now()
			f.Close()
			f.Close()
			if waited := time.Since(before); waited != 0 || f.Active() {
				t.Errorf("%s: Close took %s; active: %v", name, waited, f.Active())
			}
			if p := f.Snapshot(); p.Counts[Failed] != 9 {
				t.Errorf("%s: states are %v", name, p.Counts)
			}
			for range f.Changed() {
				// At most the token that was there: the channel is closed.
			}
		})
	}
}

func TestMeter(t *testing.T) {
	var m meter
	now := time.Unix(1e9, 0)
	near := func(what string, want float64) {
		t.Helper()
		if got := m.perSecond(now); math.Abs(got-want) > want/10 {
			t.Errorf("%s: %.0f bytes/s, want about %.0f", what, got, want)
		}
	}
	flow := func(d time.Duration, rate int) {
		const step = 50 * time.Millisecond
		for range d / step {
			now = now.Add(step)
			m.add(rate*int(step/time.Millisecond)/1000, now)
		}
	}
	near("nothing", 0)
	flow(time.Second, 1_000_000)
	near("after a second", 1_000_000)
	flow(9*time.Second, 1_000_000)
	near("after ten", 1_000_000)
	flow(12*time.Second, 100_000)
	near("slower for long", 116_000)
	now = now.Add(rateTimeConstant)
	near("nothing for a while", 116_000/math.E)
	now = now.Add(6 * rateTimeConstant)
	near("nothing for long", 0)
	flow(time.Second, 5_000_000)
	near("again", 5_000_000)
}
