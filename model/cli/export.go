package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/poller/store"
	"polltop/views/report"
)

func exportCommand() *cobra.Command {
	var session, states, format, output string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the tasks of a session to a file or standard output",
		Example: `polltop export --state failed --format csv > failed.csv
polltop export --session batch-7 --output batch-7.md
polltop export --state failed --format ids | ./resubmit.sh`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&session, "session", "", "`NAME` of the session to export (default "+store.DefaultSession+")")
	cmd.Flags().StringVar(&states, "state", "", "only tasks in these `STATES`, such as failed,canceled")
	cmd.Flags().StringVar(&format, "format", "", "`FORMAT`: ndjson, json, csv, ids (a request id a line), requests (lines that polltop reads back), md or payloads (what polltop submitted, for polltop submit) (default: as the extension of --output says, else ndjson)")
	cmd.Flags().StringVarP(&output, "output", "o", "", "`FILE` to write to instead of standard output; an existing one is not overwritten")
	flags := settings.Bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		// No request is made, so wrong or missing settings do no harm.
		s, err := flags.Resolve(os.LookupEnv, false)
		if err != nil {
			s = &settings.Settings{}
		}
		e := export{source: s.Source(), session: cmp.Or(session, s.Session, store.DefaultSession), out: cmd.OutOrStdout(), errOut: cmd.ErrOrStderr(), output: output}
		if e.format, err = formatOf(format, output); err != nil {
			return err
		}
		if states != "" {
			if e.states, err = report.ParseStates(states); err != nil {
				return fmt.Errorf("--state: %w", err)
			}
		}
		return e.run()
	}
	return cmd
}

// formatOf returns the format to write: the one of --format, else that of the extension of --output.
func formatOf(format, output string) (report.Format, error) {
	if format == "" {
		if byExtension, ok := report.FormatOf(output); ok || output == "" {
			return cmp.Or(byExtension, report.NDJSON), nil
		}
		return "", fmt.Errorf("--output %s: no format has this extension: name one with --format", output)
	}
	parsed, err := report.ParseFormat(format)
	if err != nil {
		return "", fmt.Errorf("--format: %w", err)
	}
	return parsed, nil
}

// export is the work of one export command.
type export struct {
	source  paste.Source
	session string
	format  report.Format
	states  report.States // only tasks in these states; nil for all tasks
	out     io.Writer
	errOut  io.Writer
	output  string // path of the file to write; "" to write to out
}

func (e export) run() error {
	stored, err := openStore(e.session, &settings.Settings{}, false)
	if err != nil {
		return err
	}
	defer stored.Close()
	loaded, err := stored.Load(queue.BaseResolver(e.source.Bases))
	if err == nil {
		err = e.reportMissing(stored, loaded.Unreadable)
	}
	if err != nil {
		return sessionError(e.session, err)
	}
	tasks := slices.DeleteFunc(loaded.Tasks, func(t *poller.Task) bool { return e.states != nil && !e.states[t.State] })
	options := report.ExportOptions{Now: time.Now(), Source: e.source, Input: stored.Input, Result: func(seq int32) *queue.Result {
		raw, ok := stored.Result(seq)
		if decoded, fault := queue.DecodeResult(raw); ok && fault == nil {
			return &decoded
		}
		return nil // none is stored
	}}
	if e.format == report.Payloads {
		if e.states == nil || e.states[poller.Failed] { // payloads that created no task count as failed
			options.Unsubmitted = slices.DeleteFunc(loaded.Payloads, func(p *poller.Payload) bool { return p.State != poller.PayloadRejected })
		}
		withPayload := slices.DeleteFunc(slices.Clone(tasks), func(t *poller.Task) bool { return t.Payload == 0 })
		if n := len(tasks) - len(withPayload); n > 0 {
			printLines(e.errOut, fmt.Sprintf("%d of %d tasks are left out: polltop knows the payloads of what it submitted itself, with polltop submit, and of records that were given with their input", n, len(tasks)))
		}
	}
	if e.output != "" {
		return report.ExportFile(e.output, e.format, tasks, options)
	}
	// A reader that stops early, such as head, is no failure.
	if err := report.Export(e.out, e.format, tasks, options); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}

// reportMissing prints how many records of the session are not exported because they are damaged.
func (e export) reportMissing(stored sessionStore, unreadable int) error {
	advice := ": not exported"
	if onDisk, ok := stored.(*store.Store); ok {
		advice += ", polltop sessions repair " + e.session + " shows what is in them"
		records, err := onDisk.AsideRecords()
		if err != nil {
			return err
		}
		for _, a := range records {
			if a.Origin == "tasks" {
				unreadable++
			}
		}
	}
	if unreadable > 0 {
		printLines(e.errOut, store.UnreadableText(unreadable, natsstore.Redact(e.session))+advice)
	}
	return nil
}
