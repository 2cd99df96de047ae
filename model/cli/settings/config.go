package settings

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"
)

// maxConfigSize bounds the size of a config file, in bytes.
const maxConfigSize = 1 << 20

// config is what a config file holds.
type config struct {
	path    string
	entries map[string]entry // by key
	bases   []baseEntry      // the [[base]] tables
}

func readConfig(path string) (*config, error) {
	text, info, err := readFile(path, maxConfigSize)
	switch {
	case errors.Is(err, errTooLong):
		return nil, configError(path, 0, "longer than 1 MiB, which is no config file")
	case err != nil:
		return nil, configError(path, 0, "can't be read: %w", err)
	}
	if err := checkTrust(path, info); err != nil {
		return nil, err
	}
	return parseConfig(path, bytes.TrimPrefix(text, []byte("\ufeff")))
}

// parseConfig parses a config file. It returns an error about the first wrong line.
func parseConfig(path string, text []byte) (*config, error) {
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		return nil, syntaxError(path, err)
	}
	c := &config{path: path, entries: map[string]entry{}}
	// The decoder reports the position of unknown keys alone. Decode into a struct without fields, so
	// that every key at the top is unknown.
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&struct{}{})
	unknown, ok := errors.AsType[*toml.StrictMissingError](err)
	if !ok {
		return c, nil // the file has no keys
	}
	var tables []int // the lines of the [[base]] tables, or of an array of tables
	for _, at := range unknown.Errors {
		key := at.Key()[0]
		line, _ := at.Position()
		if key == baseTable {
			tables = append(tables, line)
			continue
		}
		s, ok := byKey(key)
		if !ok {
			return nil, configError(path, line, "%w", unknownKeyError(key, values[key]))
		}
		texts, err := s.textsOf(values[key])
		if err != nil {
			return nil, configError(path, line, "%s: %w", key, err)
		}
		c.entries[key] = entry{values: texts, from: configPosition(path, line) + ": " + key, precedence: fromConfig}
	}
	if len(tables) == 0 {
		return c, nil
	}
	return c, c.readBases(values[baseTable], tables)
}

func syntaxError(path string, err error) error {
	line := 0
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ = decode.Position()
	}
	// The rest of the message quotes the file, where an API key may stand in a wrong place.
	reason, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "toml: "), ": strconv.")
	return configError(path, line, "not valid TOML: %s", reason)
}

// textsOf returns a TOML value as the texts of a flag. They are checked later, as those of flags are.
func (s setting) textsOf(value any) ([]string, error) {
	array, ok := value.([]any)
	if !ok {
		array = []any{value}
	}
	ok = !ok || s.repeatable
	texts := []string{}
	for _, element := range array {
		switch element.(type) {
		case string:
		case bool, int64, float64:
			ok = ok && !s.repeatable
		default:
			ok = false
		}
		texts = append(texts, fmt.Sprint(element))
	}
	switch {
	case ok:
		return texts, nil
	case s.repeatable:
		return nil, errors.New("expected a string in quotes, or an array of them")
	}
	return nil, errors.New("expected a single value, such as a string in quotes")
}

// unknownKeyError returns the error for a key that is none of polltop's.
func unknownKeyError(key string, value any) error {
	if err := checkNoAPIKey(key); err != nil {
		return err
	}
	if key == oldTimeout {
		return renamedError(key, byFlag("request-timeout").key)
	}
	switch {
	case isTable(value) && nearest(strings.ToLower(key), []string{baseTable}) != "":
		return fmt.Errorf("%s: there is no such table: did you mean [[base]]?", printable(key))
	case isTable(value):
		return fmt.Errorf("%s: there is no such table: all keys but those of a [[base]] stand at the top, outside of any [table]", printable(key))
	case slices.Contains(baseKeys, key):
		return fmt.Errorf("%s: it belongs to a base URL: write [[base]], and below it the url and its %[1]s", printable(key))
	}
	var keys []string
	for _, s := range table {
		if s.key != "" {
			keys = append(keys, s.key)
		}
	}
	return noSuchKeyError(key, keys)
}

// checkNoAPIKey returns an error if a config file's key holds the API key itself.
func checkNoAPIKey(key string) error {
	switch strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key)) {
	case "apikey", "key", "falkey", "comfyapikey", "authorization", "token":
		return fmt.Errorf("%s: the key does not belong in the config file, which gets copied and committed: write it to a file of its own and name that with api_key_file", printable(key))
	}
	return nil
}

// noSuchKeyError suggests the key that was probably meant, or lists the valid ones.
func noSuchKeyError(key string, valid []string) error {
	if near := nearest(strings.ReplaceAll(strings.ToLower(key), "-", "_"), valid); near != "" {
		return fmt.Errorf("%s: there is no such key: did you mean %s?", printable(key), near)
	}
	return fmt.Errorf("%s: there is no such key: there are %s", printable(key), strings.Join(slices.Sorted(slices.Values(valid)), ", "))
}

func isTable(value any) bool {
	if array, ok := value.([]any); ok && len(array) > 0 {
		value = array[0]
	}
	_, ok := value.(map[string]any)
	return ok
}

// nearest returns the candidate that cobra would suggest for a misspelled word, of several the one of
// the most similar length; "" if there is none.
func nearest(word string, candidates []string) string {
	keys := &cobra.Command{SuggestionsMinimumDistance: max(1, len(word)/3)}
	for _, key := range candidates {
		keys.AddCommand(&cobra.Command{Use: key, Run: func(*cobra.Command, []string) {}})
	}
	likely := keys.SuggestionsFor(word)
	if word == "" || len(likely) == 0 {
		return ""
	}
	difference := func(key string) int { return max(len(key)-len(word), len(word)-len(key)) }
	return slices.MinFunc(likely, func(a, b string) int { return difference(a) - difference(b) })
}
