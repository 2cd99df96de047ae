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

// baseEntry is a base URL as the user gave it.
type baseEntry struct {
	url     string
	service string // "" to choose it by the host
	source  entry  // where the URL was given, for errors
	keyFile entry  // the key file for this base alone; without values if there is none
}

// resolveBases sets s.Bases. Plain http is an error unless the host is this machine or insecure is
// set, because the key would travel in clear.
func (r *resolver) resolveBases(s *Settings, insecure bool) {
	r.keyFiles = map[*queue.Base]entry{}
	seen := map[string]*queue.Base{}
	for _, n := range r.baseEntries() {
		base, err := queue.ParseBaseAs(n.url, n.service)
		if err != nil && strings.ContainsAny(n.url, "@?#") { // the text may hold a password or a token
			err = errors.New("a base URL has a scheme, a host and a path, and no user name, query or fragment: give one such as " + queue.DefaultBaseURL)
		}
		if err != nil {
			r.setErr(n.source.errorf("%w", err))
			return
		}
		if first := seen[base.String()]; first != nil {
			if first.Service() != base.Service() {
				r.setErr(n.source.errorf("%s is given for two services, %s and %s: give it once", base, first.Service(), base.Service()))
			}
			continue
		}
		seen[base.String()] = base
		if origin := base.Origin(); origin.Scheme == "http" && !origin.Loopback() {
			if !insecure {
				r.setErr(n.source.errorf("%s is plain http, over which the key would travel in clear: use https, or give --insecure-http if that is meant", base))
			}
			s.Warnings = append(s.Warnings, base.String()+" is plain http: the key travels in clear")
		}
		s.Bases = append(s.Bases, base)
		r.keyFiles[base] = n.keyFile
	}
}

// baseEntries returns the base URLs of the source with the highest precedence that gives any. The
// service and key file in a [[base]] table of the config file belong to its URL, also where a flag or
// a variable gives that. Where services are given without base URLs, their documented URLs are used.
func (r *resolver) baseEntries() []baseEntry {
	urls, services := r.find("base-url"), r.find("service")
	if services.precedence < urls.precedence { // they belong to the base URLs of their own source
		services.values = nil
	}
	var documented []string
	for _, service := range services.values {
		url, err := queue.BaseURLOf(service)
		if err != nil {
			services.reject("%w", err)
		}
		documented = append(documented, url)
	}
	tables := r.config.bases
	entries := slices.Clone(tables)
	if urls.precedence > fromDefault || len(tables) == 0 {
		if urls.precedence == fromDefault && len(documented) > 0 {
			urls.values, urls.from = documented, services.from
		}
		entries = nil
		for _, url := range urls.values {
			n := baseEntry{url: url, source: urls}
			if i := slices.IndexFunc(tables, func(t baseEntry) bool { return sameURL(url, t.url) }); i >= 0 {
				n.service, n.keyFile = tables[i].service, tables[i].keyFile
			}
			entries = append(entries, n)
		}
	}
	switch n := len(services.values); {
	case len(entries) == 0:
		urls.reject("names no base URL: the documented one is %s", queue.DefaultBaseURL)
	case n > 0 && n != len(entries):
		services.reject("%d given for %d base URLs: give one for each, in the same order", n, len(entries))
	case n > 0:
		for i, service := range services.values {
			entries[i].service = service
		}
	}
	return entries
}

func sameURL(a, b string) bool {
	trim := func(url string) string { return strings.TrimRight(strings.TrimSpace(url), "/") }
	return trim(a) == trim(b)
}

// baseTable is the name of the config file's table for one base URL.
const baseTable = "base"

// baseKeys are the keys of that table. The url is required.
var baseKeys = []string{"url", "service", "api_key_file"}

// readBases reads the [[base]] tables. lines holds the line of each table, or one line for an array of
// tables.
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
		n, err := c.parseBase(table, line)
		if err != nil {
			return configError(c.path, line, "[[base]]: %w", err)
		}
		c.bases = append(c.bases, n)
	}
	return nil
}

// parseBase reads one [[base]] table.
func (c *config) parseBase(table map[string]any, line int) (baseEntry, error) {
	texts := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if !slices.Contains(baseKeys, key) {
			return baseEntry{}, cmp.Or(checkNoAPIKey(key), noSuchKeyError(key, baseKeys))
		}
		text, _ := table[key].(string)
		if strings.TrimSpace(text) == "" {
			return baseEntry{}, errors.New(key + ": expected a string in quotes")
		}
		texts[key] = text
	}
	if texts["url"] == "" {
		return baseEntry{}, errors.New("url is missing: write the base URL, such as url = \"https://proxy.example/fal\"")
	}
	position := configPosition(c.path, line) + ": [[base]]: "
	n := baseEntry{url: texts["url"], service: texts["service"], source: entry{from: position + "url", precedence: fromConfig}}
	if file, ok := texts["api_key_file"]; ok {
		n.keyFile = entry{values: []string{file}, from: position + "api_key_file", precedence: fromConfig}
	}
	return n, nil
}
