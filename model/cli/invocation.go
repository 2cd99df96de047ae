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
	named input.Arguments // the tasks that args name
	tasks int             // how many tasks args name, for the log
}

// serviceCommand makes cmd a command that polls a service: it adds the flags of some groups of
// settings, and calls run with their values. With --dry-run no key is needed.
func serviceCommand(cmd *cobra.Command, run func(*invocation) error, groups ...settings.Group) *cobra.Command {
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

// readTasks reads the tasks that the arguments name.
func (c *invocation) readTasks() (err error) {
	c.named, err = input.ReadArguments(c.Source(), c.args, c.EnvTasks, os.Stdin)
	c.tasks = len(c.named.Requests)
	return err
}
