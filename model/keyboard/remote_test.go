package keyboard

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// read reads from a stream until some text has come.
func read(t *testing.T, s *RemoteReader, end string) string {
	t.Helper()
	var got bytes.Buffer
	buffer := make([]byte, 4096)
	for !strings.HasSuffix(got.String(), end) {
		n, err := s.Read(buffer)
		if err != nil {
			t.Fatalf("%q, then %v; want it to end in %q", got.String(), err, end)
		}
		got.Write(buffer[:n])
	}
	return withTexts(&s.filter, got.String())
}

func TestStreamTellsPastedTextFromKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := NewRemoteReader(t.Context(), r)
		go w.Write([]byte("wan26 req_1\nwan26 req_2\n")) // faster than anybody types
		if got, want := read(t, s, pasteEnd), pasteStart+"wan26 req_1\nwan26 req_2\n"+pasteEnd; got != want {
			t.Errorf("a burst is read as %q, want %q", got, want)
		}
		time.Sleep(time.Second)
		go w.Write([]byte("j"))
		if got := read(t, s, "j"); got != "j" {
			t.Errorf("a key is read as %q", got)
		}
		go w.Write([]byte("\x1b")) // ESC alone is the key once nothing follows
		if got := read(t, s, escapeKey); got != escapeKey {
			t.Errorf("ESC is read as %q", got)
		}
		w.CloseWithError(errors.New("gone"))
		if _, err := s.Read(make([]byte, 4096)); err == nil || err.Error() != "gone" {
			t.Errorf("the end of the connection is read as %v", err)
		}
	})
}

func TestStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		s := NewRemoteReader(ctx, r)
		w.Write([]byte("x")) // nobody reads it
		cancel()
		synctest.Wait()
		if _, more := <-s.pieces; more {
			t.Error("the stream goes on")
		}
		w.Close()
	})
}
