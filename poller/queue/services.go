package queue

import (
	"fmt"
	"slices"
	"strings"
)

// Services returns the names of the services whose queue protocols polltop
// speaks.
func Services() []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.name
	}
	return names
}

// BaseURLOf returns the base URL that the service with the given name documents.
func BaseURLOf(name string) (string, error) {
	s, err := serviceNamed(name)
	switch {
	case err != nil:
		return "", err
	case s == services[0]:
		return DefaultBaseURL, nil
	}
	return "https://" + s.hosts[0], nil
}

// ParseBaseAs reads a base URL as ParseBase does. Its host speaks the service
// with the given name; with "" it is known by the host. A name that contradicts
// a host that is known is an error.
func ParseBaseAs(raw, name string) (*Base, error) {
	base, err := ParseBase(raw)
	if err != nil || name == "" {
		return base, err
	}
	named, err := serviceNamed(name)
	if err != nil {
		return nil, err
	}
	if slices.Contains(base.service.hosts, base.origin.Host) && base.service != named {
		url, _ := BaseURLOf(named.name)
		return nil, fmt.Errorf("%s speaks %s, not %s: the base URL of %[3]s is %s", base.origin.Host, base.service.name, named.name, url)
	}
	base.service = named
	return base, nil
}

// Service returns the name of the service that the base's host speaks.
func (b *Base) Service() string { return b.service.name }

// serviceNamed returns the service with the given name, in any case.
func serviceNamed(name string) (*service, error) {
	for _, s := range services {
		if strings.EqualFold(strings.TrimSpace(name), s.name) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%q is no service that polltop speaks: write one of %s", name, strings.Join(Services(), ", "))
}

// Serves reports whether the base's host may queue as the service with the given name does:
// a host that is known speaks its own alone, any other may speak each, unless it was
// given another service than the first by name.
func (b *Base) Serves(name string) bool {
	if b.Lists() {
		return false
	}
	known := slices.Contains(b.service.hosts, b.origin.Host)
	return b.service.name == name || !known && b.service == services[0]
}
