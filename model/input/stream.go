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

	"polltop/poller"
	"polltop/poller/fileerr"
	"polltop/poller/guard"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

const (
	standardInput  = "standard input"        // its name in messages
	fileMost       = 256 << 20               // bounds the size of a file of tasks, in bytes: half a million create-task answers fit
	maxPayloadLine = queue.MaxInput + 64<<10 // bounds a line with a payload, in bytes: the parameters, and what is around them
)

// Options configure a Reader.
type Options struct {
	Source paste.Source // what paste.Reader needs to know
	// Track tracks requests, in the order of their stream. The reader waits for it, so that a fast
	// stream is slowed down instead of buffered. A goroutine for each stream calls it.
	Track   func([]queue.Request) poller.Tracked
	Streams []Stream // are read to their ends
	Follow  []string // the paths of the files to follow; duplicates are ignored
}

// Stream is a text that comes while the program runs, such as standard input. Messages name it.
type Stream struct {
	Name string
	io.Reader
}

// Reader reads tasks from streams as their lines come. Run reads, Next returns the changes.
type Reader struct {
	feeds []*feed // of the streams and files
	news  chan Status
	done  chan struct{} // closed when Run has returned
}

// Status is the state of one stream.
type Status struct {
	From string // names the stream: "standard input", or the path as it was given
	// Tracked sums up what Track did with the stream's requests since the start. Its First
	// is the first task that the stream added.
	Tracked              poller.Tracked
	NotUnderstood, Asked int // the numbers of problems and of questions since the start

	// What is new since the last Status: problems in the order of their lines, ids that may or
	// may not name requests, and events.
	Problems []paste.Problem
	Unsure   []paste.Question
	Notices  []Notice

	Ended bool  // at the end of the stream; a file never ends
	Err   error // why the stream can't be read now or, when it has ended, why it ended early; nil when all is well
}

// Notice is an event of a stream.
type Notice struct {
	Text    string // a sentence that names the stream, with any characters: callers make it safe for the terminal
	Trouble bool   // the user has to do something
}

// NewReader returns a reader, or an error with the path and the way out for a path that can't be
// followed, such as a directory. A file that does not exist is no error: the reader waits for it.
func NewReader(o Options) (*Reader, error) {
	r := &Reader{news: make(chan Status), done: make(chan struct{})}
	add := func(name string, read func(context.Context, func(piece))) {
		f := newFeed(name, o.Source, o.Track)
		f.read = read
		r.feeds = append(r.feeds, f)
	}
	for _, s := range o.Streams {
		add(s.Name, func(ctx context.Context, emit func(piece)) { readAll(ctx, s, emit) })
	}
	var paths []string
	for _, name := range o.Follow {
		path, err := check(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
			add(name, newFollower(path).run)
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
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
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
// may be called once. A goroutine in a Read of a stream can outlive it, because nothing can
// interrupt that; it ends when Read returns.
func (r *Reader) Run(ctx context.Context) {
	defer close(r.done)
	var running sync.WaitGroup
	defer running.Wait()
	for _, f := range r.feeds {
		f.report = func(s Status) {
			select {
			case r.news <- s:
			case <-ctx.Done():
			}
		}
		pieces := make(chan piece)
		guard.Go(func() {
			f.read(ctx, func(p piece) {
				select {
				case pieces <- p:
				case <-ctx.Done():
				}
			})
		})
		running.Go(guard.Func(func() { f.run(ctx, pieces) }))
	}
}

// Next waits until there is something new of a stream, and returns the stream's state: at most
// once a tick (33 ms) while lines keep coming. It returns false when ctx ends, and when Run has
// returned. A stream whose state nobody fetches is not read on.
func (r *Reader) Next(ctx context.Context) (Status, bool) {
	select {
	case s := <-r.news:
		return s, true
	case <-r.done:
	case <-ctx.Done():
	}
	return Status{}, false
}
