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
	maxFileSize    = 256 << 20               // bounds a file of tasks, in bytes: half a million create-task answers fit
	maxPayloadLine = queue.MaxInput + 64<<10 // bounds a line with a payload, in bytes: the parameters and what is around them
)

// Options configure a Reader.
type Options struct {
	Source paste.Source
	// Track tracks requests in the order of their stream. The reader waits for it, so that a fast stream
	// is slowed down instead of buffered. A goroutine for each stream calls it.
	Track   func([]queue.Request) poller.Tracked
	Streams []Stream // to be read to their ends
	Follow  []string // paths of files to follow; duplicates are ignored
}

// Stream is a text that arrives while the program runs, such as standard input.
type Stream struct {
	Name string // for messages
	io.Reader
}

// Reader reads tasks from streams as their lines arrive. Run reads, Next returns the changes.
type Reader struct {
	feeds   []*feed // one for each stream and file
	updates chan Status
	done    chan struct{} // closed when Run has returned
}

// Status is the state of one stream.
type Status struct {
	From    string         // names the stream: "standard input", or the path as it was given
	Tracked poller.Tracked // the sum of what Track returned for the stream's requests

	RefusedLines, QuestionCount int // the numbers of problems and questions since the start

	// What is new since the last Status, in the order of the lines.
	Problems  []paste.Problem
	Questions []paste.Question
	Notices   []Notice

	Ended bool  // the stream has ended; a followed file never does
	Err   error // why the stream can't be read now, or why it ended early; nil without an error
}

// Notice is an event of a stream.
type Notice struct {
	Text    string // names the stream, and is not safe for the terminal
	Trouble bool   // the user has to act
}

// NewReader returns a reader, or an error about a path that can't be followed, such as a directory. A
// file that does not exist is no error: the reader waits for it.
func NewReader(o Options) (*Reader, error) {
	r := &Reader{updates: make(chan Status), done: make(chan struct{})}
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
		path, err := followPath(name)
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

// followPath returns the absolute path of a file to follow, or why it can't be followed.
func followPath(name string) (string, error) {
	switch name {
	case "":
		return "", errors.New("the path of a file to follow is empty: name a file")
	case "-":
		return "", errors.New("- can't be followed: pipe into polltop to have standard input read as it comes, or write ./- for a file of that name")
	}
	path, err := filepath.Abs(name) // now, because the working directory may change
	if err != nil {
		return "", fmt.Errorf("can't follow %s: the working directory is unknown: %w", name, err)
	}
	info, err := os.Stat(path)
	if err == nil {
		err = checkFollowable(info)
	}
	if err == nil && info.Mode().IsRegular() {
		// Don't open a named pipe: closing it again would end its writer.
		var file *os.File
		if file, err = open(path); err == nil {
			file.Close()
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("can't follow %s: %w", name, cause(err))
	}
	return path, nil
}

// checkFollowable returns an error if what is at a path can't be followed.
func checkFollowable(info os.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return errors.New("it is a directory: name a file in it")
	case mode&(os.ModeDevice|os.ModeSocket) != 0:
		return errors.New("it is neither a file nor a named pipe: pipe what comes from it into polltop")
	}
	return nil
}

// cause returns an error of a file without the path, and with the way out if permission is denied.
func cause(err error) error {
	err = fileerr.Cause(err)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: ask for the right to read it, as with chmod", err)
	}
	return err
}

// Run reads the streams until ctx ends or all streams have ended, which files never do. It may be called
// once. A goroutine in a Read of a stream outlives Run until that Read returns: it can't be interrupted.
func (r *Reader) Run(ctx context.Context) {
	defer close(r.done)
	var running sync.WaitGroup
	defer running.Wait()
	for _, f := range r.feeds {
		f.report = func(s Status) {
			select {
			case r.updates <- s:
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

// Next waits for a change of a stream and returns its status, every 33 ms at most while lines arrive. It
// returns false when ctx ends or Run has returned. A stream is not read on until its status is fetched.
func (r *Reader) Next(ctx context.Context) (Status, bool) {
	select {
	case s := <-r.updates:
		return s, true
	case <-r.done:
	case <-ctx.Done():
	}
	return Status{}, false
}
