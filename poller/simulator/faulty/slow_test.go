package faulty

import (
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"polltop/poller/simulator"
)

// TestSlowFile looks at how long a slow file takes by the fake clock.
func TestSlowFile(t *testing.T) {
	for _, rate := range []int{SlowRate, 10_000, 3} {
		t.Run(strconv.Itoa(rate), func(t *testing.T) {
			bubble(t, Config{}, func(t *testing.T, s *Server, c *client) {
				s.SlowFiles(rate)
				id := s.Submit("nano_banana_2", simulator.Plan{})
				start := time.Now()
				got := c.Must("GET", s.FilesURL()+"/files/"+id+"/1.png", "", "Range: bytes=0-9999")
				took, should := time.Since(start), time.Duration(float64(len(got.Body))/float64(rate)*float64(time.Second))
				if len(got.Body) != 10_000 || took < should*95/100 || took > should*105/100 {
					t.Errorf("at %d bytes/s %d bytes took %v, want %v", rate, len(got.Body), took, should)
				}
			})
		})
	}
}

// TestSlowFileLeft closes the server in the middle of a slow file.
func TestSlowFileLeft(t *testing.T) {
	s := New(Config{})
	t.Cleanup(s.Close)
	s.SlowFiles(100)
	s.SubmitID("id", "wan26_i2v", simulator.Plan{})
	if _, err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	response, err := (&http.Client{Transport: transport}).Do(request(t, t.Context(), s.FilesURL()+"/files/id/1.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := io.Copy(io.Discard, response.Body); err == nil {
		t.Error("the file ended in order")
	}
}

// TestForeignHeaders sends what must not be sent to another origin.
func TestForeignHeaders(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, s *Server, c *client) {
		for want, header := range []string{"User-Agent", "Authorization", "X-Team", "x-api-key"} {
			r, err := http.NewRequest("GET", s.FilesURL()+"/files/nothing/1.png", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(header, "x")
			response, err := c.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if got := s.Stats(); got.ForeignAuth != want || got.Files != want+1 {
				t.Errorf("after %s: %+v, want %d with credentials", header, got, want)
			}
		}
	})
}
