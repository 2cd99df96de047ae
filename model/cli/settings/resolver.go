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

// resolver resolves the settings. It stops at no error, and returns the first.
type resolver struct {
	flags     map[string][]string // by name; only those on the command line
	lookupEnv func(string) (string, bool)
	config    *config // empty without a config file
	err       error   // the first error

	keyFiles           map[*queue.Base]entry // the key files of single bases
	keysByPath         map[string]string     // the keys in the key files that have been read
	permissionWarnings []string              // about key files that other users can read
}

// precedence is the kind of source of a value. A higher one wins.
type precedence uint8

const (
	fromDefault precedence = iota
	fromConfig
	fromEnv
	fromFlag
)

// entry is the values of a setting and their source.
type entry struct {
	values     []string
	from       string // names the source in errors
	precedence precedence
	err        *error // set by reject, unless it is set already
}

// env returns an environment variable without blanks around it. An empty one counts as not set,
// because users unset a variable for a single command that way.
func (r *resolver) env(name string) string {
	text, _ := r.lookupEnv(name)
	return strings.TrimSpace(text)
}

// find returns the entry of a setting from the source with the highest precedence.
func (r *resolver) find(flag string) entry {
	s := byFlag(flag)
	if values, ok := r.flags[flag]; ok {
		return entry{values, "--" + flag, fromFlag, &r.err}
	}
	if text := r.env(s.env); text != "" {
		return entry{[]string{text}, s.env + " in the environment", fromEnv, &r.err}
	}
	g, ok := r.config.entries[s.key]
	if !ok && s.defaultValue != "" {
		g.values = []string{s.defaultValue}
	}
	g.from, g.err = cmp.Or(g.from, "the default of --"+flag), &r.err
	return g
}

// last returns the last value, "" without one.
func (g entry) last() string {
	if len(g.values) == 0 {
		return ""
	}
	return g.values[len(g.values)-1]
}

func (g entry) text() string { return strings.TrimSpace(g.last()) }

func (g entry) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", g.from, fmt.Errorf(format, args...))
}

func (g entry) reject(format string, args ...any) { *g.err = cmp.Or(*g.err, g.errorf(format, args...)) }

// setErr sets the resolver's error, unless an earlier one is set.
func (r *resolver) setErr(err error) { r.err = cmp.Or(r.err, err) }

func (g entry) number(least, limit float64) float64 {
	n, err := strconv.ParseFloat(g.text(), 64)
	if err != nil || math.IsNaN(n) || n < least || n > limit {
		g.reject("%q is not a number from %g to %g: write one such as 10 or 0.5", g.last(), least, limit)
	}
	return n
}

func (g entry) whole(least, limit int) int {
	n, err := strconv.Atoi(g.text())
	if err != nil || n < least || n > limit {
		g.reject("%q is not a whole number from %d to %d", g.last(), least, limit)
	}
	return n
}

// duration parses a duration of at least least. One without a unit is an error, because it could mean
// seconds or milliseconds.
func (g entry) duration(least time.Duration) time.Duration {
	text := g.text()
	d, err := time.ParseDuration(text)
	switch {
	case text != "" && strings.Trim(text, "+-.0123456789") == "":
		with := strings.TrimLeft(text, "+-") + "s"
		if g.precedence == fromConfig {
			with = strconv.Quote(with)
		}
		g.reject("%s has no unit: write %s", text, with)
	case err != nil:
		g.reject("%q is not a duration: write one such as 500ms, 5s or 1m30s", g.last())
	case d < least && least > 0:
		g.reject("%s is too short: write a duration over 0, such as 15s", text)
	case d < least:
		g.reject("%s is less than nothing: write 0s for none, or a duration such as 5s", text)
	}
	return d
}

// ParseDuration parses the value of a flag as a duration of at least 0, such as 5s.
func ParseDuration(flag, text string) (d time.Duration, err error) {
	d = entry{from: flag, values: []string{text}, err: &err}.duration(0)
	return d, err
}

// size parses a size in bytes.
func (g entry) size() int64 {
	n, err := humanize.ParseBytes(g.text())
	if err != nil || n == 0 || n > math.MaxInt64 {
		g.reject("%q is not a size: write one such as 500MB or 2GiB", g.last())
	}
	return int64(n)
}

func (g entry) boolean() bool {
	b, err := strconv.ParseBool(g.text())
	if err != nil {
		g.reject("%q is neither true nor false: write one of them", g.last())
	}
	return b
}

// Flags are the settings' flags on a command line.
type Flags struct {
	values map[string][]string // by name; only those on the command line
}

// SectionAnnotation is the annotation of a flag that holds its section of the help.
const SectionAnnotation = "section"

// Bind adds the flags of some groups of settings to a flag set. Resolve reads them once the flag set
// has parsed the command line. The settings of other groups have no flags there.
func Bind(flags *pflag.FlagSet, groups ...Group) *Flags {
	f := &Flags{values: map[string][]string{}}
	for _, s := range table {
		if s.flag == "" || !slices.Contains(groups, s.group) {
			continue
		}
		flag := flags.VarPF(flagValue{s, f.values}, s.flag, s.short, s.usage())
		_ = flags.SetAnnotation(s.flag, SectionAnnotation, []string{s.section}) // fails for an unknown flag only
		if s.boolean {
			flag.NoOptDefVal = "true"
		}
	}
	if slices.Contains(groups, Polling) && flags.Lookup(oldTimeout) == nil {
		flags.VarPF(flagValue{setting{flag: oldTimeout, value: "TIME"}, f.values}, oldTimeout, "", "").Hidden = true
	}
	return f
}

// flagValue stores the texts of a flag. It accepts any text: Resolve checks the values of all sources,
// and pflag's own message would show a refused text, which could be a header with the key.
type flagValue struct {
	setting setting
	values  map[string][]string
}

// Set stores a text: the last one, or all if the flag is repeatable.
func (v flagValue) Set(text string) error {
	if name := v.setting.flag; v.setting.repeatable {
		v.values[name] = append(v.values[name], text)
	} else {
		v.values[name] = []string{text}
	}
	return nil
}

// String returns the default, which pflag prints in the help.
func (v flagValue) String() string { return v.setting.defaultValue }

// Type returns what the help calls the flag's value.
func (v flagValue) Type() string { return v.setting.value }
