package settings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// namedBase is a base URL as the user gave it, with what was given for it alone.
type namedBase struct {
	url     string
	service string // "" to find it by the host
	at      given  // names the place in errors
	key     given  // the key file for it alone
}

// resolveBases reads the base URLs. Plain http is refused for all but this
// machine unless insecure is set, as the key would travel in clear.
func (r *reading) resolveBases(s *Settings, insecure bool) {
	r.ownKeys = map[*queue.Base]given{}
	seen := map[string]*queue.Base{}
	for _, n := range r.namedBases() {
		base, err := queue.ParseBaseAs(n.url, n.service)
		if err != nil && strings.ContainsAny(n.url, "@?#") { // the text may hold a password or a token
			err = errors.New("a base URL has a scheme, a host and a path, and no user name, query or fragment: give one such as " + queue.DefaultBaseURL)
		}
		if err != nil {
			r.note(n.at.fail("%w", err))
			return
		}
		if first := seen[base.String()]; first != nil {
			if first.Service() != base.Service() {
				r.note(n.at.fail("%s is given for two services, %s and %s: give it once", base, first.Service(), base.Service()))
			}
			continue
		}
		seen[base.String()] = base
		if origin := base.Origin(); origin.Scheme == "http" && !origin.Loopback() {
			if !insecure {
				r.note(n.at.fail("%s is plain http, over which the key would travel in clear: use https, or give --insecure-http if that is meant", base))
			}
			s.Warnings = append(s.Warnings, base.String()+" is plain http: the key travels in clear")
		}
		s.Bases = append(s.Bases, base)
		r.ownKeys[base] = n.key
	}
}

// namedBases returns the base URLs from the first place that gives any, each with its service
// and key file. A [[base]] table of the config file is about its URL wherever that is given.
// Services that are given without any base URL stand for the URLs that they document.
func (r *reading) namedBases() []namedBase {
	urls, services := r.find("base-url"), r.find("service")
	if services.rank < urls.rank { // a variable says nothing about base URLs that flags name
		services.values = nil
	}
	var documented []string
	for _, service := range services.values {
		url, err := queue.BaseURLOf(service)
		if err != nil {
			services.refuse("%w", err)
		}
		documented = append(documented, url)
	}
	tables := r.config.bases
	named := slices.Clone(tables)
	if urls.rank > fromDefault || len(tables) == 0 {
		if urls.rank == fromDefault && len(documented) > 0 {
			urls.values, urls.from = documented, services.from
		}
		named = nil
		for _, url := range urls.values {
			n := namedBase{url: url, at: urls}
			if i := slices.IndexFunc(tables, func(t namedBase) bool { return sameURL(url, t.url) }); i >= 0 {
				n.service, n.key = tables[i].service, tables[i].key
			}
			named = append(named, n)
		}
	}
	switch n := len(services.values); {
	case len(named) == 0:
		urls.refuse("names no base URL: the documented one is %s", queue.DefaultBaseURL)
	case n > 0 && n != len(named):
		services.refuse("%d given for %d base URLs: give one for each, in the same order", n, len(named))
	case n > 0:
		for i, service := range services.values {
			named[i].service = service
		}
	}
	return named
}

func sameURL(a, b string) bool {
	trim := func(url string) string { return strings.TrimRight(strings.TrimSpace(url), "/") }
	return trim(a) == trim(b)
}

// tableOfBases is the config file's table for a base URL with what belongs to it alone.
const tableOfBases = "base"

// baseKeys are the keys of the table, the first of which must be there.
var baseKeys = []string{"url", "service", "api_key_file"}

// readBases reads the value of base, which should be [[base]] tables, at some lines: one of each
// table, or that of the array of all.
func (c *config) readBases(value any, lines []int) error {
	tables, ok := value.([]any)
	if !ok {
		return configError(c.path, lines[0], "base: write a table for each base URL: [[base]], then url, service and api_key_file in lines of their own")
	}
	if urls, ok := c.entries["base_url"]; ok {
		return fmt.Errorf("%s and [[base]] both name base URLs: write a [[base]] with this url instead", urls.from)
	}
	for i, element := range tables {
		line := lines[min(i, len(lines)-1)]
		table, ok := element.(map[string]any)
		if !ok {
			return configError(c.path, line, "base: expected tables with url, service and api_key_file")
		}
		n, err := c.baseOf(table, line)
		if err != nil {
			return configError(c.path, line, "[[base]]: %w", err)
		}
		c.bases = append(c.bases, n)
	}
	return nil
}

func (c *config) baseOf(table map[string]any, line int) (namedBase, error) {
	texts := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if !slices.Contains(baseKeys, key) {
			return namedBase{}, cmp.Or(keyInConfig(key), noSuchKey(key, baseKeys))
		}
		text, _ := table[key].(string)
		if strings.TrimSpace(text) == "" {
			return namedBase{}, errors.New(key + ": expected a string in quotes")
		}
		texts[key] = text
	}
	if texts["url"] == "" {
		return namedBase{}, errors.New("url is missing: write the base URL, such as url = \"https://proxy.example/fal\"")
	}
	place := configPlace(c.path, line) + ": [[base]]: "
	n := namedBase{url: texts["url"], service: texts["service"], at: given{from: place + "url", rank: fromConfig}}
	if file, ok := texts["api_key_file"]; ok {
		n.key = given{values: []string{file}, from: place + "api_key_file", rank: fromConfig}
	}
	return n, nil
}
