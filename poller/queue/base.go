package queue

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// DefaultBaseURL is the base URL that the SeaCloud multimodal Model API
// documents (page Base Configuration).
const DefaultBaseURL = "https://cloud.seaart.ai/model"

// Base is a base URL that the user configured. The user's key is sent only to the origin of a
// base. Bases are compared by pointer.
type Base struct {
	text    string // without a trailing slash
	url     *url.URL
	origin  Origin
	service *service
}

// Origin is the scheme, host and port of a URL. The port is never empty, so equal origins may
// receive the same credentials.
type Origin struct {
	Scheme, Host, Port string
}

// ports are the default ports of the schemes.
var ports = map[string]string{"http": "80", "https": "443"}

// OriginOf returns the origin of a URL.
func OriginOf(u *url.URL) Origin {
	scheme := strings.ToLower(u.Scheme)
	return Origin{Scheme: scheme, Host: strings.ToLower(u.Hostname()), Port: cmp.Or(u.Port(), ports[scheme])}
}

// String returns the origin as a URL, without a default port.
func (o Origin) String() string {
	host := o.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.Port != "" && o.Port != ports[o.Scheme] {
		host += ":" + o.Port
	}
	return o.Scheme + "://" + host
}

// Loopback reports whether the host is localhost or a loopback address.
func (o Origin) Loopback() bool { return literalKind(o.Host) == "loopback" }

// ParseBase parses a base URL such as https://cloud.seaart.ai/model: an absolute http or https
// URL without user name, query and fragment.
func ParseBase(raw string) (*Base, error) {
	text := strings.TrimRight(strings.TrimSpace(raw), "/")
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, fmt.Errorf("the base URL is empty; the documented one is %s", DefaultBaseURL)
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not a base URL: give scheme, host and path, such as %s", raw, DefaultBaseURL)
	case u.User != nil:
		return nil, fmt.Errorf("the base URL for %s carries a user name or password: keep credentials in API_KEY", u.Host)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q carries a query or fragment, which a base URL can't have", raw)
	}
	base := &Base{text: text, url: u, origin: OriginOf(u), service: services[0]}
	if base.Lists() {
		base.service = fal
	}
	if i := slices.IndexFunc(services, func(s *service) bool { return slices.Contains(s.hosts, base.origin.Host) }); i >= 0 {
		base.service = services[i]
	}
	return base, nil
}

// String returns the base URL without a trailing slash.
func (b *Base) String() string { return b.text }

// Origin returns the base's scheme, host and port.
func (b *Base) Origin() Origin { return b.origin }

// Host returns the base's host for the screen, with its port unless that is the default.
func (b *Base) Host() string {
	return strings.TrimPrefix(b.origin.String(), b.origin.Scheme+"://")
}

// KeyEnv returns the environment variable of the service's key, such as API_KEY or FAL_KEY.
func (b *Base) KeyEnv() string { return b.service.keyEnv }

// KeyHeader returns the header for a key and its value. Comfy Router expects an API key in a header
// of its own, and a token (a JWT) as Bearer.
func (b *Base) KeyHeader(key string) (name, value string) {
	switch {
	case b.origin.Host == bearerHost:
		return "Authorization", "Bearer " + key
	case b.service.scheme != "":
		return b.service.keyHeader, b.service.scheme + " " + key
	case strings.HasPrefix(key, "eyJ"):
		return "Authorization", "Bearer " + key
	}
	return b.service.keyHeader, key
}

// BaseResolver returns a function that finds a base by its Identifier: a configured one, or a new
// one without a key. It returns the same base for the same identifier, because bases are compared
// by pointer.
func BaseResolver(configured []*Base) func(identifier string) (*Base, error) {
	bases := slices.Clone(configured)
	return func(identifier string) (*Base, error) {
		text, service, _ := strings.Cut(identifier, "#")
		for _, base := range bases {
			if base.text == text && (service == "" || base.Service() == service) {
				return base, nil
			}
		}
		base, err := ParseBaseAs(text, service)
		if err == nil {
			bases = append(bases, base)
		}
		return base, err
	}
}

// Identifier returns a text from which the base can be restored: its URL and, unless its host
// determines the service, the service in place of a fragment.
func (b *Base) Identifier() string {
	if plain, err := ParseBase(b.text); err == nil && plain.service == b.service {
		return b.text
	}
	return b.text + "#" + b.service.name
}
