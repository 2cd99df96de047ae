package input

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"polltop/poller/guard"
)

const (
	relook   = 250 * time.Millisecond // how often a file is looked at: a stat and a read of one KiB
	halfTime = 2 * time.Second        // how long a last line may lack its line break before a notice says so
	memory   = 1 << 10                // how many of the last read bytes are remembered, to notice a rewritten file
)

// follower reads a file from its start, what is appended to it, and then the file that replaces it.
type follower struct {
	emit func(piece)
	path string // absolute

	file   *os.File    // nil while none can be read
	info   os.FileInfo // of the file that is or was last read; nil before the first
	offset int64       // how much of it was read, in bytes
	last   []byte      // the bytes before offset, at most memory
	blank  bool        // nothing but NUL bytes was read of it
	buffer [memory + chunk]byte

	said    piece     // the notice that it is missing or can't be read; zero when it is read
	missed  int       // how many looks in a row found nothing at the path
	grown   time.Time // when something was last read
	halfway bool      // that the last line is not whole was said
}

func newFollower(path string) *follower { return &follower{path: path, blank: true} }

func (f *follower) run(ctx context.Context, emit func(piece)) {
	f.emit = emit
	defer f.leave()
	for looks := time.Tick(relook); ; {
		f.look(ctx)
		select {
		case <-looks:
		case <-ctx.Done():
			return
		}
		f.mentionHalf()
	}
}

// look reads what is new, and goes on to the file that has replaced the one it read.
func (f *follower) look(ctx context.Context) {
	for ctx.Err() == nil {
		if f.file != nil && !f.read(ctx) {
			return
		}
		next, info := f.successor()
		if next == nil {
			return
		}
		if f.file != nil {
			f.read(ctx) // what was written to it until the next one was begun
		}
		f.change(next, info)
	}
}

// read reads the open file to its present end, and reports whether it can be read.
func (f *follower) read(ctx context.Context) bool {
	err := error(nil)
	if f.info.Mode()&os.ModeNamedPipe != 0 {
		err = f.readPipe(ctx)
	} else {
		err = f.readFile(ctx)
	}
	if err != nil {
		f.unreadable(err)
		f.leave()
	}
	return err == nil
}

// successor opens the file at the path, unless that is open already. It ignores an empty
// one while another is open: after a rotation the writer may use the old file for a while.
func (f *follower) successor() (*os.File, os.FileInfo) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.missing()
		return nil, nil
	}
	f.missed = 0
	switch {
	case err != nil:
	case f.file != nil && os.SameFile(info, f.info):
		f.recovered()
		return nil, nil
	case f.file != nil && info.Mode().IsRegular() && info.Size() == 0:
		return nil, nil
	default:
		err = unfit(info)
	}
	var file *os.File
	if err == nil {
		file, err = open(f.path)
	}
	if err == nil {
		// The path may lead elsewhere by now: check what was opened.
		if info, err = file.Stat(); err == nil {
			err = unfit(info)
		}
		if err == nil {
			return file, info
		}
		file.Close()
	}
	f.unreadable(err)
	return nil, nil
}

// change goes on to a file that was just opened: if it is the same, from where reading stopped.
func (f *follower) change(file *os.File, info os.FileInfo) {
	if f.info == nil || os.SameFile(info, f.info) {
		f.recovered()
	} else {
		f.restart("was rotated: went on with the new file")
		f.said = piece{}
	}
	f.leave()
	f.file, f.info = file, info
}

// restart ends the text so far, with its last line, and says why reading begins at the start again.
func (f *follower) restart(why string) {
	f.offset, f.last, f.blank, f.halfway = 0, nil, true, false
	f.emit(piece{last: true, notice: " " + why})
}

func (f *follower) leave() {
	if f.file != nil {
		f.file.Close()
		f.file = nil
	}
}

// missing reports that there is nothing at the path, once that lasts: a file that is being replaced
// is missing for a moment. The old file stays open, because its writer may not be done.
func (f *follower) missing() {
	f.missed++
	switch {
	case f.info != nil && f.missed > 1:
		f.report(" is gone: waiting for it to come back", nil)
	case f.info == nil:
		text := ": waiting for it to appear"
		if _, err := os.Stat(filepath.Dir(f.path)); errors.Is(err, fs.ErrNotExist) {
			text += " (there is no directory " + filepath.Dir(f.path) + " either)"
		}
		f.report(text, nil)
	}
}

func (f *follower) unreadable(err error) {
	err = reason(err)
	f.report(" can't be read: "+err.Error()+"; trying on", err)
}

// report reports why there is nothing to read, once. err is nil where there is nothing.
func (f *follower) report(text string, err error) {
	if text != f.said.notice {
		f.said = piece{notice: text, err: err}
		f.emit(f.said)
	}
}

func (f *follower) recovered() {
	switch {
	case f.said.err != nil:
		f.emit(piece{notice: " can be read now"})
	case f.said.notice != "":
		f.emit(piece{notice: " is there now"})
	}
	f.said = piece{}
}

// mentionHalf reports a last line that lacks its line break for long: it is not read until then.
func (f *follower) mentionHalf() {
	if f.halfway || endsLine(f.last) || time.Since(f.grown) < halfTime {
		return
	}
	f.halfway = true
	f.emit(piece{notice: ": its last line has no line break yet: waiting for the rest of it"})
}

// endsLine reports whether text in UTF-8 or UTF-16 ends with a line break, or is empty.
func endsLine(text []byte) bool {
	n := len(text)
	if n > 1 && text[n-1] == 0 {
		n--
	}
	return n == 0 || text[n-1] == '\n' || text[n-1] == '\r'
}

// readFile reads a file to its present end.
//
// Each time, it reads the last read bytes once more: where they are missing, the file was
// truncated, and where they differ, it was rewritten. In both cases it reads from the
// start. This also finds a file that was truncated and has grown beyond its old size. It
// does not find a rewrite that leaves the last read 1 KiB as it was, in the same place.
func (f *follower) readFile(ctx context.Context) error {
	for ctx.Err() == nil {
		known := len(f.last)
		buffer := f.buffer[:known+chunk]
		n, err := f.file.ReadAt(buffer, f.offset-int64(known))
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case n < known:
			f.restart("was truncated: reading it from the start")
			continue
		case !bytes.Equal(buffer[:known], f.last):
			f.restart("was rewritten: reading it from the start")
			continue
		}
		f.consume(buffer[known:n])
		if err != nil {
			return nil
		}
	}
	return nil
}

// consume emits text of a file. It skips NUL bytes at the start of the file: they fill the hole
// where a writer goes on at its old offset after a truncation.
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
	f.emit(piece{text: string(text)})
}

// readPipe reads a named pipe until all writers have closed it, or ctx ends. Their last line
// is complete then. The pipe stays open for the next writers.
func (f *follower) readPipe(ctx context.Context) error {
	file := f.file
	stop := context.AfterFunc(ctx, guard.Func(func() { file.SetReadDeadline(time.Unix(1, 0)) }))
	defer stop()
	switch err := readPieces(ctx, file, f.emit); {
	case errors.Is(err, io.EOF):
		f.emit(piece{last: true})
	case ctx.Err() == nil && !errors.Is(err, syscall.EAGAIN): // where a pipe can't be waited for, there is nothing yet
		return err
	}
	return nil
}
