package settings

import (
	"math"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Notify says when a notification is due.
type Notify string

// What --notify takes.
const (
	NotifyDone         Notify = "done"          // when all have ended
	NotifyFirstFailure Notify = "first-failure" // at the first failure, and when all have ended
	NotifyFailure      Notify = "failure"       // at each failure, and when all have ended
	NotifyOff          Notify = "off"
)

// DashboardSettings are the settings about what the dashboard does beside polling.
type DashboardSettings struct {
	// OutputDir is where outputs are downloaded to, MaxDownload the size in
	// bytes beyond which one is not.
	OutputDir   string
	MaxDownload int64
	// Preview says that pictures are shown.
	Preview bool
	// AllowPrivateOutputs says that outputs are fetched from every address.
	AllowPrivateOutputs bool
	// Notify says when a notification is due.
	Notify Notify
	// Exec is the command that is run for each task that ends; "" for none.
	Exec string
	// SlowAfter is from when on a task counts as slow whose endpoint has too
	// few finished ones to tell; 0 for never.
	SlowAfter time.Duration
	// ReducedMotion keeps what has just changed from being drawn brighter.
	ReducedMotion bool
}

// dashboardTable are the rows of the table for DashboardSettings.
var dashboardTable = []setting{
	{
		flag: "output-dir", section: "Output", env: "POLLTOP_OUTPUT_DIR", key: "output_dir", value: "DIR", fallback: "./polltop-out",
		about: "directory that outputs are downloaded to",
	},
	{
		flag: "max-download", section: "Output", env: "POLLTOP_MAX_DOWNLOAD", key: "max_download", value: "SIZE", fallback: "2GiB",
		about: "size beyond which an output is not downloaded",
	},
	{
		flag: "no-preview", section: "Output", env: "POLLTOP_NO_PREVIEW", key: "no_preview", kind: kindBoolean, value: "bool", fallback: "false",
		about: "show no pictures in the detail pane",
	},
	{
		flag: "allow-private-outputs", section: "Output", env: "POLLTOP_ALLOW_PRIVATE_OUTPUTS", key: "allow_private_outputs", kind: kindBoolean, value: "bool", fallback: "false",
		about: "fetch outputs also from loopback, link-local and other private addresses that the base URL does not lie at",
	},
	{
		flag: "notify", section: "Output", env: "POLLTOP_NOTIFY", key: "notify", value: "WHEN", fallback: string(NotifyDone),
		about: "when to notify: done, first-failure, failure or off",
	},
	{
		flag: "exec", section: "Output", env: "POLLTOP_EXEC", key: "exec", value: "COMMAND",
		about: "command to run for each task that ends, with the task as JSON on its standard input",
	},
	{
		flag: "slow-after", section: "Output", env: "POLLTOP_SLOW_AFTER", key: "slow_after", kind: kindDuration, value: "TIME", fallback: "0s",
		about: "when a task counts as slow whose endpoint has fewer than 5 finished ones; 0s for never",
	},
	{
		flag: "reduced-motion", section: "Output", env: "POLLTOP_REDUCED_MOTION", key: "reduced_motion", kind: kindBoolean, value: "bool", fallback: "false",
		about: "do not brighten what has just changed",
	},
}

// resolveDashboard checks the settings of what the dashboard does beside polling.
func (r *reading) resolveDashboard() (DashboardSettings, error) {
	var a DashboardSettings
	var err error
	for flag, to := range map[string]*bool{"no-preview": &a.Preview, "reduced-motion": &a.ReducedMotion, "allow-private-outputs": &a.AllowPrivateOutputs} {
		if *to, err = r.find(flag).boolean(); err != nil {
			return a, err
		}
	}
	a.Preview = !a.Preview
	if a.SlowAfter, err = r.find("slow-after").duration(0); err != nil {
		return a, err
	}
	if a.MaxDownload, err = r.find("max-download").size(); err != nil {
		return a, err
	}
	dir := r.find("output-dir")
	if a.OutputDir = expand(strings.TrimSpace(dir.last())); a.OutputDir == "" {
		return a, dir.fail("the directory is empty: name one, such as ./polltop-out")
	}
	a.Exec = strings.TrimSpace(r.find("exec").last())
	notify := r.find("notify")
	switch a.Notify = Notify(strings.TrimSpace(notify.last())); a.Notify {
	case NotifyDone, NotifyFirstFailure, NotifyFailure, NotifyOff:
	default:
		return a, notify.fail("%q is none of done, first-failure, failure and off: write one of them", notify.last())
	}
	return a, nil
}

// size reads a size in bytes.
func (g given) size() (int64, error) {
	n, err := humanize.ParseBytes(strings.TrimSpace(g.last()))
	if err != nil || n == 0 || n > math.MaxInt64 {
		return 0, g.fail("%q is not a size: write one such as 500MB or 2GiB", g.last())
	}
	return int64(n), nil
}
