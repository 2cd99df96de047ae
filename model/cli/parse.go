package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/poller/paste"
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
		ask := &asker{out: out, errs: io.Discard}
		if asJSON {
			for _, r := range result.Requests {
				ask.event(eventOf("request", r))
			}
		} else {
			ask = &asker{errs: cmd.ErrOrStderr()}
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
