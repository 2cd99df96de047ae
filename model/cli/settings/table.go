package settings

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// Bounds of --rate, in requests/s, and --concurrency. The least rate is a poll each quarter of an hour.
const (
	minRate        = 0.001
	maxRate        = 100_000
	maxConcurrency = 1024
)

// Group is a set of settings that a command has flags for together.
type Group uint8

// The groups of settings.
const (
	Polling   Group = iota // the service and its polls
	Sessions               // where tasks are read from and stored
	Outputs                // downloads
	Dashboard              // the dashboard and its notifications
)

// setting is a row of the table. A setting without a flag, a variable or a key can't be set there.
type setting struct {
	group        Group
	section      string // the part of the help that names the flag
	flag, short  string // --flag and -short
	env          string // the environment variable: by default POLLTOP_ and the flag
	key          string // the config file's key: by default the flag
	repeatable   bool   // it has any number of values
	boolean      bool
	valueName    string // the name of the value in the help
	defaultValue string // the default
	description  string
}

// noName as a row's variable or key says that it has none.
const noName = "-"

var table = slices.Concat(
	rows(Polling, "Service",
		setting{flag: "base-url", env: "BASE_URL", repeatable: true, valueName: "URL", defaultValue: queue.DefaultBaseURL,
			description: "base URL of the API, which the key is sent to; repeat it to allow further ones"},
		setting{flag: "service", key: noName, repeatable: true, valueName: "SERVICE",
			description: "service behind a base URL whose host is not known: " + strings.Join(queue.Services(), ", ") + "; repeat it, one for each base URL"},
		setting{flag: "endpoint", env: "ENDPOINT", valueName: "ENDPOINT", description: "model id that bare request ids belong to, such as wan26_i2v"},
		setting{env: "API_KEY", description: "the API key; FAL_KEY and COMFY_API_KEY come before it for their own services"},
		setting{flag: "api-key-file", valueName: "FILE", description: "file whose first line is the API key"},
		setting{flag: "header", short: "H", env: noName, key: "headers", repeatable: true, valueName: "HEADER",
			description: "header of every request, such as 'NAME: VALUE', as curl has it; an Authorization header is the key; repeatable"},
		setting{flag: "insecure-http", boolean: true, description: "allow base URLs with plain http, over which the key travels in clear"},
	),
	rows(Polling, "Polling",
		setting{flag: "rate", valueName: "N", defaultValue: "10", description: "most requests per second to one host"},
		setting{flag: "concurrency", valueName: "N", defaultValue: "16", description: "most requests to one host at once"},
		setting{flag: "interval", valueName: "TIME", defaultValue: "1s", description: "least time between two polls of one task"},
		setting{flag: "request-timeout", valueName: "TIME", defaultValue: "15s", description: "most time for one request"},
		setting{flag: "results", boolean: true,
			description: "fetch the result of every task that succeeds, not only of those looked at; always on at fal, where only the result tells a failure"},
		setting{flag: "no-results", boolean: true,
			description: "fetch no results by itself, also at fal: tasks that complete there end as unread, with exit status 3"},
	),
	rows(Polling, "General",
		setting{flag: "log", valueName: "FILE", description: "file to log to, as lines of JSON without the key: for bug reports"},
		setting{flag: "config", env: noName, key: noName, valueName: "FILE",
			description: "config file to read instead of polltop/config.toml in the user's config directory"},
		setting{env: "STATUS_URL", description: "status URL of a task to watch when nothing else names one"},
		setting{env: "REQUEST_ID", description: "request id of a task to watch when nothing else names one"},
	),
	rows(Sessions, "Session",
		setting{flag: "session", valueName: "NAME",
			description: "session that the tasks are kept in: on disk, or with nats://HOST:PORT/NAME in NATS; the dashboard's is default if none is named"},
		setting{flag: "share-payloads", boolean: true, description: "keep parameters, answers and results too in a session in NATS, where all see them"},
		setting{flag: "no-store", boolean: true, description: "keep nothing on disk"},
		setting{flag: "follow", env: noName, key: noName, repeatable: true, valueName: "FILE", description: "file to read tasks from as it grows; repeatable"},
		setting{flag: "label", env: noName, key: noName, valueName: "TEXT",
			description: "label of the tasks that are added: a column, a filter word (label:TEXT), and in exports"},
	),
	rows(Outputs, "Output",
		setting{flag: "download", boolean: true, description: "download the outputs of every task as it succeeds"},
		setting{flag: "output-dir", valueName: "DIR", defaultValue: "./polltop-out", description: "directory that outputs are downloaded to"},
		setting{flag: "max-download", valueName: "SIZE", defaultValue: "2GiB", description: "size beyond which an output is not downloaded"},
		setting{flag: "allow-private-outputs", boolean: true,
			description: "fetch outputs also from loopback, link-local and other private addresses that the base URL does not lie at"},
	),
	rows(Dashboard, "Output",
		setting{flag: "no-preview", boolean: true, description: "show no pictures in the detail pane"},
		setting{flag: "notify", valueName: "WHEN", defaultValue: "done", description: "when to notify: done, first-failure, failure or off"},
		setting{flag: "exec", valueName: "COMMAND", description: "command to run for each task that ends, with the task as JSON on its standard input"},
		setting{flag: "exec-payload", boolean: true, description: "give --exec the input of the task's payload too"},
		setting{flag: "slow-after", valueName: "TIME", defaultValue: "0s",
			description: "when a task counts as slow whose endpoint has fewer than 5 finished ones; 0s for never"},
		setting{flag: "reduced-motion", boolean: true, description: "do not brighten what has just changed"},
	),
)

// rows sets the group, the section and the default names of some rows of the table.
func rows(group Group, section string, rows ...setting) []setting {
	for i := range rows {
		s := &rows[i]
		s.group, s.section = group, section
		if s.boolean {
			s.valueName, s.defaultValue = "bool", "false"
		}
		name := strings.ReplaceAll(s.flag, "-", "_")
		s.env = strings.TrimPrefix(cmp.Or(s.env, "POLLTOP_"+strings.ToUpper(name)), noName)
		s.key = strings.TrimPrefix(cmp.Or(s.key, name), noName)
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
		return s.description
	}
	return s.description + " (env " + s.env + ")"
}

// MarkdownTable returns the documentation's table of all settings in Markdown.
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
			flag += " " + s.valueName
		}
		for _, cell := range []string{flag, s.env, s.key, s.defaultValue} {
			if cell != "" {
				cell = "`" + cell + "` "
			}
			b.WriteString("| " + cell)
		}
		b.WriteString("| " + s.description + " |\n")
	}
	return b.String()
}
