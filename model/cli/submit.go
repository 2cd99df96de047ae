package cli

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/model/input"
	"polltop/model/script"
	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/queue"
	"polltop/poller/store"
	"polltop/views/report"
)

// maxLiveLimit and retriesLimit bound --max-live and --retries.
const maxLiveLimit, retriesLimit = 10_000, 100

type submitFlags struct {
	scriptFlags
	dryRun, yes, wait bool
	maxLive, retries  int
}

func submitCommand() *cobra.Command {
	var f submitFlags
	cmd := &cobra.Command{
		Use:   "submit [flags] [FILE | -]",
		Short: "Submit a file of payloads, and watch their tasks",
		Long: `submit reads payloads, a JSON object a line, or one JSON array of them: the
bare parameters of the model, or {"endpoint": E, "input": {...}, "label": L}.
Each is submitted at most once: where it is not known whether one arrived, it is
not sent again by itself. They are kept in the session: when polltop has ended
before all were submitted, polltop or polltop wait --session NAME goes on.

In a terminal it asks first, and opens the dashboard; elsewhere, and with
--wait, it behaves as polltop wait. A payload that is rejected counts as failed,
one that may or may not have been submitted as unknown.

` + script.ExitHelp(),
		Example: `polltop submit --endpoint wan26_i2v payloads.jsonl
polltop submit --dry-run payloads.jsonl
polltop submit --yes --wait --retries 2 --session nightly payloads.jsonl
jq -c '.[] | {prompt: .}' prompts.json | polltop submit --endpoint wan26_i2v -`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "write what would be submitted, as lines that submit reads, and submit nothing")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before submitting")
	cmd.Flags().BoolVar(&f.wait, "wait", false, "open no dashboard: behave as polltop wait, also in a terminal")
	cmd.Flags().IntVar(&f.maxLive, "max-live", poller.DefaultMaxLive, "most tasks `N` of the batch that are not done at once")
	cmd.Flags().IntVar(&f.retries, "retries", 0, "submit a payload again, at most `N` times, where its task failed and the next step is to submit it again")
	bindWait(cmd, &f.scriptFlags, "with --wait: ")
	return serviceCommand(cmd, func(c *invocation) error { return submit(c, f) }, settings.Polling, settings.Sessions, settings.Outputs, settings.Dashboard)
}

// submit adds the payloads to the session, and watches them.
func submit(c *invocation, f submitFlags) error {
	if err := f.check(c.Settings); err != nil {
		return err
	}
	text, name, err := openInput(c.args, c.cmd.InOrStdin(), "payloads", "there are no payloads: name a file with a JSON object a line, or pipe them into polltop submit")
	if err != nil {
		return err
	}
	defer text.Close()
	reader := input.NewPayloads(text, name, c.Source(), poller.Payload{MaxLive: f.maxLive, Retries: f.retries, Label: c.Label})
	if f.dryRun {
		return dryRun(c.cmd.OutOrStdout(), c.cmd.ErrOrStderr(), name, reader)
	}
	c.Session = cmp.Or(c.Session, store.DefaultSession)
	batch, n, err := addBatch(c.Settings, name, reader, f.yes)
	if err != nil {
		return err
	}
	c.tasks = n
	if !f.wait && needTerminal() == nil {
		return show(c, c.Session, "")
	}
	o, err := scriptOptions(c.Settings, f.scriptFlags)
	if err != nil {
		return err
	}
	o.Batch, o.Payloads = batch, n
	return watchScript(c, newInputReporter(), o)
}

// check refuses numbers out of bounds, and a batch without a session on disk.
func (f submitFlags) check(s *settings.Settings) error {
	switch {
	case f.maxLive < 1 || f.maxLive > maxLiveLimit:
		return fmt.Errorf("--max-live %d: give a number from 1 to %d", f.maxLive, maxLiveLimit)
	case f.retries < 0 || f.retries > retriesLimit:
		return fmt.Errorf("--retries %d: give a number from 0 to %d", f.retries, retriesLimit)
	case s.NoStore:
		return errors.New("payloads are submitted from a session on disk, so that none is sent twice: leave --no-store out")
	}
	return nil
}

// dryRun writes the payloads as lines that polltop submit reads, and a summary of them.
func dryRun(out, errs io.Writer, name string, reader *input.Payloads) error {
	var batch report.BatchSize
	lines := bufio.NewWriter(out)
	for n := 0; ; n++ {
		p, parameters, err := reader.Next()
		if err == io.EOF && n == 0 {
			return errNoPayloads(name)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return errors.Join(lines.Flush(), err)
		}
		batch.Add(p)
		if err := report.Encode(lines, report.PayloadObject{Endpoint: p.Endpoint, Label: p.Label, Input: json.RawMessage(parameters)}); err != nil {
			return err
		}
	}
	printLines(errs, "would submit "+batch.String())
	return lines.Flush()
}

func errNoPayloads(name string) error { return errors.New("there are no payloads in " + name) }

// addBatch stores all payloads in the session, and confirms them for submission once the user agrees.
// It sets s.Download if the user wants the outputs too.
func addBatch(s *settings.Settings, name string, reader *input.Payloads, yes bool) (batch int64, n int, err error) {
	if natsstore.IsAddress(s.Session) && !s.SharePayloads {
		return 0, 0, fmt.Errorf("nothing was submitted: %w", natsstore.ErrNotShared)
	}
	stored, err := openStore(s.Session, s, true)
	if err != nil {
		return 0, 0, fmt.Errorf("nothing was submitted: %w", err)
	}
	defer func() { err = errors.Join(err, stored.Close()) }()
	var summary report.BatchSize
	offer := ""
	batch, n, err = stored.AddPayloads(func() (*poller.Payload, []byte, error) {
		p, parameters, err := reader.Next()
		if err == nil {
			summary.Add(p)
			offer = cmp.Or(offer, downloadOffer(s, p.Base))
		}
		return p, parameters, err
	})
	if err == nil && n == 0 {
		err = errNoPayloads(name)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("nothing was submitted: %w", err)
	}
	loaded, _ := stored.Load(queue.BaseResolver(s.Bases)) // an error is reported when the session is used
	others := slices.DeleteFunc(loaded.Payloads, func(p *poller.Payload) bool { return p.Batch == batch || !p.Pending() })
	if len(others) > 0 {
		printLines(os.Stderr, fmt.Sprintf("session %s has %d other payloads that are yet to be submitted: they are submitted too", natsstore.Redact(s.Session), len(others)))
	}
	download, err := confirmSubmit(summary.String(), offer, yes)
	if err != nil {
		return 0, 0, errors.Join(err, stored.DropBatch(batch))
	}
	s.Download = s.Download || download
	return batch, n, stored.Confirm(batch)
}

// downloadOffer returns a line that advises --download if a base is fal's, else "".
func downloadOffer(s *settings.Settings, bases ...*queue.Base) string {
	if s.Download || !slices.ContainsFunc(bases, func(b *queue.Base) bool { return b.Service() == queue.Fal }) {
		return ""
	}
	return "fal deletes results after an hour: --download brings the outputs to " + s.OutputDir + " as tasks end"
}

// confirmSubmit asks the user whether to submit, unless standard error is no terminal. With an offer
// the user may also choose to download. It returns an error if nothing is to be submitted.
func confirmSubmit(what, offer string, yes bool) (download bool, err error) {
	choices := "[y/N]"
	if offer != "" {
		printLines(os.Stderr, offer)
		choices = "[y/N, d: yes and --download]"
	}
	if yes || !term.IsTerminal(os.Stderr.Fd()) {
		return false, nil
	}
	from := os.Stdin
	if !term.IsTerminal(from.Fd()) {
		if from, _, err = tea.OpenTTY(); err != nil { // the file for writing may be the same
			return false, fmt.Errorf("nothing was submitted, as polltop can't ask here (%w): --yes submits without asking", err)
		}
		defer from.Close()
	}
	fmt.Fprintf(os.Stderr, "Submit %s? %s ", what, choices)
	answer, _ := bufio.NewReader(from).ReadString('\n')
	switch answer = strings.ToLower(strings.TrimSpace(answer)); {
	case answer == "y", answer == "yes":
		return false, nil
	case answer == "d" && offer != "":
		return true, nil
	}
	printLines(os.Stderr, "nothing was submitted")
	return false, errExit(script.ExitFailed)
}
