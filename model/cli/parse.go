package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views/report"
)

func parseCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "parse [flags] [FILE | -]",
		Short: "List the requests that polltop reads in a text, without polling",
		Long: `parse reads a file or standard input and lists the requests that polltop would
track, the ids of which it is unsure, and the lines that it refuses. Nothing is
sent to a service. Requests are written in a form that polltop reads back, the
rest goes to standard error; with --json all are objects, one a line.`,
		Example: `polltop parse notes.txt
pbpaste | polltop parse --json --endpoint wan26_i2v`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write requests, unsure ids and refused lines as JSON objects, one a line")
	flags := settings.Bind(cmd.Flags(), settings.Polling)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := flags.Resolve(os.LookupEnv, false)
		if err != nil {
			return err
		}
		text, err := parseInput(cmd.InOrStdin(), args)
		if err != nil {
			return err
		}
		result := paste.Parse(string(text), s.Source())
		if asJSON {
			return printParsedJSON(cmd.OutOrStdout(), result)
		}
		return printParsed(cmd.OutOrStdout(), cmd.ErrOrStderr(), result, s.Source())
	}
	return cmd
}

// parseInput returns the text of the file that the arguments name, or of standard input.
func parseInput(stdin io.Reader, args []string) ([]byte, error) {
	if len(args) == 1 && args[0] != "-" {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return nil, fmt.Errorf("can't read the text: %w", err)
		}
		return text, nil
	}
	if file, ok := stdin.(*os.File); ok && term.IsTerminal(file.Fd()) {
		return nil, errors.New("there is no text: name a file, or pipe the text into polltop parse")
	}
	return io.ReadAll(stdin)
}

// parsedEvent is the JSON object of one request, question or refused line.
type parsedEvent struct {
	Event     string `json:"event"`
	Line      int    `json:"line,omitempty"`
	BaseURL   string `json:"base_url,omitempty"`
	Endpoint  string `json:"endpoint,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	StatusURL string `json:"status_url,omitempty"`
	Label     string `json:"label,omitempty"`
	Why       string `json:"why,omitempty"`
}

func printParsedJSON(w io.Writer, result paste.Result) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, r := range result.Requests {
		if err := out.Encode(eventOf("request", r)); err != nil {
			return err
		}
	}
	for _, q := range result.Unsure {
		e := eventOf("unsure", q.Request)
		e.Line, e.Why = q.Line, q.Why
		if err := out.Encode(e); err != nil {
			return err
		}
	}
	for _, p := range result.Refused {
		if err := out.Encode(parsedEvent{Event: "refused", Line: p.Line, Why: p.Reason}); err != nil {
			return err
		}
	}
	return nil
}

func eventOf(event string, r queue.Request) parsedEvent {
	e := parsedEvent{Event: event, Endpoint: r.Endpoint, RequestID: r.ID, Label: r.Label}
	if r.Base != nil {
		e.BaseURL = r.Base.String()
		if r.URLs != nil {
			e.StatusURL = r.StatusURL()
		}
	}
	return e
}

// printParsed writes the requests as lines that polltop reads back, and the rest as
// lines for people.
func printParsed(out, errs io.Writer, result paste.Result, source paste.Source) error {
	for _, line := range report.Lines(result.Requests, source) {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	for _, q := range result.Unsure {
		printLine(errs, unsureLine(q))
	}
	for _, p := range result.Refused {
		printLine(errs, p.Error())
	}
	return nil
}

// unsureLine returns the line about an unsure id, which the paste reader recognizes.
func unsureLine(q paste.Question) string {
	if q.From == "" {
		return "unsure, " + q.Error()
	}
	return q.From + ", unsure, " + q.Error()
}
