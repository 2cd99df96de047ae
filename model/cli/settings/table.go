package settings

import (
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

// setting is a row of the table. A setting without a flag, a variable or a key can't be set
// there.
type setting struct {
	group       Group
	flag, short string // --flag and -short
	env         string // the environment variable
	key         string // the config file's key
	repeatable  bool   // it has any number of values
	boolean     bool
	section     string // the part of the help that names the flag; "" for General
	value       string // what the help calls the flag's value
	fallback    string // the default
	about       string
}

// table has all settings.
var table = slices.Concat(in(Polling, pollingTable), in(Sessions, sessionTable), in(Outputs, outputTable), in(Dashboard, dashboardTable))

// in sets the group of rows, and what all booleans have.
func in(group Group, rows []setting) []setting {
	for i := range rows {
		rows[i].group = group
		if rows[i].boolean {
			rows[i].value, rows[i].fallback = "bool", "false"
		}
	}
	return rows
}

// pollingTable are the settings about services and polling.
var pollingTable = []setting{
	{
		flag: "base-url", section: "Service", env: "BASE_URL", key: "base_url", repeatable: true, value: "URL", fallback: queue.DefaultBaseURL,
		about: "base URL of the API, which the key is sent to; repeat it to allow further ones",
	},
	{
		flag: "service", section: "Service", env: "POLLTOP_SERVICE", repeatable: true, value: "SERVICE",
		about: "service behind a base URL whose host is not known: " + strings.Join(queue.Services(), ", ") + "; repeat it, one for each base URL",
	},
	{
		flag: "endpoint", section: "Service", env: "ENDPOINT", key: "endpoint", value: "ENDPOINT",
		about: "model id that bare request ids belong to, such as wan26_i2v",
	},
	{
		env:   "API_KEY",
		about: "the API key; FAL_KEY and COMFY_API_KEY come before it for their own services",
	},
	{
		flag: "api-key-file", section: "Service", env: "POLLTOP_API_KEY_FILE", key: "api_key_file", value: "FILE",
		about: "file whose first line is the API key",
	},
	{
		flag: "header", section: "Service", short: "H", key: "headers", repeatable: true, value: "HEADER",
		about: "header of every request, such as 'NAME: VALUE', as curl has it; an Authorization header is the key; repeatable",
	},
	{
		flag: "rate", section: "Polling", env: "POLLTOP_RATE", key: "rate", value: "N", fallback: "10",
		about: "most requests per second to one host",
	},
	{
		flag: "concurrency", section: "Polling", env: "POLLTOP_CONCURRENCY", key: "concurrency", value: "N", fallback: "16",
		about: "most requests to one host at once",
	},
	{
		flag: "interval", section: "Polling", env: "POLLTOP_INTERVAL", key: "interval", value: "TIME", fallback: "1s",
		about: "least time between two polls of one task",
	},
	{
		flag: "request-timeout", section: "Polling", env: "POLLTOP_REQUEST_TIMEOUT", key: "request_timeout", value: "TIME", fallback: "15s",
		about: "most time for one request",
	},
	{
		flag: "results", section: "Polling", env: "POLLTOP_RESULTS", key: "results", boolean: true,
		about: "fetch the result of every task that succeeds, not only of those looked at; always on at fal, where only the result tells a failure",
	},
	{
		flag: "no-results", section: "Polling", env: "POLLTOP_NO_RESULTS", key: "no_results", boolean: true,
		about: "fetch no results by itself, also at fal: tasks that complete there end as unread, with exit status 3",
	},
	{
		flag: "insecure-http", section: "Service", env: "POLLTOP_INSECURE_HTTP", key: "insecure_http", boolean: true,
		about: "allow base URLs with plain http, over which the key travels in clear",
	},
	{
		flag: "log", env: "POLLTOP_LOG", key: "log", value: "FILE",
		about: "file to log to, as lines of JSON without the key: for bug reports",
	},
	{
		flag: "config", value: "FILE",
		about: "config file to read instead of polltop/config.toml in the user's config directory",
	},
	{
		env:   "STATUS_URL",
		about: "status URL of a task to watch when nothing else names one",
	},
	{
		env:   "REQUEST_ID",
		about: "request id of a task to watch when nothing else names one",
	},
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

// byKey returns the setting with the given key in the config file.
func byKey(key string) (setting, bool) {
	for _, s := range table {
		if s.key == key && key != "" {
			return s, true
		}
	}
	return setting{}, false
}

// usage returns what the help says of the setting's flag.
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
