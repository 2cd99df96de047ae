package natsstore

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// defaultServer is the server if neither the address nor NATS_URL names one.
const defaultServer = "nats://127.0.0.1:4222"

// namePattern matches the names of sessions in NATS.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Address is the address of a session in NATS.
type Address struct {
	Name    string
	servers string // URLs with commas between them
	text    string // as the user wrote it
}

// IsAddress reports whether the name of a session is an address in NATS.
func IsAddress(session string) bool {
	return strings.HasPrefix(session, "nats://") || strings.HasPrefix(session, "tls://")
}

// ParseAddress parses nats://HOST:PORT/NAME. Several hosts are separated by commas. Without a host the
// servers are those of NATS_URL.
func ParseAddress(session string, getenv func(string) string) (Address, error) {
	scheme, hosts, _ := strings.Cut(session, "://")
	a := Address{text: session}
	// Some passwords contain a slash.
	if slash := strings.LastIndexByte(hosts, '/'); slash >= 0 {
		hosts, a.Name = hosts[:slash], hosts[slash+1:]
	}
	if !namePattern.MatchString(a.Name) {
		return a, fmt.Errorf("%q is no name for a session in NATS: up to 64 letters, digits, - and _ after the host make one, such as nats://localhost:4222/batch-7", a.Name)
	}
	var servers []string
	for host := range strings.SplitSeq(hosts, ",") {
		if host != "" {
			servers = append(servers, scheme+"://"+host)
		}
	}
	if hosts == "" {
		servers = strings.Split(cmp.Or(getenv("NATS_URL"), defaultServer), ",")
	}
	for _, server := range servers {
		if err := checkServer(strings.TrimSpace(server)); err != nil {
			return a, err
		}
	}
	a.servers = strings.Join(servers, ",")
	return a, nil
}

// checkServer returns what is wrong with the URL of a server, without its password.
func checkServer(server string) error {
	u, err := url.Parse(server)
	switch {
	case err != nil:
		var inner *url.Error
		errors.As(err, &inner)
		return fmt.Errorf("the address of the NATS server can't be read: %w: write one such as nats://localhost:4222", inner.Err)
	case u.Hostname() == "" || u.Path != "":
		return fmt.Errorf("%s names no NATS server: write one such as nats://localhost:4222", Redact(server))
	}
	return nil
}

// Redact returns the address of a session without user and password, to be shown and logged. It returns
// any other name unchanged.
func Redact(session string) string {
	if !IsAddress(session) {
		return session
	}
	scheme, rest, _ := strings.Cut(session, "://")
	all := strings.Split(rest, ",")
	for i, host := range all {
		all[i] = host[strings.LastIndex(host, "@")+1:]
	}
	return scheme + "://" + strings.Join(all, ",")
}

// String returns the address without user and password.
func (a Address) String() string { return Redact(a.text) }

// serverNames names the servers for people.
func (a Address) serverNames() string {
	all := strings.Split(a.servers, ",")
	for i, server := range all {
		_, all[i], _ = strings.Cut(Redact(strings.TrimSpace(server)), "://")
	}
	return strings.Join(all, ", ")
}

// credentialOptions returns the options from the environment variables of the nats command.
func credentialOptions(getenv func(string) string) (options []nats.Option, err error) {
	if file := getenv("NATS_CREDS"); file != "" {
		options = append(options, nats.UserCredentials(file))
	}
	if file := getenv("NATS_NKEY"); file != "" {
		option, err := nats.NkeyOptionFromSeed(file)
		if err != nil {
			return nil, fmt.Errorf("NATS_NKEY: %w: name a file with the seed of your key", err)
		}
		options = append(options, option)
	}
	switch user, password := getenv("NATS_USER"), getenv("NATS_PASSWORD"); {
	case user != "" && password != "":
		options = append(options, nats.UserInfo(user, password))
	case user != "":
		options = append(options, nats.Token(user)) // like the nats command
	}
	if file := getenv("NATS_CA"); file != "" {
		options = append(options, nats.RootCAs(file))
	}
	if file := getenv("NATS_CERT"); file != "" {
		options = append(options, nats.ClientCert(file, getenv("NATS_KEY")))
	}
	return options, nil
}

// ErrNoSession is the error for a session that does not exist.
var ErrNoSession = errors.New("there is no such session yet")

// codeMsgTTLDisabled is JetStream's error code for a stream without a time to live for messages.
const codeMsgTTLDisabled = 10166

// explain returns an error in words for people, with the way out.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	at := "NATS at " + s.address.serverNames()
	var api *jetstream.APIError
	errors.As(err, &api)
	if why := explainCredentials(err, at); why != nil {
		return why
	}
	switch {
	case errors.Is(err, nats.ErrPermissionViolation), isTimeout(err) && errors.Is(s.conn.LastError(), nats.ErrPermissionViolation):
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
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse), isTimeout(err):
		return fmt.Errorf("%s does not answer: look whether it runs, and whether a majority of its cluster does", at)
	}
	return fmt.Errorf("%s: %w: correct the address, or NATS_CREDS and the like", at, err)
}

// explainCredentials returns an error of credentials, certificates or their files in words for people. It
// returns nil for other errors.
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

// isTimeout reports whether an error means that no answer arrived in time.
func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
}
