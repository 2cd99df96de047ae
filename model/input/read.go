package input

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"polltop/poller/guard"
)

// memory is how much of what was read last is remembered, in bytes, to notice
// when something else stands there.
const memory = 1 << 10

// buffers are lent to the followers while they read: idle ones hold none.
var buffers = sync.Pool{New: func() any { return new([memory + chunk]byte) }}

// readFile reads a file to its present end, and reports whether it can be read.
//
// Each time, the bytes that were read last are read once more: when they are not
// there, the file was truncated, and when they have changed, it was rewritten.
// In both cases it is read from the start. That finds what the size alone would
// not, a file that was truncated and has grown beyond where it was. What it does
// not find is a rewrite that leaves the last 1 KiB that was read as it was,
// in the same place: nothing before it is read again.
func (f *follower) readFile(ctx context.Context) bool {
	lent := buffers.Get().(*[memory + chunk]byte)
	defer buffers.Put(lent)
	for ctx.Err() == nil {
		known := len(f.last)
		buffer := lent[:known+chunk]
		n, err := f.file.ReadAt(buffer, f.offset-int64(known))
		if err != nil && !errors.Is(err, io.EOF) {
			f.feed.send(ctx)
			f.unreadable(err)
			f.leave()
			return false
		}
		if n < known {
			f.restart(ctx, "was truncated: reading it from the start")
			continue
		} else if !bytes.Equal(buffer[:known], f.last) {
			f.restart(ctx, "was rewritten: reading it from the start")
			continue
		}
		f.take(buffer[known:n])
		if err != nil || f.feed.gathered() >= batch {
			f.feed.send(ctx)
		}
		if err != nil {
			return true
		}
	}
	f.feed.send(ctx)
	return true
}

// take takes text that was read from a file. NUL bytes at its start are no text:
// a file has them that was truncated under someone who writes on where they
// were.
func (f *follower) take(text []byte) {
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

// readPipe reads a named pipe until all who write to it have left it, or ctx
// ends. Their last line is whole then. The pipe stays open for the next who
// write to it.
func (f *follower) readPipe(ctx context.Context) bool {
	file := f.file
	stop := context.AfterFunc(ctx, guard.Func(func() { file.SetReadDeadline(time.Unix(1, 0)) }))
	defer stop()
	left, err := f.feed.pour(ctx, file)
	<-left
	switch {
	case ctx.Err() != nil, errors.Is(err, syscall.EAGAIN):
		return true // where a pipe can't be waited for, there is nothing yet
	case err != nil:
		f.unreadable(err)
		f.leave()
		return false
	}
	f.feed.finish()
	f.feed.send(ctx)
	return true
}
