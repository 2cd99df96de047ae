package cli

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/model/input"
)

// invocation is a command line with its settings and the tasks that it names.
type invocation struct {
	*settings.Settings
	cmd   *cobra.Command
	flags *settings.Flags // nil for the demo, whose settings don't come from the user
	args  []string
	given input.Given
	tasks int // how many tasks it names, for the log
}

// asking returns a command that asks services: it gets the flags of some groups of settings, and
// run their values once the warnings about them are printed. A dry run needs no key.
func asking(cmd *cobra.Command, run func(*invocation) error, groups ...settings.Group) *cobra.Command {
	flags := settings.Bind(cmd.Flags(), groups...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		// A write to a closed standard output is an error then instead of the end of the process: a
		// reader that has seen enough, such as head, ends it quietly. Child processes are not affected.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
		dry, _ := cmd.Flags().GetBool("dry-run")
		s, err := flags.Resolve(os.LookupEnv, !dry)
		if err != nil {
			return err
		}
		printLines(os.Stderr, s.Warnings...)
		return run(&invocation{Settings: s, cmd: cmd, flags: flags, args: args})
	}
	return cmd
}

func (c *invocation) read() (err error) {
	c.given, err = input.ReadArguments(c.Source(), c.args, c.Fallback, os.Stdin)
	c.tasks = len(c.given.Requests)
	return err
}
