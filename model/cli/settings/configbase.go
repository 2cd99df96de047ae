package settings

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
)

// tableOfBases is the config file's table for a base URL with what belongs to it
// alone.
const tableOfBases = "base"

// baseKeys are the keys of the table, the first of which must be there.
var baseKeys = []string{"url", "service", "api_key_file"}

// readBases reads the [[base]] tables of a document with the given values.
func (c *config) readBases(text []byte, values map[string]any) error {
	if _, ok := values[tableOfBases]; !ok {
		return nil
	}
	var lines []int // of the tables, or of the one array that holds all of them
	for _, at := range keysIn(text) {
		if len(at.path) == 1 && at.key() == tableOfBases {
			lines = append(lines, at.line)
		}
	}
	lineOf := func(i int) int { return lines[min(i, len(lines)-1)] }
	tables, ok := values[tableOfBases].([]any)
	if !ok {
		return configError(c.path, lines[0], "base: write a table for each base URL: [[base]], then url, service and api_key_file in lines of their own")
	}
	if e, ok := c.entries["base_url"]; ok {
		return configError(c.path, e.line, "base_url and [[base]] both name base URLs: write a [[base]] with this url instead")
	}
	for i, element := range tables {
		table, ok := element.(map[string]any)
		if !ok {
			return configError(c.path, lineOf(i), "base: expected tables with url, service and api_key_file")
		}
		n, err := c.baseOf(table, lineOf(i))
		if err != nil {
			return configError(c.path, lineOf(i), "[[base]]: %w", err)
		}
		c.bases = append(c.bases, n)
	}
	return nil
}

// baseOf reads one [[base]] table.
func (c *config) baseOf(table map[string]any, line int) (namedBase, error) {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if !slices.Contains(baseKeys, key) {
			return namedBase{}, cmp.Or(keyInConfig(key), noSuchKey(key, baseKeys))
		}
		if text, ok := table[key].(string); !ok || strings.TrimSpace(text) == "" {
			return namedBase{}, errors.New(key + ": expected a string in quotes")
		}
	}
	at := func(key string) given {
		return given{from: configPlace(c.path, line) + ": [[base]]: " + key, rank: fromConfig}
	}
	text := func(key string) string { s, _ := table[key].(string); return s }
	if text("url") == "" {
		return namedBase{}, errors.New("url is missing: write the base URL, such as url = \"https://proxy.example/fal\"")
	}
	n := namedBase{url: text("url"), service: text("service"), at: at("url")}
	if path := text("api_key_file"); path != "" {
		n.key = keyPlace{path, at("api_key_file")}
	}
	return n, nil
}
