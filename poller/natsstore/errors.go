package natsstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrNone is the error for a session that is not there.
var ErrNone = errors.New("there is no such session yet")

// wrongLast reports whether a write was refused because another one came before it.
func wrongLast(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// codeMsgTTLDisabled is JetStream's error for a stream that keeps no key with a time to live.
const codeMsgTTLDisabled = 10166

// explain returns an error in words for people, with the way out.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	at := "NATS at " + s.address.server()
	var api *jetstream.APIError
	errors.As(err, &api)
	if why := explainCredentials(err, at); why != nil {
		return why
	}
	switch {
	case errors.Is(err, nats.ErrPermissionViolation), timeout(err) && errors.Is(s.conn.LastError(), nats.ErrPermissionViolation):
		return fmt.Errorf("%s permits this user too little: allow it to publish to $JS.API.>, $JS.ACK.>, $JS.FC.>, $KV.%s.> and %s, and to subscribe to _INBOX.>", at, s.bucket, s.subject())
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled):
		return fmt.Errorf("%s has no JetStream: start it as nats-server -js", at)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("%s has no JetStream for this account: enable it in the account, or use credentials of another", at)
	case errors.Is(err, jetstream.ErrLimitMarkerTTLNotSupported):
		return fmt.Errorf("%s is older than 2.11, which first has keys with a time to live: update nats-server", at)
	case api != nil && api.ErrorCode == codeMsgTTLDisabled:
		return fmt.Errorf("the bucket %s at %s was made without a time to live for keys: delete it (nats kv del %s), and polltop makes it anew", s.bucket, at, s.bucket)
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, jetstream.ErrStreamMessageExceedsMaximum):
		return fmt.Errorf("%s takes %d bytes at once, which this exceeds (%w): raise max_payload in its configuration", at, s.conn.MaxPayload(), nats.ErrMaxPayload)
	case api != nil:
		return fmt.Errorf("%s: %s (bucket %s)", at, api.Description, s.bucket)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrDisconnected):
		return fmt.Errorf("%s can't be reached: start nats-server -js there, or correct the address", at)
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse), timeout(err):
		return fmt.Errorf("%s does not answer: look whether it runs, and whether a majority of its cluster does", at)
	}
	return fmt.Errorf("%s: %w: correct the address, or NATS_CREDS and the like", at, err)
}

// explainCredentials returns an error of credentials, certificates or their files in words for
// people; nil for another one.
func explainCredentials(err error, at string) error {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAccountAuthExpired):
		return fmt.Errorf("%s refuses the credentials: name yours with NATS_CREDS=FILE, or NATS_USER and NATS_PASSWORD", at)
	case untrusted:
		return fmt.Errorf("%s: %w: name the file of the authority that signed it with NATS_CA=FILE", at, err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: correct NATS_CREDS, NATS_CA, NATS_CERT or NATS_KEY", err)
	}
	return nil
}

// timeout reports whether nothing came back in time.
func timeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
}
