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

// Base is a base URL that the user configured: the only kind of place that the
// user's key is ever sent to. Bases are compared by pointer.
type Base struct {
	text    string // without a slash at the end
	url     *url.URL
	origin  Origin
	service *service
}

// Origin is the scheme, host and port of a URL, with the port always given. Two
// URLs with equal origins are the same place as far as credentials go.
type Origin struct {
	Scheme, Host, Port string
}

// ports are the usual ports of the schemes.
var ports = map[string]string{"http": "80", "https": "443"}

// OriginOf returns the origin of a URL.
func OriginOf(u *url.URL) Origin {
	scheme := strings.ToLower(u.Scheme)
	return Origin{Scheme: scheme, Host: strings.ToLower(u.Hostname()), Port: cmp.Or(u.Port(), ports[scheme])}
}

// String returns the origin as a URL, without the port where it is the scheme's own.
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

// Loopback reports whether the origin is this machine: localhost or a loopback address.
func (o Origin) Loopback() bool { return literalKind(o.Host) == "loopback" }

// ParseBase reads a base URL such as https://cloud.seaart.ai/model. It refuses
// what is not an absolute http or https URL, and user names, queries and
// fragments, none of which a base can carry.
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

// String returns the base URL without a slash at the end.
func (b *Base) String() string { return b.text }

// Origin returns the base's scheme, host and port.
func (b *Base) Origin() Origin { return b.origin }

// Host returns the base's host, with its port where that is not the scheme's
// own: the name to show on the screen.
func (b *Base) Host() string {
	return strings.TrimPrefix(b.origin.String(), b.origin.Scheme+"://")
}

// KeyEnv returns the environment variable in which users of the base's service
// keep their key, such as API_KEY or FAL_KEY.
func (b *Base) KeyEnv() string { return b.service.keyEnv }

// KeyHeader returns the header that carries a key to the base's service, and its value. Comfy
// Router takes an API key in a header of its own, and a token (a JWT) as others do.
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

// BaseOf returns a function that returns the base with a given URL: one of those configured, or
// else one that there is no key for, and always the same for the same URL, as bases are compared
// by pointer. An address is what Named returns.
func BaseOf(configured []*Base) func(address string) (*Base, error) {
	known := slices.Clone(configured)
	return func(address string) (*Base, error) {
		text, service, _ := strings.Cut(address, "#")
		for _, base := range known {
			if base.text == text && (service == "" || base.Service() == service) {
				return base, nil
			}
		}
		base, err := ParseBaseAs(text, service)
		if err == nil {
			known = append(known, base)
		}
		return base, err
	}
}

// Named returns the base's URL and, where its host does not show the service, that behind it in
// place of a fragment: so that it is known again from a text alone.
func (b *Base) Named() string {
	if plain, err := ParseBase(b.text); err == nil && plain.service == b.service {
		return b.text
	}
	return b.text + "#" + b.service.name
}
