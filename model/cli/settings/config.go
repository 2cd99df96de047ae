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

// configMost bounds the size of a config file, in bytes.
const configMost = 1 << 20

type config struct {
	path    string
	entries map[string]given // by the keys
	bases   []namedBase      // the [[base]] tables
}

func readConfig(path string) (*config, error) {
	text, info, err := readFile(path, configMost)
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

// parseConfig reads a config file's text. The first wrong line is the error.
func parseConfig(path string, text []byte) (*config, error) {
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		return nil, syntaxError(path, err)
	}
	c := &config{path: path, entries: map[string]given{}}
	// Decoded into a structure without fields, every key and table at the top is one too many,
	// and is reported with its position.
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&struct{}{})
	unknown, ok := errors.AsType[*toml.StrictMissingError](err)
	if !ok {
		return c, nil // without keys
	}
	var tables []int // the lines of the [[base]] tables, or of the one array that holds all of them
	for _, at := range unknown.Errors {
		key := at.Key()[0]
		line, _ := at.Position()
		if key == tableOfBases {
			tables = append(tables, line)
			continue
		}
		s, ok := byKey(key)
		if !ok {
			return nil, configError(path, line, "%w", unknownKey(key, values[key]))
		}
		texts, err := s.textsOf(values[key])
		if err != nil {
			return nil, configError(path, line, "%s: %w", key, err)
		}
		c.entries[key] = given{values: texts, from: configPlace(path, line) + ": " + key, rank: fromConfig}
	}
	if len(tables) == 0 {
		return c, nil
	}
	return c, c.readBases(values[tableOfBases], tables)
}

func syntaxError(path string, err error) error {
	line := 0
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ = decode.Position()
	}
	// What follows shows the text itself, which may be a key in a wrong place.
	reason, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "toml: "), ": strconv.")
	return configError(path, line, "not valid TOML: %s", reason)
}

// textsOf returns a TOML value as the texts that the setting's flag would have been given. Whether
// these make sense is checked as for a flag.
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

// unknownKey explains a key that polltop does not know.
func unknownKey(key string, value any) error {
	if err := keyInConfig(key); err != nil {
		return err
	}
	if key == formerTimeout {
		return renamed(key, byFlag("request-timeout").key)
	}
	switch {
	case isTable(value) && nearest(strings.ToLower(key), []string{tableOfBases}) != "":
		return fmt.Errorf("%s: there is no such table: did you mean [[base]]?", shown(key))
	case isTable(value):
		return fmt.Errorf("%s: there is no such table: all keys but those of a [[base]] stand at the top, outside of any [table]", shown(key))
	case slices.Contains(baseKeys, key):
		return fmt.Errorf("%s: it belongs to a base URL: write [[base]], and below it the url and its %[1]s", shown(key))
	}
	var known []string
	for _, s := range table {
		if s.key != "" {
			known = append(known, s.key)
		}
	}
	return noSuchKey(key, known)
}

// keyInConfig refuses the API key itself in a config file.
func keyInConfig(key string) error {
	switch strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key)) {
	case "apikey", "key", "falkey", "comfyapikey", "authorization", "token":
		return fmt.Errorf("%s: the key does not belong in the config file, which gets copied and committed: write it to a file of its own and name that with api_key_file", shown(key))
	}
	return nil
}

// noSuchKey says which key was perhaps meant, or else which there are.
func noSuchKey(key string, known []string) error {
	if near := nearest(strings.ReplaceAll(strings.ToLower(key), "-", "_"), known); near != "" {
		return fmt.Errorf("%s: there is no such key: did you mean %s?", shown(key), near)
	}
	return fmt.Errorf("%s: there is no such key: there are %s", shown(key), strings.Join(slices.Sorted(slices.Values(known)), ", "))
}

func isTable(value any) bool {
	if array, ok := value.([]any); ok && len(array) > 0 {
		value = array[0]
	}
	_, ok := value.(map[string]any)
	return ok
}

// nearest returns the candidate that word is likely a misspelling of, as cobra suggests commands,
// of several the one of the most similar length; "" if it resembles none.
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
