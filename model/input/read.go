package input

import (
	"bytes"
	"context"
	"errors"
	"io"
	"syscall"
	"time"

	"polltop/poller/guard"
)

// memory is how many of the last read bytes are remembered, to notice a rewritten file.
const memory = 1 << 10

// readFile reads a file to its present end, and reports whether it can be read.
//
// Each time, it reads the last read bytes once more: where they are missing, the file was
// truncated, and where they differ, it was rewritten. In both cases it reads from the
// start. This also finds a file that was truncated and has grown beyond its old size. It
// does not find a rewrite that leaves the last read 1 KiB as it was, in the same place.
func (f *follower) readFile(ctx context.Context) bool {
	for ctx.Err() == nil {
		known := len(f.last)
		buffer := f.buffer[:known+chunk]
		n, err := f.file.ReadAt(buffer, f.offset-int64(known))
		if err != nil && !errors.Is(err, io.EOF) {
			f.feed.send()
			f.unreadable(err)
			f.leave()
			return false
		}
		if n < known {
			f.restart("was truncated: reading it from the start")
			continue
		} else if !bytes.Equal(buffer[:known], f.last) {
			f.restart("was rewritten: reading it from the start")
			continue
		}
		f.consume(buffer[known:n])
		if err != nil || f.feed.gathered() >= batch {
			f.feed.send()
		}
		if err != nil {
			return true
		}
	}
	f.feed.send()
	return true
}

// consume adds text of a file to the feed. It skips NUL bytes at the start of the file: they
// fill the hole where a writer goes on at its old offset after a truncation.
func (f *follower) consume(text []byte) {
	if len(text) == 0 {
		return
	}
	f.offset += int64(len(text))
	f.grown, f.halfway = time.Now(), false
	f.last = append(f.last, text[max(0, len(text)-memory):]...)
	f.last = append(f.last[:0], f.last[max(0, len(f.last)-memory):]...)
	if f.blank {
		text = bytes.TrimLeft(text, "\x00")
		f.blank = len(text) == 0
	}
	f.feed.add(string(text))
}

// readPipe reads a named pipe until all writers have closed it, or ctx ends. Their last line
// is complete then. The pipe stays open for the next writers.
func (f *follower) readPipe(ctx context.Context) bool {
	file := f.file
	stop := context.AfterFunc(ctx, guard.Func(func() { file.SetReadDeadline(time.Unix(1, 0)) }))
	defer stop()
	left, err := f.feed.readFrom(ctx, file)
	<-left
	f.feed.send()
	switch {
	case ctx.Err() != nil, errors.Is(err, syscall.EAGAIN):
		return true // where a pipe can't be waited for, there is nothing yet
	case err != nil:
		f.unreadable(err)
		f.leave()
		return false
	}
	f.feed.finish()
	return true
}
