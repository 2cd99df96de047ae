package journal

import (
	"runtime"
	"time"
)

// Start describes a start for the log. It has no value that may be a secret: of flags it has the
// names only.
type Start struct {
	Version string
	// Command is the command, such as wait; "" for the dashboard.
	Command string
	// Flags are the names of those given, and Arguments counts the others.
	Flags     []string
	Arguments int
	// Bases are the base URLs.
	Bases          []string
	Rate           float64
	Concurrency    int
	Interval       time.Duration
	RequestTimeout time.Duration
	Session        string
	Results        bool
	Tasks          int
}

// Start logs a start.
func (j *Journal) Start(s Start) {
	if j == nil {
		return
	}
	j.log.Info("start",
		"version", s.Version, "os", runtime.GOOS, "arch", runtime.GOARCH, "go", runtime.Version(),
		"command", s.Command, "flags", j.list(s.Flags), "arguments", s.Arguments, "tasks", s.Tasks,
		"bases", j.list(s.Bases), "rate", s.Rate, "concurrency", s.Concurrency,
		"interval_s", seconds(s.Interval), "request_timeout_s", seconds(s.RequestTimeout), "session", s.Session, "results", s.Results)
}

// list returns texts without the user's secrets.
func (j *Journal) list(texts []string) []string {
	clean := []string{}
	for _, text := range texts {
		clean = append(clean, j.redact(text))
	}
	return clean
}
