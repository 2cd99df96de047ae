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
		e := export{source: s.Source(), out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), output: output}
		if e.format, err = formatOf(format, output); err != nil {
			return err
		}
		if states != "" {
			if e.states, err = report.ParseStates(states); err != nil {
				return fmt.Errorf("--state: %w", err)
			}
		}
		return e.run(cmp.Or(session, s.Session, store.DefaultSession))
	}
	return cmd
}

// formatOf returns the format to export in.
func formatOf(format, output string) (report.Format, error) {
	if format == "" {
		if known, ok := report.FormatOf(output); ok || output == "" {
			return cmp.Or(known, report.NDJSON), nil
		}
		return "", fmt.Errorf("--output %s: no format has this extension: name one with --format", output)
	}
	known, err := report.ParseFormat(format)
	if err != nil {
		return "", fmt.Errorf("--format: %w", err)
	}
	return known, nil
}

// export has the options of the command.
type export struct {
	source paste.Source
	format report.Format
	states report.States // nil for all
	out    io.Writer
	errs   io.Writer
	output string // a file instead of out, "" for none
}

// run exports a session.
func (e export) run(session string) error {
	kept, err := openExported(session)
	if err != nil {
		return err
	}
	defer kept.Close()
	loaded, err := kept.Load(queue.BaseOf(e.source.Bases))
	if err != nil {
		return sessionError(session, err)
	}
	if err := e.reportMissing(kept, session, loaded.Unreadable); err != nil {
		return sessionError(session, err)
	}
	tasks := slices.DeleteFunc(loaded.Tasks, func(t *poller.Task) bool { return e.states != nil && !e.states[t.State] })
	options := report.ExportOptions{Now: time.Now(), Source: e.source, Input: kept.Input, Result: func(seq int32) *queue.Result { return resultOf(kept, seq) }}
	if e.format == report.Payloads {
		options.Unsubmitted = e.unsubmitted(loaded.Payloads)
		e.reportUnknown(tasks)
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

// openExported opens a session for reading.
func openExported(session string) (sessionStore, error) {
	if natsstore.Is(session) {
		return openShared(session, &settings.Settings{}, false)
	}
	path, err := store.PathOf(store.Dir(), session)
	if err != nil {
		return nil, fmt.Errorf("--session: %w", err)
	}
	kept, err := store.View(path)
	if err != nil {
		return nil, sessionError(session, err)
	}
	return kept, nil
}

// unsubmitted returns the payloads that created no task: they count as failed.
func (e export) unsubmitted(payloads []*poller.Payload) []*poller.Payload {
	if e.states != nil && !e.states[poller.Failed] {
		return nil
	}
	return slices.DeleteFunc(payloads, func(p *poller.Payload) bool { return p.State != poller.PayloadRejected })
}

// reportUnknown prints how many tasks have no payload that polltop knows.
func (e export) reportUnknown(tasks []*poller.Task) {
	n := 0
	for _, t := range tasks {
		if t.Payload == 0 {
			n++
		}
	}
	if n > 0 {
		printLine(e.errs, fmt.Sprintf("%d of %d tasks are left out: polltop knows the payloads of what it submitted itself, with polltop submit, and of records that were given with their input", n, len(tasks)))
	}
}

// reportMissing prints how many records of the session are not in the export, because they are
// unreadable or were put aside.
func (e export) reportMissing(kept sessionStore, session string, unreadable int) error {
	onDisk, ok := kept.(*store.Store)
	if !ok {
		if unreadable > 0 {
			printLine(e.errs, store.UnreadableText(unreadable, natsstore.Redact(session))+": not exported")
		}
		return nil
	}
	records, err := onDisk.Asides()
	if err != nil {
		return err
	}
	for _, a := range records {
		if a.Origin == "tasks" {
			unreadable++
		}
	}
	if unreadable > 0 {
		printLine(e.errs, store.UnreadableText(unreadable, session)+": not exported, polltop sessions repair "+session+" shows what is in them")
	}
	return nil
}

// resultOf returns a task's stored result, nil for none.
func resultOf(kept sessionStore, seq int32) *queue.Result {
	raw, ok := kept.Result(seq)
	if !ok {
		return nil
	}
	made, fault := queue.DecodeResult(raw)
	if fault != nil {
		return nil
	}
	return &made
}
