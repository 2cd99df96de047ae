package settings

import (
	"strings"

	"polltop/poller/queue"
)

// namedBase is a base URL as the user gave it, with what was given for it alone.
type namedBase struct {
	url     string
	service string // "" to tell it from the host
	at      given  // names the place in errors
	key     keyPlace
}

// keyPlace is a key file for one base, and where it was named. The zero value
// is none.
type keyPlace struct {
	path string
	at   given
}

// resolveBases reads the base URLs. Plain http is refused for all but this
// machine, as the key would travel in clear.
func (r *reading) resolveBases(s *Settings) error {
	insecure, err := r.find("insecure-http").boolean()
	if err != nil {
		return err
	}
	named, err := r.namedBases()
	if err != nil {
		return err
	}
	r.ownKeys = map[*queue.Base]keyPlace{}
	seen := map[string]*queue.Base{}
	for _, n := range named {
		base, err := n.parse()
		if err != nil {
			return err
		}
		if first := seen[base.String()]; first != nil {
			if first.Service() != base.Service() {
				return n.at.fail("%s is given for two services, %s and %s: give it once", base, first.Service(), base.Service())
			}
			continue
		}
		seen[base.String()] = base
		if origin := base.Origin(); origin.Scheme == "http" && !origin.Loopback() {
			if !insecure {
				return n.at.fail("%s is plain http, over which the key would travel in clear: use https, or give --insecure-http if that is meant", base)
			}
			s.Warnings = append(s.Warnings, base.String()+" is plain http: the key travels in clear")
		}
		s.Bases = append(s.Bases, base)
		if n.key.path != "" {
			r.ownKeys[base] = n.key
		}
	}
	return nil
}

// parse checks the base.
func (n namedBase) parse() (*queue.Base, error) {
	base, err := queue.ParseBaseAs(n.url, n.service)
	switch {
	case err != nil && strings.ContainsAny(n.url, "@?#"):
		// The text may hold a password or a token.
		return nil, n.at.fail("a base URL has a scheme, a host and a path, and no user name, query or fragment: give one such as %s", queue.DefaultBaseURL)
	case err != nil:
		return nil, n.at.fail("%w", err)
	}
	return base, nil
}

// namedBases returns the base URLs from the first place that gives any, each
// with its service and key file.
func (r *reading) namedBases() ([]namedBase, error) {
	urls, services := r.find("base-url"), r.find("service")
	named, err := r.urlsOf(urls, services)
	if err != nil {
		return nil, err
	}
	// A variable says nothing about base URLs that flags name.
	if services.rank < max(fromEnv, urls.rank) {
		return named, nil
	}
	if len(services.values) != len(named) {
		return nil, services.fail("%d given for %d base URLs: give one for each, in the same order", len(services.values), len(named))
	}
	for i, service := range services.values {
		if _, err := queue.BaseURLOf(service); err != nil {
			return nil, services.fail("%w", err)
		}
		named[i].service = service
	}
	return named, nil
}

// urlsOf returns the base URLs. A [[base]] table of the config file tells of its
// URL wherever that is given. Services that are given without any base URL stand
// for the URLs that they document.
func (r *reading) urlsOf(urls, services given) ([]namedBase, error) {
	var tables []namedBase
	if r.config != nil {
		tables = r.config.bases
	}
	if urls.rank < fromConfig && len(tables) > 0 {
		return append([]namedBase{}, tables...), nil
	}
	if urls.rank == fromDefault && len(services.values) > 0 {
		urls.values, urls.from = nil, services.from
		for _, service := range services.values {
			url, err := queue.BaseURLOf(service)
			if err != nil {
				return nil, services.fail("%w", err)
			}
			urls.values = append(urls.values, url)
		}
	}
	if len(urls.values) == 0 {
		return nil, urls.fail("names no base URL: the documented one is %s", queue.DefaultBaseURL)
	}
	var named []namedBase
	for _, url := range urls.values {
		n := namedBase{url: url, at: urls}
		for _, table := range tables {
			if sameURL(url, table.url) {
				n.service, n.key = table.service, table.key
			}
		}
		named = append(named, n)
	}
	return named, nil
}

// sameURL reports whether two texts are the same base URL.
func sameURL(a, b string) bool {
	trim := func(url string) string { return strings.TrimRight(strings.TrimSpace(url), "/") }
	return trim(a) == trim(b)
}
