package input

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/fsnotify/fsnotify"

	"polltop/poller/guard"
)

// crowd is how many files a directory may have to be watched where watching it
// takes a file descriptor for each.
const crowd = 256

// watch tells followers when something happens to their files. It watches the
// directories, as a file that is replaced takes the watch on it along.
type watch struct {
	system *fsnotify.Watcher // nil where there is none to be had
	done   chan struct{}     // closed when no more is told

	// covering is held while the system is told what to watch. The lock on wants
	// is not, as the system may wait to be heard before it listens.
	covering sync.Mutex

	mu    sync.Mutex
	wants map[*follower]want
}

// want is what a follower wants to be told of.
type want struct {
	dirs   []string
	names  []string // of its file, and of that which a link leads to
	linked bool     // links lead to the file
}

// newWatch returns a watch for followers. It covers none of them yet.
func newWatch(followers []*follower) *watch {
	w := &watch{wants: make(map[*follower]want, len(followers)), done: make(chan struct{})}
	system, err := fsnotify.NewWatcher()
	if err != nil {
		return w // the limit of such watchers is reached; files are looked at more often
	}
	w.system = system
	guard.Go(w.run)
	return w
}

// close ends the watch.
func (w *watch) close() {
	if w.system != nil {
		w.system.Close()
		<-w.done
	}
}

// run passes on what the system tells.
func (w *watch) run() {
	defer close(w.done)
	events, errors := w.system.Events, w.system.Errors
	for events != nil || errors != nil {
		select {
		case event, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			w.pass(event)
		case _, ok := <-errors:
			if !ok {
				errors = nil
				continue
			}
			// Too much happened to tell it all: anything may have changed.
			w.mu.Lock()
			for f := range w.wants {
				f.poke()
			}
			w.mu.Unlock()
		}
	}
}

// pass passes on an event. The names of files are all that is compared: the same
// directory may be known under several names.
func (w *watch) pass(event fsnotify.Event) {
	name := filepath.Base(event.Name)
	w.mu.Lock()
	defer w.mu.Unlock()
	for f, want := range w.wants {
		// A link on the way to the file may have any name.
		if slices.Contains(want.names, name) || want.linked && event.Has(fsnotify.Create) {
			f.poke()
		}
	}
}

// cover watches what leads to the follower's file now, and no longer what did
// before. It reports whether all of that is watched.
func (w *watch) cover(f *follower) bool {
	if w.system == nil {
		return false
	}
	now := want{dirs: []string{filepath.Dir(f.path)}, names: []string{filepath.Base(f.path)}}
	if target, err := filepath.EvalSymlinks(f.path); err == nil && target != f.path {
		now.linked = true
		now.dirs = append(now.dirs, filepath.Dir(target))
		now.names = append(now.names, filepath.Base(target))
	}
	w.covering.Lock()
	defer w.covering.Unlock()
	for _, dir := range w.change(f, now) {
		w.system.Remove(dir) // it may have gone by itself
	}
	watched := w.system.WatchList()
	covered := true
	for _, dir := range now.dirs {
		if !slices.Contains(watched, dir) && (crowded(dir) || w.system.Add(dir) != nil) {
			covered = false
		}
	}
	return covered
}

// change sets what a follower wants, and returns the directories that no
// follower wants to be told of any more.
func (w *watch) change(f *follower, now want) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.wants[f]
	w.wants[f] = now
	return slices.DeleteFunc(slices.Clone(before.dirs), w.wanted)
}

// wanted reports whether a follower wants to be told of what is in a directory.
func (w *watch) wanted(dir string) bool {
	for _, want := range w.wants {
		if slices.Contains(want.dirs, dir) {
			return true
		}
	}
	return false
}

// crowded reports whether a directory has too many files to be watched.
func crowded(dir string) bool {
	switch runtime.GOOS {
	case "linux", "windows":
		return false // however many there are, watching takes the same
	}
	file, err := os.Open(dir)
	if err != nil {
		return false // watching it will say so
	}
	defer file.Close()
	names, _ := file.Readdirnames(crowd + 1)
	return len(names) > crowd
}
