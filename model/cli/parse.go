package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

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
		in, _, err := openText(args, cmd.InOrStdin(), "text", "there is no text: name a file, or pipe the text into polltop parse")
		if err != nil {
			return err
		}
		defer in.Close()
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		result := paste.Parse(string(text), s.Source())
		out := bufio.NewWriter(cmd.OutOrStdout()) // it keeps its error
		ask := &asker{errs: cmd.ErrOrStderr()}
		if asJSON {
			ask = &asker{out: out, errs: io.Discard}
			for _, r := range result.Requests {
				ask.event(eventOf("request", r))
			}
		} else {
			for _, line := range report.Lines(result.Requests, s.Source()) {
				fmt.Fprintln(out, line)
			}
		}
		_ = out.Flush() // before the lines for people
		ask.answer(result.Refused, result.Unsure)
		return out.Flush()
	}
	return cmd
}

// openText opens the file that the arguments name, or standard input, and returns its name. none
// says that there is neither.
func openText(args []string, stdin io.Reader, what, none string) (io.ReadCloser, string, error) {
	if len(args) == 1 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return nil, "", fmt.Errorf("can't read the %s: %w", what, err)
		}
		return file, args[0], nil
	}
	if file, ok := stdin.(*os.File); ok && len(args) == 0 && term.IsTerminal(file.Fd()) {
		return nil, "", errors.New(none)
	}
	return io.NopCloser(stdin), "standard input", nil
}

// asker handles the questions of a text where nobody can be asked: it prints them, or takes them
// with --take-unsure. It also prints refused lines.
type asker struct {
	out    io.Writer // for JSON objects; nil for none
	errs   io.Writer // for people
	take   bool
	ignore bool // refused lines do not count

	left, refused atomic.Int32 // the questions that were not taken, the refused lines that count
}

// answer prints unsure ids and refused lines, and returns the requests of taken questions.
func (a *asker) answer(refused []paste.Problem, unsure []paste.Question) (taken []queue.Request) {
	for _, q := range unsure {
		if a.take && q.Answerable() {
			taken = append(taken, q.Request)
			continue
		}
		a.left.Add(1)
		a.say(q.From, "unsure, "+q.Error())
		e := eventOf("unsure", q.Request)
		e.Line, e.Why = q.Line, q.Why
		a.event(e)
	}
	for _, p := range refused {
		if !a.ignore {
			a.refused.Add(1)
		}
		a.say(p.From, p.Error())
		a.event(parsedEvent{Event: "refused", Line: p.Line, Why: p.Reason})
	}
	return taken
}

// say prints a line about a text, with the text's name, which the paste reader recognizes.
func (a *asker) say(from, text string) {
	if from != "" {
		text = from + ", " + text
	}
	printLines(a.errs, text)
}

func (a *asker) event(e parsedEvent) {
	if a.out != nil {
		// A closed output is noticed with the next line about a task.
		_ = report.Encode(a.out, e)
	}
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
