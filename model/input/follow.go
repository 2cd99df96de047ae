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
	lookInterval    = 250 * time.Millisecond // the time between two looks at a file: a stat and a read of 1 KiB each
	partialLineWait = 2 * time.Second        // how long the last line may lack its line break before a notice says so
	tailSize        = 1 << 10                // how many of the last read bytes are compared to detect a rewritten file
)

// follower reads a file from its start, what is appended to it, and then the file that replaces it.
type follower struct {
	emit func(piece)
	path string // absolute

	file   *os.File    // nil while no file can be read
	info   os.FileInfo // of the file that is or was read last; nil before the first
	offset int64       // how much of it was read, in bytes
	tail   []byte      // the bytes before offset, at most tailSize
	blank  bool        // only NUL bytes were read of it
	buffer [tailSize + readSize]byte

	notice          piece     // the last notice that the file is missing or can't be read; zero while it is read
	missingLooks    int       // how many consecutive looks found nothing at the path
	lastRead        time.Time // when something was last read
	partialReported bool      // a notice said that the last line lacks its line break
}

func newFollower(path string) *follower { return &follower{path: path, blank: true} }

// run looks at the file until ctx ends.
func (f *follower) run(ctx context.Context, emit func(piece)) {
	f.emit = emit
	defer f.close()
	for looks := time.Tick(lookInterval); ; {
		f.look(ctx)
		select {
		case <-looks:
		case <-ctx.Done():
			return
		}
		f.reportPartialLine()
	}
}

// look reads what is new, and then the file that has replaced the open one.
func (f *follower) look(ctx context.Context) {
	for ctx.Err() == nil {
		if f.file != nil && !f.read(ctx) {
			return
		}
		next, info := f.openNext()
		if next == nil {
			return
		}
		if f.file != nil {
			f.read(ctx) // what was written to the old file until the next one was created
		}
		f.switchTo(next, info)
	}
}

// read reads the open file to its present end. It returns false and closes the file if it can't be read.
func (f *follower) read(ctx context.Context) bool {
	err := error(nil)
	if f.info.Mode()&os.ModeNamedPipe != 0 {
		err = f.readPipe(ctx)
	} else {
		err = f.readFile(ctx)
	}
	if err != nil {
		f.unreadable(err)
		f.close()
	}
	return err == nil
}

// openNext opens the file at the path, and returns nil if that is open already. It ignores an empty file
// while another one is open: after a rotation the writer may use the old one for a while.
func (f *follower) openNext() (*os.File, os.FileInfo) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.missing()
		return nil, nil
	}
	f.missingLooks = 0
	switch {
	case err != nil:
	case f.file != nil && os.SameFile(info, f.info):
		f.recovered()
		return nil, nil
	case f.file != nil && info.Mode().IsRegular() && info.Size() == 0:
		return nil, nil
	default:
		err = checkFollowable(info)
	}
	var file *os.File
	if err == nil {
		file, err = open(f.path)
	}
	if err == nil {
		// The path may name another file by now: check the one that was opened.
		if info, err = file.Stat(); err == nil {
			err = checkFollowable(info)
		}
		if err == nil {
			return file, info
		}
		file.Close()
	}
	f.unreadable(err)
	return nil, nil
}

// switchTo reads a file that was just opened from now on: from its start, or from the offset if it is
// the same file.
func (f *follower) switchTo(file *os.File, info os.FileInfo) {
	if f.info == nil || os.SameFile(info, f.info) {
		f.recovered()
	} else {
		f.restart("was rotated: went on with the new file")
		f.notice = piece{}
	}
	f.close()
	f.file, f.info = file, info
}

// restart ends the text and its last line, and reports why reading begins at the start of a file again.
func (f *follower) restart(why string) {
	f.offset, f.tail, f.blank, f.partialReported = 0, nil, true, false
	f.emit(piece{textEnds: true, notice: " " + why})
}

// close closes the file, if one is open.
func (f *follower) close() {
	if f.file != nil {
		f.file.Close()
		f.file = nil
	}
}

// missing reports that no file is at the path. If one was there, it does so from the second look on,
// because a file is missing for a moment while it is replaced. The old file stays open, because its
// writer may not be done.
func (f *follower) missing() {
	f.missingLooks++
	switch {
	case f.info != nil && f.missingLooks > 1:
		f.report(" is gone: waiting for it to come back", nil)
	case f.info == nil:
		text := ": waiting for it to appear"
		if _, err := os.Stat(filepath.Dir(f.path)); errors.Is(err, fs.ErrNotExist) {
			text += " (there is no directory " + filepath.Dir(f.path) + " either)"
		}
		f.report(text, nil)
	}
}

// unreadable reports that the file can't be read.
func (f *follower) unreadable(err error) {
	err = cause(err)
	f.report(" can't be read: "+err.Error()+"; trying on", err)
}

// report reports once why nothing can be read. err is nil if no file is there.
func (f *follower) report(text string, err error) {
	if text != f.notice.notice {
		f.notice = piece{notice: text, err: err}
		f.emit(f.notice)
	}
}

// recovered reports the end of what report has reported.
func (f *follower) recovered() {
	switch {
	case f.notice.err != nil:
		f.emit(piece{notice: " can be read now"})
	case f.notice.notice != "":
		f.emit(piece{notice: " is there now"})
	}
	f.notice = piece{}
}

// reportPartialLine reports that the last line lacks its line break for long. It is not read until then.
func (f *follower) reportPartialLine() {
	if f.partialReported || endsLine(f.tail) || time.Since(f.lastRead) < partialLineWait {
		return
	}
	f.partialReported = true
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
// Each time, it reads the last read bytes once more. If they are missing the file was truncated, and if
// they differ it was rewritten: in both cases it is read from the start. This also detects a truncated
// file that has grown beyond its old size, but no rewrite that leaves the last read 1 KiB in place.
func (f *follower) readFile(ctx context.Context) error {
	for ctx.Err() == nil {
		overlap := len(f.tail)
		buffer := f.buffer[:overlap+readSize]
		n, err := f.file.ReadAt(buffer, f.offset-int64(overlap))
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case n < overlap:
			f.restart("was truncated: reading it from the start")
			continue
		case !bytes.Equal(buffer[:overlap], f.tail):
			f.restart("was rewritten: reading it from the start")
			continue
		}
		f.consume(buffer[overlap:n])
		if err != nil {
			return nil
		}
	}
	return nil
}

// consume emits the next text of a file. It skips NUL bytes at the start of the file: they fill the hole
// before a writer that continues at its old offset after a truncation.
func (f *follower) consume(text []byte) {
	if len(text) == 0 {
		return
	}
	f.offset += int64(len(text))
	f.lastRead, f.partialReported = time.Now(), false
	f.tail = append(f.tail, text[max(0, len(text)-tailSize):]...)
	f.tail = append(f.tail[:0], f.tail[max(0, len(f.tail)-tailSize):]...)
	if f.blank {
		text = bytes.TrimLeft(text, "\x00")
		f.blank = len(text) == 0
	}
	f.emit(piece{text: string(text)})
}

// readPipe reads a named pipe until all writers have closed it, which completes the last line, or ctx
// ends. The pipe stays open for the next writers.
func (f *follower) readPipe(ctx context.Context) error {
	file := f.file
	stop := context.AfterFunc(ctx, guard.Func(func() { file.SetReadDeadline(time.Unix(1, 0)) }))
	defer stop()
	switch err := readPieces(ctx, file, f.emit); {
	case errors.Is(err, io.EOF):
		f.emit(piece{textEnds: true})
	case ctx.Err() == nil && !errors.Is(err, syscall.EAGAIN): // EAGAIN: the pipe can't be waited for and has nothing yet
		return err
	}
	return nil
}
