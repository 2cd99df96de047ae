package input

import (
	"slices"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
)

// What is written to a file after it was read, and before its successor was
// begun, is read before the successor.
func TestTheOldFileIsReadToItsEndFirst(t *testing.T) {
	h := newHarness(t, t.TempDir(), t.Fatalf)
	track := h.feed.track
	h.feed.track = func(requests []queue.Request) poller.Tracked {
		if len(h.got) == 0 {
			h.append("mmsu_second20000000000000000000\n")
			h.rotate("mmsu_third300000000000000000000\n")
		}
		return track(requests)
	}
	h.append("mmsu_first100000000000000000000\n")
	h.look()
	h.check()
	if len(h.got) != 4 {
		t.Errorf("the requests are %q", h.got)
	}
}

// A file that could not be read for a while is read on where that was left.
func TestAFileThatFailedIsReadOn(t *testing.T) {
	h := newHarness(t, t.TempDir(), t.Fatalf)
	h.append("mmsu_first100000000000000000000\nmmsu_sec")
	h.look()
	h.follower.file.Close() // so that reading it fails
	h.follower.look(t.Context())
	notices := h.take()[0].Notices
	if len(notices) != 1 || !notices[0].Trouble {
		t.Errorf("the notices are %+v", notices)
	}
	h.append("ond20000000000000000000\n")
	h.follower.look(t.Context())
	status := h.take()[0]
	if want := []Notice{{Text: "tasks.log can be read now"}}; status.Err != nil || !slices.Equal(status.Notices, want) {
		t.Errorf("the stream is %+v", status)
	}
	h.check()
}

// That a file was rotated while it could not be read says that the new one can be.
func TestARotatedFileThatFailedIsNotToldTwice(t *testing.T) {
	h := newHarness(t, t.TempDir(), t.Fatalf)
	h.append("mmsu_first100000000000000000000\n")
	h.look()
	h.follower.file.Close() // so that reading it fails
	h.follower.look(t.Context())
	h.take()
	h.rotate("mmsu_second20000000000000000000\n")
	h.follower.look(t.Context())
	h.follower.look(t.Context())
	var notices []Notice
	for _, status := range h.take() {
		notices = append(notices, status.Notices...)
	}
	if want := []Notice{{Text: "tasks.log was rotated: went on with the new file"}}; !slices.Equal(notices, want) {
		t.Errorf("the notices are %+v", notices)
	}
	h.check()
}

func TestEndsLine(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "abc\n": true, "abc\r": true, "abc": false, "a\x00\n\x00": true, "\x00a\x00\n": true, "a\x00b\x00": false, "\x00": false,
	} {
		if got := endsLine([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
