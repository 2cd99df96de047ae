package settings

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// The bounds of the numbers. A rate below the least is a poll in a quarter of
// an hour; the most is a sweep without a limit.
const (
	rateLeast       = 0.001
	rateMost        = 100_000
	concurrencyMost = 1024
)

// Group says what a setting is about.
type Group uint8

// The groups of settings.
const (
	Polling   Group = iota // what is asked, and how
	Sessions               // where tasks come from and are kept
	Outputs                // which outputs are downloaded, and where to
	Dashboard              // what the dashboard does beside polling
)

// setting is a row of the table. A setting without a flag, a variable or a key can't be set there.
type setting struct {
	group       Group
	section     string // the part of the help that names the flag
	flag, short string // --flag and -short
	env         string // the environment variable: by default POLLTOP_ and the flag
	key         string // the config file's key: by default the flag
	repeatable  bool   // it has any number of values
	boolean     bool
	value       string // what the help calls the flag's value
	fallback    string // the default
	about       string
}

// none as a row's variable or key says that there is none.
const none = "-"

var table = slices.Concat(
	rows(Polling, "Service",
		setting{flag: "base-url", env: "BASE_URL", repeatable: true, value: "URL", fallback: queue.DefaultBaseURL,
			about: "base URL of the API, which the key is sent to; repeat it to allow further ones"},
		setting{flag: "service", key: none, repeatable: true, value: "SERVICE",
			about: "service behind a base URL whose host is not known: " + strings.Join(queue.Services(), ", ") + "; repeat it, one for each base URL"},
		setting{flag: "endpoint", env: "ENDPOINT", value: "ENDPOINT", about: "model id that bare request ids belong to, such as wan26_i2v"},
		setting{env: "API_KEY", about: "the API key; FAL_KEY and COMFY_API_KEY come before it for their own services"},
		setting{flag: "api-key-file", value: "FILE", about: "file whose first line is the API key"},
		setting{flag: "header", short: "H", env: none, key: "headers", repeatable: true, value: "HEADER",
			about: "header of every request, such as 'NAME: VALUE', as curl has it; an Authorization header is the key; repeatable"},
		setting{flag: "insecure-http", boolean: true, about: "allow base URLs with plain http, over which the key travels in clear"},
	),
	rows(Polling, "Polling",
		setting{flag: "rate", value: "N", fallback: "10", about: "most requests per second to one host"},
		setting{flag: "concurrency", value: "N", fallback: "16", about: "most requests to one host at once"},
		setting{flag: "interval", value: "TIME", fallback: "1s", about: "least time between two polls of one task"},
		setting{flag: "request-timeout", value: "TIME", fallback: "15s", about: "most time for one request"},
		setting{flag: "results", boolean: true,
			about: "fetch the result of every task that succeeds, not only of those looked at; always on at fal, where only the result tells a failure"},
		setting{flag: "no-results", boolean: true,
			about: "fetch no results by itself, also at fal: tasks that complete there end as unread, with exit status 3"},
	),
	rows(Polling, "General",
		setting{flag: "log", value: "FILE", about: "file to log to, as lines of JSON without the key: for bug reports"},
		setting{flag: "config", env: none, key: none, value: "FILE",
			about: "config file to read instead of polltop/config.toml in the user's config directory"},
		setting{env: "STATUS_URL", about: "status URL of a task to watch when nothing else names one"},
		setting{env: "REQUEST_ID", about: "request id of a task to watch when nothing else names one"},
	),
	rows(Sessions, "Session",
		setting{flag: "session", value: "NAME",
			about: "session that the tasks are kept in: on disk, or with nats://HOST:PORT/NAME in NATS; the dashboard's is default if none is named"},
		setting{flag: "share-payloads", boolean: true, about: "keep parameters, answers and results too in a session in NATS, where all see them"},
		setting{flag: "no-store", boolean: true, about: "keep nothing on disk"},
		setting{flag: "follow", env: none, key: none, repeatable: true, value: "FILE", about: "file to read tasks from as it grows; repeatable"},
		setting{flag: "label", env: none, key: none, value: "TEXT",
			about: "label of the tasks that are added: a column, a filter word (label:TEXT), and in exports"},
	),
	rows(Outputs, "Output",
		setting{flag: "download", boolean: true, about: "download the outputs of every task as it succeeds"},
		setting{flag: "output-dir", value: "DIR", fallback: "./polltop-out", about: "directory that outputs are downloaded to"},
		setting{flag: "max-download", value: "SIZE", fallback: "2GiB", about: "size beyond which an output is not downloaded"},
		setting{flag: "allow-private-outputs", boolean: true,
			about: "fetch outputs also from loopback, link-local and other private addresses that the base URL does not lie at"},
	),
	rows(Dashboard, "Output",
		setting{flag: "no-preview", boolean: true, about: "show no pictures in the detail pane"},
		setting{flag: "notify", value: "WHEN", fallback: "done", about: "when to notify: done, first-failure, failure or off"},
		setting{flag: "exec", value: "COMMAND", about: "command to run for each task that ends, with the task as JSON on its standard input"},
		setting{flag: "exec-payload", boolean: true, about: "give --exec the input of the task's payload too"},
		setting{flag: "slow-after", value: "TIME", fallback: "0s",
			about: "when a task counts as slow whose endpoint has fewer than 5 finished ones; 0s for never"},
		setting{flag: "reduced-motion", boolean: true, about: "do not brighten what has just changed"},
	),
)

// rows returns rows of the table with what they have in common, and their default names.
func rows(group Group, section string, rows ...setting) []setting {
	for i := range rows {
		s := &rows[i]
		s.group, s.section = group, section
		if s.boolean {
			s.value, s.fallback = "bool", "false"
		}
		name := strings.ReplaceAll(s.flag, "-", "_")
		s.env = strings.TrimPrefix(cmp.Or(s.env, "POLLTOP_"+strings.ToUpper(name)), none)
		s.key = strings.TrimPrefix(cmp.Or(s.key, name), none)
	}
	return rows
}

// byFlag returns the setting with the given flag, which must be in the table.
func byFlag(flag string) setting {
	for _, s := range table {
		if s.flag == flag {
			return s
		}
	}
	panic("settings: the table has no flag " + flag)
}

func byKey(key string) (setting, bool) {
	for _, s := range table {
		if s.key == key && key != "" {
			return s, true
		}
	}
	return setting{}, false
}

func (s setting) usage() string {
	if s.env == "" {
		return s.about
	}
	return s.about + " (env " + s.env + ")"
}

// MarkdownTable returns the table of all settings as the documentation shows it: a
// Markdown table with a line for each, and a line break at the end.
func MarkdownTable() string {
	var b strings.Builder
	b.WriteString("| Flag | Environment | Config file | Default | Meaning |\n")
	b.WriteString("| --- | --- | --- | --- | --- |\n")
	for _, s := range table {
		flag := s.flag
		if flag != "" {
			flag = "--" + flag
		}
		if s.short != "" {
			flag = "-" + s.short + ", " + flag
		}
		if flag != "" && !s.boolean {
			flag += " " + s.value
		}
		for _, cell := range []string{flag, s.env, s.key, s.fallback} {
			if cell != "" {
				cell = "`" + cell + "` "
			}
			b.WriteString("| " + cell)
		}
		b.WriteString("| " + s.about + " |\n")
	}
	return b.String()
}
