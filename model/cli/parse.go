package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
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
		in, _, err := openInput(args, cmd.InOrStdin(), "text", "there is no text: name a file, or pipe the text into polltop parse")
		if err != nil {
			return err
		}
		defer in.Close()
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		result := paste.Parse(string(text), s.Source())
		out := bufio.NewWriter(cmd.OutOrStdout()) // the last Flush returns its first error
		reporter := newInputReporter()
		reporter.notice = func(text string) { printLines(cmd.ErrOrStderr(), text) }
		if asJSON {
			reporter.notice, reporter.object = func(string) {}, objectWriter(out)
			for _, r := range result.Requests {
				reporter.object(newParsedEvent("request", r))
			}
		} else {
			for _, line := range report.Lines(result.Requests, s.Source()) {
				fmt.Fprintln(out, line)
			}
		}
		_ = out.Flush() // before the lines for people
		if len(result.Requests)+len(result.Questions)+len(result.Problems) == 0 {
			reporter.notice("there is no request in the text: no id of a known form, no request_id and no address of one")
		}
		reporter.report(result.Problems, result.Questions)
		return out.Flush()
	}
	return cmd
}

// openInput opens the file that the arguments name, or standard input, and returns its name. what and
// none are for errors: what the file holds, and that nothing is named or piped.
func openInput(args []string, stdin io.Reader, what, none string) (io.ReadCloser, string, error) {
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

// newInputReporter returns a reporter that writes to standard error, and no objects.
func newInputReporter() *inputReporter {
	return &inputReporter{notice: func(text string) { printLines(os.Stderr, text) }, object: func(any) {}, unsure: map[string]bool{}, tracked: map[string]bool{}}
}

// inputReporter reports the unsure ids and refused lines of a text where no user can be asked.
type inputReporter struct {
	notice        func(text string) // prints a line for people
	object        func(any)         // writes an object, with --json
	acceptUnsure  bool              // --take-unsure
	ignoreRefused bool              // --ignore-bad-lines: refused lines do not count

	mu      sync.Mutex
	unsure  map[string]bool // the ids, normalized, that are neither accepted nor tracked
	tracked map[string]bool // the accepted and tracked ids, normalized: false for the default endpoint

	refused atomic.Int32 // refused lines that count
}

// report prints refused lines and unsure ids, and returns the requests of the ids that it accepts. It
// skips tracked ids, which a log may mention again, unless an id has the default endpoint and the question
// names another one.
func (r *inputReporter) report(refused []paste.Problem, unsure []paste.Question) (accepted []queue.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range unsure {
		id := queue.NormalizeID(q.Request.ID)
		named, tracked := r.tracked[id]
		switch namesEndpoint := q.Answerable() && !q.Request.EndpointAssumed; {
		case tracked && (named || !namesEndpoint):
			continue
		case r.acceptUnsure && q.Answerable():
			accepted = append(accepted, q.Request)
			r.settle(q.Request)
			continue
		}
		r.unsure[id] = true
		r.noticeAbout(q.From, "unsure, "+q.Error())
		e := newParsedEvent("unsure", q.Request)
		e.Line, e.Why = q.Line, q.Why
		r.object(e)
	}
	for _, p := range refused {
		if !r.ignoreRefused {
			r.refused.Add(1)
		}
		r.noticeAbout(p.From, p.Error())
		r.object(parsedEvent{Event: "refused", Line: p.Line, Why: p.Reason})
	}
	return accepted
}

// addTracked tells the reporter which requests are tracked.
func (r *inputReporter) addTracked(requests []queue.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, request := range requests {
		r.settle(request)
	}
}

// settle makes an id tracked that may have been unsure. The default endpoint settles no question about a
// tracked id. The caller must hold mu.
func (r *inputReporter) settle(request queue.Request) {
	id := queue.NormalizeID(request.ID)
	if _, tracked := r.tracked[id]; tracked && request.EndpointAssumed {
		return
	}
	delete(r.unsure, id)
	r.tracked[id] = !request.EndpointAssumed
}

// unsureCount returns the number of ids that are neither accepted nor tracked.
func (r *inputReporter) unsureCount() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unsure)
}

// noticeAbout prints a line about a text and its name. The paste reader recognizes such lines.
func (r *inputReporter) noticeAbout(from, text string) {
	if from != "" {
		text = from + ", " + text
	}
	r.notice(text)
}

// objectWriter returns a function that writes objects to out. The next write to a closed out reports
// that it is closed.
func objectWriter(out io.Writer) func(any) {
	return func(o any) { _ = report.Encode(out, o) }
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

func newParsedEvent(event string, r queue.Request) parsedEvent {
	e := parsedEvent{Event: event, Endpoint: r.Endpoint, RequestID: r.ID, Label: r.Label}
	if r.Base != nil {
		e.BaseURL = r.Base.String()
		if r.URLs != nil {
			e.StatusURL = r.StatusURL()
		}
	}
	return e
}
