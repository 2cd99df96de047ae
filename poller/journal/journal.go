// Package journal keeps the log that a bug report wants: what was asked, what
// came of it, and when, as lines of JSON in a file. It holds none of the user's
// secrets.
package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"polltop/poller/queue/guard"
)

const (
	// queued is how many lines may wait for a slow disk; those beyond are lost,
	// as nothing waits for the log.
	queued = 4096
	// draining is how long Close waits for the disk.
	draining = 300 * time.Millisecond
)

// Journal is a log in a file. Its methods may be called from any goroutine, and
// never wait for the disk, Close apart. A nil Journal takes everything and keeps
// nothing.
type Journal struct {
	path   string
	log    *slog.Logger
	lines  chan []byte
	ended  chan struct{} // closed when the last line is written
	begun  time.Time
	closed sync.Once
	redact func(string) string

	// What Observe noted last.
	hosts                   hosts
	unkept, damage, viewing string

	mu   sync.Mutex
	over bool
	lost int
	err  error // why the first that is lost is
}

// Open opens the log in a file, which it makes where there is none, for nobody
// but the user, and else goes on with. redact blots the user's secrets out of a
// text. The error names the file.
func Open(path string, redact func(string) string) (*Journal, error) {
	// A named pipe that nobody reads is refused, where it would be waited for.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|nonblocking, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	return open(path, file, redact), nil
}

// open returns a log that is written to what is at a path.
func open(path string, to io.WriteCloser, redact func(string) string) *Journal {
	j := &Journal{path: path, lines: make(chan []byte, queued), ended: make(chan struct{}), begun: time.Now(), redact: redact, hosts: hosts{}}
	j.log = slog.New(slog.NewJSONHandler(lineWriter{j}, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindString {
				a.Value = slog.StringValue(redact(a.Value.String()))
			}
			return a
		},
	}))
	guard.Go(func() { j.write(to) })
	return j
}

// reason returns what a file's error says beside the path.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// lineWriter hands lines to the goroutine that writes.
type lineWriter struct{ *Journal }

// Write takes a line, or counts it as lost. It never fails.
func (w lineWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return len(line), nil
	}
	select {
	case w.lines <- append([]byte(nil), line...):
	default:
		w.lose(errors.New("the disk is too slow"))
	}
	return len(line), nil
}

// lose counts a line that is lost. The caller holds the lock.
func (j *Journal) lose(err error) {
	j.lost++
	if j.err == nil {
		j.err = err
	}
}

// write writes lines until there are no more.
func (j *Journal) write(to io.WriteCloser) {
	defer close(j.ended)
	defer to.Close() // what can't be closed has been written
	torn := false
	for line := range j.lines {
		if torn {
			// What stands there of a line that did not fit is left by itself.
			line = append([]byte{'\n'}, line...)
		}
		n, err := to.Write(line)
		if err == nil {
			torn = false
			continue
		}
		torn = torn && n == 0 || n > 0 && n < len(line)
		j.mu.Lock()
		j.lose(reason(err))
		j.mu.Unlock()
	}
}

// Close notes the end, and returns what kept the log from being whole, if
// anything did. It waits for the disk no longer than a moment. Closing twice does
// nothing more.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	var err error
	j.closed.Do(func() { err = j.close() })
	return err
}

func (j *Journal) close() error {
	j.log.Info("end", "seconds", seconds(time.Since(j.begun)))
	j.mu.Lock()
	j.over = true
	close(j.lines)
	j.mu.Unlock()
	select {
	case <-j.ended:
	case <-time.After(draining):
		return fmt.Errorf("the log %s is not whole: its end was not written in time", j.path)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.lost == 0 {
		return nil
	}
	return fmt.Errorf("the log %s is not whole, it lacks %d lines: %w", j.path, j.lost, j.err)
}

// seconds returns a duration as the log has it, in ms precision.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
