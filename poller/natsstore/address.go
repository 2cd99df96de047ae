package natsstore

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
)

// defaultServer is the server where neither the address nor NATS_URL names one.
const defaultServer = "nats://127.0.0.1:4222"

// name is what a session in NATS may be called.
var name = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Address says where a session is.
type Address struct {
	Name    string
	servers string // URLs with commas between them
	text    string // as the user wrote it
}

// Is reports whether the name of a session is the address of one in NATS.
func Is(session string) bool {
	return strings.HasPrefix(session, "nats://") || strings.HasPrefix(session, "tls://")
}

// ParseAddress reads nats://HOST:PORT/NAME. Several hosts are separated by commas; without one
// the servers are those of NATS_URL.
func ParseAddress(session string, getenv func(string) string) (Address, error) {
	a := Address{text: session}
	scheme, hosts := "", ""
	scheme, hosts, a.Name = split(session)
	if !name.MatchString(a.Name) {
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
		if err := check(strings.TrimSpace(server)); err != nil {
			return a, err
		}
	}
	a.servers = strings.Join(servers, ",")
	return a, nil
}

// split returns the parts of the address of a session. A password may have a slash, though it
// should not.
func split(session string) (scheme, hosts, name string) {
	scheme, hosts, _ = strings.Cut(session, "://")
	if i := strings.LastIndexByte(hosts, '/'); i >= 0 {
		hosts, name = hosts[:i], hosts[i+1:]
	}
	return scheme, hosts, name
}

// check returns what is wrong with the URL of a server. It repeats no password.
func check(server string) error {
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

// Redact returns the address of a session without user and password, as it is shown and logged.
// Another name it returns as it is.
func Redact(session string) string {
	if !Is(session) {
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

// server names the servers for people.
func (a Address) server() string {
	all := strings.Split(a.servers, ",")
	for i, server := range all {
		_, all[i], _ = strings.Cut(Redact(strings.TrimSpace(server)), "://")
	}
	return strings.Join(all, ", ")
}

// credentials returns the options that the variables of NATS' own tools name.
func credentials(getenv func(string) string) (options []nats.Option, err error) {
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
		options = append(options, nats.Token(user)) // as the nats command has it
	}
	if file := getenv("NATS_CA"); file != "" {
		options = append(options, nats.RootCAs(file))
	}
	if file := getenv("NATS_CERT"); file != "" {
		options = append(options, nats.ClientCert(file, getenv("NATS_KEY")))
	}
	return options, nil
}
