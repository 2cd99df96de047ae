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
	e, ok := r.config.entries[s.key]
	if !ok && s.defaultValue != "" {
		e.values = []string{s.defaultValue}
	}
	e.from, e.err = cmp.Or(e.from, "the default of --"+flag), &r.err
	return e
}

// last returns the last value, "" without one.
func (e entry) last() string {
	if len(e.values) == 0 {
		return ""
	}
	return e.values[len(e.values)-1]
}

func (e entry) text() string { return strings.TrimSpace(e.last()) }

func (e entry) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", e.from, fmt.Errorf(format, args...))
}

func (e entry) reject(format string, args ...any) { *e.err = cmp.Or(*e.err, e.errorf(format, args...)) }

// setErr sets the resolver's error, unless an earlier one is set.
func (r *resolver) setErr(err error) { r.err = cmp.Or(r.err, err) }

func (e entry) number(least, limit float64) float64 {
	n, err := strconv.ParseFloat(e.text(), 64)
	if err != nil || math.IsNaN(n) || n < least || n > limit {
		e.reject("%q is not a number from %g to %g: write one such as 10 or 0.5", e.last(), least, limit)
	}
	return n
}

func (e entry) whole(least, limit int) int {
	n, err := strconv.Atoi(e.text())
	if err != nil || n < least || n > limit {
		e.reject("%q is not a whole number from %d to %d", e.last(), least, limit)
	}
	return n
}

// duration parses a duration of at least least. One without a unit is an error, because it could mean
// seconds or milliseconds.
func (e entry) duration(least time.Duration) time.Duration {
	text := e.text()
	d, err := time.ParseDuration(text)
	switch {
	case text != "" && strings.Trim(text, "+-.0123456789") == "":
		with := strings.TrimLeft(text, "+-") + "s"
		if e.precedence == fromConfig {
			with = strconv.Quote(with)
		}
		e.reject("%s has no unit: write %s", text, with)
	case err != nil:
		e.reject("%q is not a duration: write one such as 500ms, 5s or 1m30s", e.last())
	case d < least && least > 0:
		e.reject("%s is too short: write a duration over 0, such as 15s", text)
	case d < least:
		e.reject("%s is less than nothing: write 0s for none, or a duration such as 5s", text)
	}
	return d
}

// ParseDuration parses the value of a flag as a duration of at least 0, such as 5s.
func ParseDuration(flag, text string) (d time.Duration, err error) {
	d = entry{from: flag, values: []string{text}, err: &err}.duration(0)
	return d, err
}

// size parses a size in bytes.
func (e entry) size() int64 {
	n, err := humanize.ParseBytes(e.text())
	if err != nil || n == 0 || n > math.MaxInt64 {
		e.reject("%q is not a size: write one such as 500MB or 2GiB", e.last())
	}
	return int64(n)
}

func (e entry) boolean() bool {
	b, err := strconv.ParseBool(e.text())
	if err != nil {
		e.reject("%q is neither true nor false: write one of them", e.last())
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
		flags.VarPF(flagValue{setting{flag: oldTimeout, valueName: "TIME"}, f.values}, oldTimeout, "", "").Hidden = true
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

// Type returns the name of the value in the help.
func (v flagValue) Type() string { return v.setting.valueName }
