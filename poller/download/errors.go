package download

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"polltop/poller/fileerr"
	"polltop/poller/queue"
)

// downloadError is the reason for which an output was not downloaded.
type downloadError struct {
	// message says what happened and what the user can do. It contains no URL, because a signed
	// URL gives access to the file.
	message    string
	temporary  bool          // a retry may succeed
	retryAfter time.Duration // the pause that the server asked for; 0 for none
	discard    bool          // the part is useless for a later run
}

func (e *downloadError) Error() string { return e.message }

var (
	errStalled = errors.New("stalled")
	errStopped = &downloadError{message: "stopped before its end: download it again, and it goes on from there"}
)

func statusError(response *http.Response) *downloadError {
	host, code := response.Request.URL.Host, response.StatusCode
	e := &downloadError{message: strings.TrimSpace(fmt.Sprintf("HTTP %d %s", code, http.StatusText(code))) + " from " + host}
	switch {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.message += ": the link is not, or no longer, allowed; fetch the result again for a fresh one"
	case code == http.StatusNotFound, code == http.StatusGone:
		e.message += ": the file is not, or no longer, there; fetch the result again for a fresh link"
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		e.temporary, e.retryAfter = true, queue.RetryAfter(response.Header, time.Now())
	default:
		e.message += ", where the file was expected"
	}
	return e
}

// networkError returns the error for a request to a host without a complete answer. ctx is the
// request's context.
func networkError(ctx context.Context, host string, err error) *downloadError {
	fault, isFault := errors.AsType[*queue.Fault](err)
	private, isPrivate := errors.AsType[queue.PrivateAddressError](err)
	certificate, isCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStalled):
		return &downloadError{message: fmt.Sprintf("nothing came from %s for %s", host, stallAfter), temporary: true}
	case cause != nil:
		return errStopped
	case isFault:
		return &downloadError{message: fault.Message, temporary: fault.Kind != queue.Refused}
	case isPrivate:
		return &downloadError{message: private.Error()}
	case isCertificate:
		return &downloadError{message: fmt.Sprintf("the certificate of %s is not to be trusted: %v", host, certificate.Err)}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &downloadError{message: "the connection to " + host + " was closed in the middle", temporary: true}
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL
	}
	return &downloadError{message: fmt.Sprintf("no file from %s: %v", host, err), temporary: true}
}

// diskError returns the error for a file that could not be created or written, with advice. A
// downloadError is returned unchanged.
func diskError(what, path string, err error) *downloadError {
	if failed, ok := errors.AsType[*downloadError](err); ok {
		return failed
	}
	err = fileerr.Cause(err) // the message has the path already
	advice := "give another directory with --output-dir"
	switch {
	case diskFull(err):
		advice = "the disk or the quota is full; free some space or " + advice + ", then download again: it goes on from what is there"
	case errors.Is(err, syscall.EFBIG):
		advice = "the file system there takes no file of this size; " + advice
	case errors.Is(err, errNotRegular):
		advice = "move it away or " + advice
	}
	return &downloadError{message: fmt.Sprintf("%s %s: %v: %s", what, path, err, advice)}
}

// diskFull reports whether an error means that the disk or the user's quota is full.
func diskFull(err error) bool {
	if runtime.GOOS == "windows" {
		// ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL, which the syscall package does not name.
		return errors.Is(err, syscall.Errno(112)) || errors.Is(err, syscall.Errno(39))
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// errTooLarge returns the error for a file that is larger than the limit. A negative
// size is unknown.
func errTooLarge(size, limit int64) *downloadError {
	excess := "it is " + humanize.IBytes(uint64(size))
	if size < 0 {
		excess = "it goes on"
	}
	return &downloadError{message: fmt.Sprintf("%s, past the limit of %s: raise it with --max-download", excess, humanize.IBytes(uint64(limit))), discard: true}
}
