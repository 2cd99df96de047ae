package settings

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"polltop/poller/queue"
)

// reading has the sources of the settings.
type reading struct {
	flags  map[string][]string // by the flags' names; only those given
	lookup func(string) (string, bool)
	config *config             // nil without a config file
	files  map[string]*keyFile // by the path: those that have been read

	ownKeys map[*queue.Base]keyPlace // the key files of single bases
}

// rank is the kind of source of a value; a higher one wins.
type rank uint8

const (
	fromDefault rank = iota
	fromConfig
	fromEnv
	fromFlag
)

// given is a setting's values and their source.
type given struct {
	values []string
	from   string // names the place in errors
	rank   rank
}

// env returns a trimmed environment variable. An empty one counts as not set: people unset
// a variable for a single command that way.
func (r *reading) env(name string) string {
	text, _ := r.lookup(name)
	return strings.TrimSpace(text)
}

// find returns the setting's value from the first source that has one.
func (r *reading) find(flag string) given {
	s := byFlag(flag)
	if values, ok := r.flags[flag]; ok {
		return given{values: values, from: "--" + flag, rank: fromFlag}
	}
	if s.env != "" {
		if text := r.env(s.env); text != "" {
			return given{values: []string{text}, from: s.env + " in the environment", rank: fromEnv}
		}
	}
	if g, ok := r.config.find(s); ok {
		return g
	}
	g := given{from: "the default of --" + flag}
	if s.fallback != "" {
		g.values = []string{s.fallback}
	}
	return g
}

// last returns the value of a setting that has one, "" if there is none.
func (g given) last() string {
	if len(g.values) == 0 {
		return ""
	}
	return g.values[len(g.values)-1]
}

// fail returns an error that names the source.
func (g given) fail(format string, args ...any) error {
	return fmt.Errorf("%s: %w", g.from, fmt.Errorf(format, args...))
}

// number reads a number in the given bounds.
func (g given) number(least, most float64) (float64, error) {
	n, err := strconv.ParseFloat(strings.TrimSpace(g.last()), 64)
	if err != nil || math.IsNaN(n) || n < least || n > most {
		return 0, g.fail("%q is not a number from %g to %g: write one such as 10 or 0.5", g.last(), least, most)
	}
	return n, nil
}

// whole reads a whole number in the given bounds.
func (g given) whole(least, most int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(g.last()))
	if err != nil || n < least || n > most {
		return 0, g.fail("%q is not a whole number from %d to %d", g.last(), least, most)
	}
	return n, nil
}

// duration reads a duration of at least least. It refuses one without a unit, which could be
// seconds or milliseconds.
func (g given) duration(least time.Duration) (time.Duration, error) {
	text := strings.TrimSpace(g.last())
	if text != "" && strings.Trim(text, "+-.0123456789") == "" {
		with := strings.TrimLeft(text, "+-") + "s"
		if g.rank == fromConfig {
			with = strconv.Quote(with)
		}
		return 0, g.fail("%s has no unit: write %s", text, with)
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, g.fail("%q is not a duration: write one such as 500ms, 5s or 1m30s", g.last())
	case d < least && least > 0:
		return 0, g.fail("%s is too short: write a duration over 0, such as 15s", text)
	case d < least:
		return 0, g.fail("%s is less than nothing: write 0s for none, or a duration such as 5s", text)
	}
	return d, nil
}

// ParseDuration reads a duration of at least 0 with a unit, such as 5s. The error names
// the flag that gave it.
func ParseDuration(flag, text string) (time.Duration, error) {
	return given{from: flag, values: []string{text}}.duration(0)
}

// boolean reads a truth value.
func (g given) boolean() (bool, error) {
	b, err := strconv.ParseBool(strings.TrimSpace(g.last()))
	if err != nil {
		return false, g.fail("%q is neither true nor false: write one of them", g.last())
	}
	return b, nil
}
