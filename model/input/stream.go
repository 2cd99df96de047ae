package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/fileerr"
	"polltop/poller/guard"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

const (
	// tick is the least time between two News, and between two calls of Track while lines
	// keep coming.
	tick = 33 * time.Millisecond
	// chunk is how much of a stream is read at once, in bytes.
	chunk = 64 << 10
	// standardInput is the name of standard input in messages.
	standardInput = "standard input"
)

// Options configure a Reader.
type Options struct {
	// Source is what paste.Reader needs to know.
	Source paste.Source
	// Track tracks requests, in the order of their stream. The reader waits for it, so
	// that a fast stream is slowed down instead of buffered. One goroutine at a time calls
	// it.
	Track func([]queue.Request) poller.Tracked
	// Stdin is standard input; nil for none. If it has a method StreamName() string,
	// messages use that name.
	Stdin io.Reader
	// Follow are the paths of the files to follow. Duplicates are ignored.
	Follow []string
}

// Reader reads tasks from streams as their lines come. Run reads, Next returns the changes.
type Reader struct {
	options   Options
	out       *outbox
	stdin     *feed // nil for none
	followers []*follower
	done      chan struct{} // closed when Run has returned
}

// NewReader returns a reader, or an error with the path and the way out for a path that
// can't be followed, such as a directory. A file that does not exist is no error: the reader
// waits for it.
func NewReader(o Options) (*Reader, error) {
	r := &Reader{options: o, out: newOutbox(), done: make(chan struct{})}
	var tracking sync.Mutex
	track := func(requests []queue.Request) poller.Tracked {
		tracking.Lock()
		defer tracking.Unlock()
		return o.Track(requests)
	}
	if o.Stdin != nil {
		name := standardInput
		if named, ok := o.Stdin.(interface{ StreamName() string }); ok {
			name = named.StreamName()
		}
		r.stdin = newFeed(name, o.Source, track, r.out)
	}
	for _, name := range o.Follow {
		path, err := check(name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(r.followers, func(f *follower) bool { return f.path == path }) {
			r.followers = append(r.followers, newFollower(newFeed(name, o.Source, track, r.out), path))
		}
	}
	return r, nil
}

// check returns the absolute path of a file to follow, or why it can't be followed.
func check(name string) (string, error) {
	switch name {
	case "":
		return "", errors.New("the path of a file to follow is empty: name a file")
	case "-":
		return "", errors.New("- can't be followed: pipe into polltop to have standard input read as it comes, or write ./- for a file of that name")
	}
	path, err := filepath.Abs(name) // once, as the working directory may change
	if err != nil {
		return "", fmt.Errorf("can't follow %s: the working directory is unknown: %w", name, err)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err == nil {
		err = unfit(info)
	}
	if err == nil && info.Mode().IsRegular() {
		// Don't open a named pipe: closing it again would end its writer.
		var file *os.File
		if file, err = open(path); err == nil {
			file.Close()
		}
	}
	if err != nil {
		return "", fmt.Errorf("can't follow %s: %w", name, reason(err))
	}
	return path, nil
}

// unfit returns why what is at a path can't be followed; nil when it can.
func unfit(info os.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return errors.New("it is a directory: name a file in it")
	case mode&(os.ModeDevice|os.ModeSocket) != 0:
		return errors.New("it is neither a file nor a named pipe: pipe what comes from it into polltop")
	}
	return nil
}

// reason returns a file's error without the path, and with the way out where one is known.
func reason(err error) error {
	err = fileerr.Cause(err)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: ask for the right to read it, as with chmod", err)
	}
	return err
}

// Run reads the streams until ctx ends, or all streams have ended, which files never do. It
// may be called once. A goroutine in a Read of standard input can outlive it, because
// nothing can interrupt that; it ends when Read returns.
func (r *Reader) Run(ctx context.Context) {
	defer close(r.done)
	var streams sync.WaitGroup
	defer streams.Wait()
	if r.stdin != nil {
		streams.Go(guard.Func(func() { r.readStdin(ctx) }))
	}
	for _, f := range r.followers {
		streams.Go(guard.Func(func() { f.run(ctx) }))
	}
}

// readStdin reads standard input to its end.
func (r *Reader) readStdin(ctx context.Context) {
	_, err := r.stdin.readFrom(ctx, r.options.Stdin)
	if ctx.Err() != nil {
		return
	}
	r.stdin.finish()
	r.stdin.send(ctx)
	if err != nil {
		r.stdin.trouble(r.stdin.name+" can't be read on: "+err.Error(), err)
	}
	r.stdin.end()
}

// Next waits for news, and returns it at most once a tick (33 ms). It returns false when ctx
// ends, and when Run has returned and there is no more. One goroutine at a time must call
// it: with thousands of unfetched problems, reading stops.
func (r *Reader) Next(ctx context.Context) (News, bool) { return r.out.next(ctx, r.done) }
