package settings

import "fmt"

// former is a setting's former names: they are refused with an error that says
// the new one.
type former struct {
	flag, env, key string // as in setting
	now            string // the setting's flag
	about          string // what is set
	hint           string // added for the flag, which a command may still have
}

// formerNames are the settings that have been renamed.
var formerNames = []former{
	{
		flag: "timeout", env: "POLLTOP_TIMEOUT", key: "timeout", now: "request-timeout",
		about: "the time for one request",
		hint:  " (only wait has a --timeout: the time for all tasks to end)",
	},
}

// refuseFormer returns an error for a flag or variable that has been renamed.
func (r *reading) refuseFormer() error {
	for _, old := range formerNames {
		if _, given := r.flags[old.flag]; given {
			return fmt.Errorf("--%s: %s is now --%s: rename it%s", old.flag, old.about, old.now, old.hint)
		}
		if r.env(old.env) != "" {
			return fmt.Errorf("%s in the environment: %s is now %s: rename it", old.env, old.about, byFlag(old.now).env)
		}
	}
	return nil
}
