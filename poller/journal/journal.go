package journal

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"polltop/poller/fileerr"
)

// Journal is a log in a file. Its methods may be called from any goroutine. A nil Journal logs
// nothing.
type Journal struct {
	path      string
	log       *slog.Logger
	file      *file
	startedAt time.Time
	closed    sync.Once

	lastStates map[string]string // the states in the last update, by their key
}

// Open opens the log in a file for appending, or creates the file so that only the user may read
// it. redact redacts the user's secrets in a text. The error names the file.
func Open(path string, redact func(string) string) (*Journal, error) {
	// Non-blocking, so that a named pipe without a reader is an error and does not hang.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, fileerr.Cause(err))
	}
	return open(path, file, redact), nil
}

// open returns a log that writes to the opened file of a path.
func open(path string, to io.WriteCloser, redact func(string) string) *Journal {
	j := &Journal{path: path, file: &file{to: to}, startedAt: time.Now(), lastStates: map[string]string{}}
	j.log = slog.New(slog.NewJSONHandler(j.file, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch value := a.Value.Any().(type) {
			case string:
				a.Value = slog.StringValue(redact(value))
			case []string:
				clean := make([]string, len(value))
				for i, text := range value {
					clean[i] = redact(text)
				}
				a.Value = slog.AnyValue(clean)
			}
			return a
		},
	}))
	return j
}

// Start logs the start of the program with attributes. They must not contain secrets: of flags
// only the names.
func (j *Journal) Start(attrs ...any) {
	if j != nil {
		j.log.Info("start", append(attrs, "os", runtime.GOOS, "arch", runtime.GOARCH, "go", runtime.Version())...)
	}
}

// file writes lines and counts those that could not be written completely. slog calls it for one
// line at a time.
type file struct {
	to         io.WriteCloser
	endsInPart bool // the file ends with a part of a line
	lostLines  int
	err        error // why the first line was lost
}

// Write writes a line. It returns no error: Close reports lost lines.
func (f *file) Write(line []byte) (int, error) {
	whole := line
	if f.endsInPart {
		whole = append([]byte{'\n'}, line...)
	}
	n, err := f.to.Write(whole)
	f.endsInPart = err != nil && (n > 0 || f.endsInPart)
	if err != nil {
		f.lostLines++
		if f.err == nil {
			f.err = fileerr.Cause(err)
		}
	}
	return len(line), nil
}

// Close logs the end, and returns why lines are missing, if any are. A second call does nothing.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	var err error
	j.closed.Do(func() {
		j.log.Info("end", "seconds", seconds(time.Since(j.startedAt)))
		if j.file.lostLines > 0 {
			err = fmt.Errorf("the log %s is not whole, it lacks %d lines: %w", j.path, j.file.lostLines, j.file.err)
		}
		j.file.to.Close() // its error loses no line: each is written at once
	})
	return err
}

// seconds returns a duration in seconds, to the millisecond.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
