package input

import (
	"context"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// told reports whether a follower was told to look.
func told(f *follower) bool {
	select {
	case <-f.wake:
		return true
	default:
		return false
	}
}

func TestWatchTellsWhatConcernsAFile(t *testing.T) {
	h := newHarness(t, t.TempDir(), t.Fatalf)
	f := h.follower
	defer f.leave()
	w := newWatch([]*follower{f})
	defer w.close()
	if !w.cover(f) {
		t.Skip("this system has no more watchers")
	}
	h.append("mmsu_abc12300000000000000000000\n")
	select {
	case <-f.wake:
	case <-time.After(time.Minute):
		t.Fatal("the follower was not told that its file has grown")
	}
}

func TestWatchPassesOnWhatConcernsAFileOnly(t *testing.T) {
	dir := t.TempDir()
	plain, linked := newHarness(t, dir, t.Fatalf).follower, newHarness(t, dir, t.Fatalf).follower
	defer plain.leave()
	defer linked.leave()
	w := &watch{wants: map[*follower]want{}}
	w.change(plain, want{dirs: []string{dir}, names: []string{"tasks.log"}})
	w.change(linked, want{dirs: []string{dir, "/var/..1"}, names: []string{"link.log", "target.log"}, linked: true})
	for _, c := range []struct {
		event         fsnotify.Event
		plain, linked bool
	}{
		{fsnotify.Event{Name: "/var/tasks.log", Op: fsnotify.Write}, true, false},
		{fsnotify.Event{Name: "/var/tasks.log", Op: fsnotify.Rename}, true, false},
		{fsnotify.Event{Name: "/var/..1/target.log", Op: fsnotify.Write}, false, true},
		{fsnotify.Event{Name: "/var/other.log", Op: fsnotify.Write}, false, false},
		{fsnotify.Event{Name: "/var/..data", Op: fsnotify.Create}, false, true},
	} {
		w.pass(c.event)
		if p, l := told(plain), told(linked); p != c.plain || l != c.linked {
			t.Errorf("%v was passed on: to the file %t, to the linked one %t", c.event, p, l)
		}
	}
	if gone := w.change(linked, want{dirs: []string{dir, "/var/..2"}}); len(gone) != 1 || gone[0] != "/var/..1" {
		t.Errorf("no longer watched: %q", gone)
	}
	if gone := w.change(linked, want{}); len(gone) != 1 || gone[0] != "/var/..2" {
		t.Errorf("no longer watched: %q", gone)
	}
}

func TestFollowWithoutAWatcher(t *testing.T) {
	h := newHarness(t, t.TempDir(), t.Fatalf)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.follower.run(ctx, &watch{}) }()
	for _, text := range []string{"mmsu_abc12300000000000000000000\n", "mmsu_def45600000000000000000000\n"} {
		h.append(text)
		limit, stop := context.WithTimeout(ctx, time.Minute)
		if _, ok := h.follower.feed.out.next(limit, nil); !ok {
			t.Errorf("%q was not read", text)
		}
		stop()
	}
	cancel()
	<-ended
	if h.follower.interval() != relookAlone {
		t.Error("the file is looked at as if there were someone to tell of changes")
	}
}
