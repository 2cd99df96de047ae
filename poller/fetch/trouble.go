package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"polltop/poller/queue"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
)

// trouble is why an output is not on the disk.
type trouble struct {
	// message says what happened and what can be done, for people. It holds no
	// URL: one can be a key to the file for whoever reads it.
	message string
	passing bool          // trying again may help
	after   time.Duration // how long the server asked to wait, 0 if it did not
	useless bool          // what has arrived is of no use for a later run
}

func (t *trouble) Error() string { return t.message }

var (
	errStalled = errors.New("stalled")
	errStopped = &trouble{message: "stopped before its end: download it again, and it goes on from there"}
)

// statusTrouble says what an HTTP status means that brings no file.
func statusTrouble(response *http.Response) *trouble {
	host, code := response.Request.URL.Host, response.StatusCode
	t := &trouble{message: strings.TrimSpace(fmt.Sprintf("HTTP %d %s", code, http.StatusText(code))) + " from " + host}
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		t.message += ": the link is not, or no longer, allowed; fetch the result again for a fresh one"
	case code == http.StatusNotFound, code == http.StatusGone:
		t.message += ": the file is not, or no longer, there; fetch the result again for a fresh link"
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		t.passing, t.after = true, queue.RetryAfter(response.Header, time.Now())
	default:
		t.message += ", where the file was expected"
	}
	return t
}

// networkTrouble says why no answer came from a host, or not all of it.
func networkTrouble(ctx context.Context, host string, stall time.Duration, err error) *trouble {
	var refused *trouble
	var private queue.PrivateAddressError
	var certificate *tls.CertificateVerificationError
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStalled):
		return &trouble{message: fmt.Sprintf("nothing came from %s for %s", host, stall), passing: true}
	case cause != nil:
		return errStopped
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &private):
		return &trouble{message: private.Error()}
	case errors.As(err, &certificate):
		return &trouble{message: fmt.Sprintf("the certificate of %s is not to be trusted: %v", host, certificate.Err)}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &trouble{message: "the connection to " + host + " was closed in the middle", passing: true}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the URL
	}
	return &trouble{message: fmt.Sprintf("no file from %s: %v", host, err), passing: true}
}

// diskTrouble says why a file could not be made or written, and what to do. It
// returns a trouble that was told already as it is.
func diskTrouble(what, path string, err error) *trouble {
	var told *trouble
	if errors.As(err, &told) {
		return told
	}
	// The path is said already, and in full.
	var onPath *fs.PathError
	var onLink *os.LinkError
	if errors.As(err, &onPath) {
		err = onPath.Err
	} else if errors.As(err, &onLink) {
		err = onLink.Err
	}
	way := "give another directory with --output-dir"
	switch {
	case diskFull(err):
		way = "the disk or the quota is full; free some space or " + way + ", then download again: it goes on from what is there"
	case errors.Is(err, syscall.EFBIG):
		way = "the file system there takes no file of this size; " + way
	case errors.Is(err, errIrregular):
		way = "move it away or " + way
	}
	return &trouble{message: fmt.Sprintf("%s %s: %v: %s", what, path, err, way)}
}

// Windows' own numbers for a full disk, which the syscall package does not name.
const (
	errorHandleDiskFull = syscall.Errno(39)
	errorDiskFull       = syscall.Errno(112)
)

// diskFull reports whether an error says that the disk or the user's share of
// it is full.
func diskFull(err error) bool {
	if runtime.GOOS == "windows" {
		return errors.Is(err, errorDiskFull) || errors.Is(err, errorHandleDiskFull)
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// tooLarge says that a file is larger than the user allows. A size below 0 is
// not known.
func tooLarge(size, limit int64) *trouble {
	told := "it is " + humanize.IBytes(uint64(size))
	if size < 0 {
		told = "it goes on"
	}
	return &trouble{message: fmt.Sprintf("%s, past the limit of %s: raise it with --max-download", told, humanize.IBytes(uint64(limit))), useless: true}
}
