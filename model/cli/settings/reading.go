package settings

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"polltop/poller/queue"
)

type reading struct {
	flags  map[string][]string // by the flags' names; only those given
	lookup func(string) (string, bool)
	config *config // empty without a config file
	err    error   // the first wrong setting

	ownKeys map[*queue.Base]given // the key files of single bases
	files   map[string]string     // the keys in the key files that have been read, by the path
	open    []string              // warnings about those that others can read
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
	err    *error // where refuse notes the first error
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
		return given{values, "--" + flag, fromFlag, &r.err}
	}
	if text := r.env(s.env); text != "" {
		return given{[]string{text}, s.env + " in the environment", fromEnv, &r.err}
	}
	g, ok := r.config.entries[s.key]
	if !ok && s.fallback != "" {
		g.values = []string{s.fallback}
	}
	g.from, g.err = cmp.Or(g.from, "the default of --"+flag), &r.err
	return g
}

// last returns the value of a setting that has one, "" if there is none.
func (g given) last() string {
	if len(g.values) == 0 {
		return ""
	}
	return g.values[len(g.values)-1]
}

func (g given) text() string { return strings.TrimSpace(g.last()) }

func (g given) fail(format string, args ...any) error {
	return fmt.Errorf("%s: %w", g.from, fmt.Errorf(format, args...))
}

func (g given) refuse(format string, args ...any) { *g.err = cmp.Or(*g.err, g.fail(format, args...)) }

// note notes an error, if it is the first one.
func (r *reading) note(err error) { r.err = cmp.Or(r.err, err) }

func (g given) number(least, most float64) float64 {
	n, err := strconv.ParseFloat(g.text(), 64)
	if err != nil || math.IsNaN(n) || n < least || n > most {
		g.refuse("%q is not a number from %g to %g: write one such as 10 or 0.5", g.last(), least, most)
	}
	return n
}

func (g given) whole(least, most int) int {
	n, err := strconv.Atoi(g.text())
	if err != nil || n < least || n > most {
		g.refuse("%q is not a whole number from %d to %d", g.last(), least, most)
	}
	return n
}

// duration reads a duration of at least least. It refuses one without a unit, which could be
// seconds or milliseconds.
func (g given) duration(least time.Duration) time.Duration {
	text := g.text()
	d, err := time.ParseDuration(text)
	switch {
	case text != "" && strings.Trim(text, "+-.0123456789") == "":
		with := strings.TrimLeft(text, "+-") + "s"
		if g.rank == fromConfig {
			with = strconv.Quote(with)
		}
		g.refuse("%s has no unit: write %s", text, with)
	case err != nil:
		g.refuse("%q is not a duration: write one such as 500ms, 5s or 1m30s", g.last())
	case d < least && least > 0:
		g.refuse("%s is too short: write a duration over 0, such as 15s", text)
	case d < least:
		g.refuse("%s is less than nothing: write 0s for none, or a duration such as 5s", text)
	}
	return d
}

// ParseDuration reads a duration of at least 0 with a unit, such as 5s. The error names
// the flag that gave it.
func ParseDuration(flag, text string) (d time.Duration, err error) {
	d = given{from: flag, values: []string{text}, err: &err}.duration(0)
	return d, err
}

// size reads a size in bytes.
func (g given) size() int64 {
	n, err := humanize.ParseBytes(g.text())
	if err != nil || n == 0 || n > math.MaxInt64 {
		g.refuse("%q is not a size: write one such as 500MB or 2GiB", g.last())
	}
	return int64(n)
}

func (g given) boolean() bool {
	b, err := strconv.ParseBool(g.text())
	if err != nil {
		g.refuse("%q is neither true nor false: write one of them", g.last())
	}
	return b
}

// Flags are the settings' flags on a command line.
type Flags struct {
	given map[string][]string // the texts that each was given, by its name
}

// SectionAnnotation is the annotation of a flag that holds the part of the help which names it.
const SectionAnnotation = "section"

// Bind adds the flags of some groups of settings to a flag set. Resolve reads
// them once the flag set has parsed the command line; the settings of the other
// groups come from the environment, the config file and the defaults.
func Bind(flags *pflag.FlagSet, groups ...Group) *Flags {
	f := &Flags{given: map[string][]string{}}
	for _, s := range table {
		if s.flag == "" || !slices.Contains(groups, s.group) {
			continue
		}
		flag := flags.VarPF(value{s, f.given}, s.flag, s.short, s.usage())
		_ = flags.SetAnnotation(s.flag, SectionAnnotation, []string{s.section}) // the flag is there
		if s.boolean {
			flag.NoOptDefVal = "true"
		}
	}
	if slices.Contains(groups, Polling) && flags.Lookup(formerTimeout) == nil {
		flags.VarPF(value{setting{flag: formerTimeout, value: "TIME"}, f.given}, formerTimeout, "", "").Hidden = true
	}
	return f
}

// value notes what a flag was given. It takes any text: the check is the
// same for all sources and comes later, and pflag's own message for a refused
// text would show it, which could be a header with the key.
type value struct {
	setting setting
	given   map[string][]string
}

// Set takes a text. The last one counts, unless the flag is repeatable.
func (v value) Set(text string) error {
	if name := v.setting.flag; v.setting.repeatable {
		v.given[name] = append(v.given[name], text)
	} else {
		v.given[name] = []string{text}
	}
	return nil
}

// String returns the default, which is all of a flag that is ever printed.
func (v value) String() string { return v.setting.fallback }

// Type returns what the help calls the flag's value.
func (v value) Type() string { return v.setting.value }
