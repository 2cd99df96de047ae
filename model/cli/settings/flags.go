package settings

import (
	"slices"

	"github.com/spf13/pflag"
)

// Flags are the settings' flags on a command line.
type Flags struct {
	values map[string]*value
}

// SectionAnnotation is the annotation of a flag that holds the part of the help which
// names it.
const SectionAnnotation = "section"

// Bind adds the flags of some groups of settings to a flag set. Resolve reads
// them once the flag set has parsed the command line; the settings of the other
// groups come from the environment, the config file and the defaults.
func Bind(flags *pflag.FlagSet, groups ...Group) *Flags {
	f := &Flags{values: map[string]*value{}}
	for _, s := range table {
		if s.flag == "" || !slices.Contains(groups, s.group) {
			continue
		}
		v := &value{setting: s}
		f.values[s.flag] = v
		flag := flags.VarPF(v, s.flag, s.short, s.usage())
		_ = flags.SetAnnotation(s.flag, SectionAnnotation, []string{s.section}) // the flag is there
		if s.boolean {
			flag.NoOptDefVal = "true"
		}
	}
	if slices.Contains(groups, Polling) && flags.Lookup(formerTimeout) == nil {
		v := &value{setting: setting{value: "TIME"}}
		f.values[formerTimeout] = v
		flags.VarPF(v, formerTimeout, "", "").Hidden = true
	}
	return f
}

// given returns the texts of the flags that were given, by the flags' names.
func (f *Flags) given() map[string][]string {
	given := map[string][]string{}
	for name, v := range f.values {
		if len(v.texts) > 0 {
			given[name] = v.texts
		}
	}
	return given
}

// value collects what a flag was given. It takes any text: the check is the
// same for all sources and comes later, and pflag's own message for a refused
// text would show it, which could be a header with the key.
type value struct {
	setting setting
	texts   []string
}

// Set takes a text. The last one counts, unless the flag is repeatable.
func (v *value) Set(text string) error {
	if !v.setting.repeatable {
		v.texts = v.texts[:0]
	}
	v.texts = append(v.texts, text)
	return nil
}

// String returns the default, which is all of a flag that is ever printed.
func (v *value) String() string { return v.setting.fallback }

// Type returns what the help calls the flag's value.
func (v *value) Type() string { return v.setting.value }
