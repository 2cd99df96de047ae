package cli

import (
	"os"

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

// invoke resolves the settings of a command that asks a service, and prints their warnings. With
// needKey, each base must have a key.
func invoke(cmd *cobra.Command, flags *settings.Flags, args []string, needKey bool) (*invocation, error) {
	surviveBrokenPipes() // a reader that has seen enough, such as head, ends it quietly
	s, err := flags.Resolve(os.LookupEnv, needKey)
	if err != nil {
		return nil, err
	}
	for _, warning := range s.Warnings {
		printLine(os.Stderr, warning)
	}
	return &invocation{Settings: s, cmd: cmd, flags: flags, args: args}, nil
}

// read reads the tasks that the arguments name.
func (c *invocation) read() (err error) {
	c.given, err = input.ReadArguments(c.Source(), c.args, c.Fallback, os.Stdin)
	c.tasks = len(c.given.Requests)
	return err
}
