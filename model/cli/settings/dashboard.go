package settings

import (
	"cmp"
	"math"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// DashboardSettings are the settings about what the dashboard does beside polling.
type DashboardSettings struct {
	// Download has the outputs of every task that succeeds downloaded.
	Download bool
	// OutputDir is where outputs are downloaded to, MaxDownload the size in
	// bytes beyond which one is not.
	OutputDir   string
	MaxDownload int64
	// Preview says that pictures are shown.
	Preview bool
	// AllowPrivateOutputs says that outputs are fetched from every address.
	AllowPrivateOutputs bool
	// Notify says when a notification is due.
	Notify string
	// Exec is the command that is run for each task that ends; "" for none.
	Exec string
	// ExecPayload gives it the input of the task's payload too.
	ExecPayload bool
	// SlowAfter is from when on a task counts as slow whose endpoint has too
	// few finished ones to tell; 0 for never.
	SlowAfter time.Duration
	// ReducedMotion keeps what has just changed from being drawn brighter.
	ReducedMotion bool
}

// outputTable are the rows of the table for the outputs in DashboardSettings.
var outputTable = []setting{
	{
		flag: "download", section: "Output", env: "POLLTOP_DOWNLOAD", key: "download", boolean: true,
		about: "download the outputs of every task as it succeeds",
	},
	{
		flag: "output-dir", section: "Output", env: "POLLTOP_OUTPUT_DIR", key: "output_dir", value: "DIR", fallback: "./polltop-out",
		about: "directory that outputs are downloaded to",
	},
	{
		flag: "max-download", section: "Output", env: "POLLTOP_MAX_DOWNLOAD", key: "max_download", value: "SIZE", fallback: "2GiB",
		about: "size beyond which an output is not downloaded",
	},
	{
		flag: "allow-private-outputs", section: "Output", env: "POLLTOP_ALLOW_PRIVATE_OUTPUTS", key: "allow_private_outputs", boolean: true,
		about: "fetch outputs also from loopback, link-local and other private addresses that the base URL does not lie at",
	},
}

// dashboardTable are the other rows of the table for DashboardSettings.
var dashboardTable = []setting{
	{
		flag: "no-preview", section: "Output", env: "POLLTOP_NO_PREVIEW", key: "no_preview", boolean: true,
		about: "show no pictures in the detail pane",
	},
	{
		flag: "notify", section: "Output", env: "POLLTOP_NOTIFY", key: "notify", value: "WHEN", fallback: "done",
		about: "when to notify: done, first-failure, failure or off",
	},
	{
		flag: "exec", section: "Output", env: "POLLTOP_EXEC", key: "exec", value: "COMMAND",
		about: "command to run for each task that ends, with the task as JSON on its standard input",
	},
	{
		flag: "exec-payload", section: "Output", env: "POLLTOP_EXEC_PAYLOAD", key: "exec_payload", boolean: true,
		about: "give --exec the input of the task's payload too",
	},
	{
		flag: "slow-after", section: "Output", env: "POLLTOP_SLOW_AFTER", key: "slow_after", value: "TIME", fallback: "0s",
		about: "when a task counts as slow whose endpoint has fewer than 5 finished ones; 0s for never",
	},
	{
		flag: "reduced-motion", section: "Output", env: "POLLTOP_REDUCED_MOTION", key: "reduced_motion", boolean: true,
		about: "do not brighten what has just changed",
	},
}

// resolveDashboard checks the settings of what the dashboard does beside polling.
func (r *reading) resolveDashboard() (DashboardSettings, error) {
	var d DashboardSettings
	var errs [7]error // the first one counts
	noPreview, err := r.find("no-preview").boolean()
	d.Preview, errs[0] = !noPreview, err
	d.ReducedMotion, errs[1] = r.find("reduced-motion").boolean()
	d.AllowPrivateOutputs, errs[2] = r.find("allow-private-outputs").boolean()
	d.SlowAfter, errs[3] = r.find("slow-after").duration(0)
	d.MaxDownload, errs[4] = r.find("max-download").size()
	d.Download, errs[5] = r.find("download").boolean()
	d.ExecPayload, errs[6] = r.find("exec-payload").boolean()
	if err := cmp.Or(errs[:]...); err != nil {
		return d, err
	}
	dir := r.find("output-dir")
	if d.OutputDir = Expand(strings.TrimSpace(dir.last())); d.OutputDir == "" {
		return d, dir.fail("the directory is empty: name one, such as ./polltop-out")
	}
	d.Exec = strings.TrimSpace(r.find("exec").last())
	when := r.find("notify")
	switch d.Notify = strings.TrimSpace(when.last()); d.Notify {
	case "done", "first-failure", "failure", "off":
	default:
		return d, when.fail("%q is none of done, first-failure, failure and off: write one of them", when.last())
	}
	return d, nil
}

// size reads a size in bytes.
func (g given) size() (int64, error) {
	n, err := humanize.ParseBytes(strings.TrimSpace(g.last()))
	if err != nil || n == 0 || n > math.MaxInt64 {
		return 0, g.fail("%q is not a size: write one such as 500MB or 2GiB", g.last())
	}
	return int64(n), nil
}
