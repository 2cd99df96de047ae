package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"polltop/model/cli/settings"
	"polltop/model/crash"
	"polltop/model/script"
	"polltop/views/safe"
)

// heapGrowth is how much the heap may grow between two collections, in percent. With 100,000 tasks
// and no session, 20,000 of them live, the dashboard takes 150 MiB with 50 and 192 MiB with Go's own 100.
const heapGrowth = 50

// errExit ends the program with a status and without a message.
type errExit int

func (e errExit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Main runs the command of the program's arguments, and returns the exit status.
func Main() int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	err := rootCommand().Execute()
	var exit errExit
	switch {
	case errors.As(err, &exit):
		return int(exit)
	case err != nil:
		printError(err)
		return script.ExitUsage
	}
	return 0
}

// printError prints an error on standard error, and a crash once only.
func printError(err error) {
	if !crash.Print(os.Stderr, err) {
		printLines(os.Stderr, err.Error())
	}
}

// printLines prints each text as a line that begins with "polltop:" and is safe for the terminal.
func printLines(w io.Writer, texts ...string) {
	for _, text := range texts {
		fmt.Fprintln(w, "polltop: "+safe.Line(text))
	}
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func rootCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "polltop [flags] [FILE | - | REQUEST_ID | URL]...",
		Short: "top for polled tasks: watch a batch of queue API requests to its end",
		Long: `polltop watches many asynchronous generation tasks on a queue API in the
terminal: what waits, what runs, what failed and why.

Tasks are named by a file, by standard input (also as -), by request ids and
URLs as arguments, or by pasting them into the running dashboard. Every form
that people have at hand is understood: bare ids, "endpoint id", URLs,
create-task answers, log lines.

The API key comes from API_KEY (for fal also FAL_KEY, for Comfy Router also
COMFY_API_KEY), from --api-key-file or from -H 'Authorization: Key ...'.

Tasks are kept in a session on disk: the next polltop goes on where this one
was left.`,
		Example: `# see it at once, without a key or a network
polltop demo

# with the API documentation's variables in the shell
polltop "${COMMON_HEADERS[@]}" tasks.txt

# as tasks are submitted
./submit.sh | polltop --endpoint wan26_i2v

# in a script: wait for all to end
polltop wait --json tasks.txt`,
		Version:       version(),
		Args:          rejectMisspelledCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.SuggestionsMinimumDistance = 2
	cobra.AddTemplateFunc("flagSections", flagSections)
	cmd.SetUsageTemplate(strings.ReplaceAll(cmd.UsageTemplate(), "Flags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}", "{{flagSections .LocalFlags}}"))
	cmd.AddCommand(submitCommand(), waitCommand(), statusCommand(), parseCommand(), exportCommand(), recentCommand(), sessionsCommand(), serveCommand(), demoCommand(), simulateCommand(), versionCommand())
	serviceCommand(cmd, dashboard, settings.Polling, settings.Sessions, settings.Outputs, settings.Dashboard)
	cmd.SetFlagErrorFunc(flagError)
	replaceHelp(cmd)
	showUsageOnWrongArguments(cmd)
	return cmd
}

// replaceHelp makes cobra's help command return an error for a topic that is no command.
func replaceHelp(cmd *cobra.Command) {
	cmd.InitDefaultHelpCmd()
	help, _, _ := cmd.Find([]string{"help"})
	help.Example = "polltop help wait"
	help.RunE = func(help *cobra.Command, args []string) error {
		_, rest, err := cmd.Find(args)
		if len(rest) > 0 && err == nil {
			err = cmp.Or(rejectMisspelledCommand(cmd, rest), fmt.Errorf("%q is no command: polltop help lists them", rest[0]))
		}
		if err == nil {
			help.Run(help, args)
		}
		return err
	}
}

// showUsageOnWrongArguments adds how a command is written to what is said of a wrong number of arguments.
func showUsageOnWrongArguments(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		if check := sub.Args; check != nil {
			sub.Args = func(sub *cobra.Command, args []string) error {
				err := check(sub, args)
				if err != nil {
					err = fmt.Errorf("%w: write %s", err, sub.UseLine())
				}
				return err
			}
		}
		showUsageOnWrongArguments(sub)
	}
}

// flagError says what a flag's value should be, or where the flags are listed.
func flagError(cmd *cobra.Command, err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return fmt.Errorf("%w: %s --help lists the flags", err, cmd.CommandPath())
	}
	flag, wanted := invalid.GetFlag(), err.Error()
	switch flag.Value.Type() {
	case "bool":
		wanted = "is neither true nor false: write one of them"
	case "int", "uint64":
		wanted = "is not a whole number: write one such as " + flag.DefValue
	case "float64":
		wanted = "is not a number: write one such as " + flag.DefValue
	}
	return fmt.Errorf("--%s: %q %s", flag.Name, invalid.GetValue(), wanted)
}

// rejectMisspelledCommand returns an error if the first argument is like a command's name, of
// small letters alone, and no file.
func rejectMisspelledCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || strings.ContainsFunc(args[0], func(r rune) bool { return r < 'a' || r > 'z' }) {
		return nil
	}
	if _, err := os.Stat(args[0]); err == nil {
		return nil
	}
	if likely := cmd.SuggestionsFor(args[0]); len(likely) > 0 {
		return fmt.Errorf("%q is no command, file or request id: did you mean polltop %s?", args[0], strings.Join(likely, " or polltop "))
	}
	return nil
}

// flagSections returns the help of flags: the command's own ones, then a part for each section of settings.
func flagSections(flags *pflag.FlagSet) string {
	var b strings.Builder
	for _, section := range []string{"", "Service", "Polling", "Session", "Output", "General"} {
		part := pflag.NewFlagSet(section, pflag.ContinueOnError)
		flags.VisitAll(func(flag *pflag.Flag) {
			in := ""
			if annotated := flag.Annotations[settings.SectionAnnotation]; len(annotated) > 0 {
				in = annotated[0]
			} else if flag.Name == "help" || flag.Name == "version" {
				in = "General"
			}
			if in == section {
				part.AddFlag(flag)
			}
		})
		if part.HasAvailableFlags() {
			fmt.Fprintf(&b, "%s\n%s\n", cmp.Or(section, "Flags")+":", part.FlagUsagesWrapped(max(widthOf(os.Stdout), 80)-wrapSlack))
		}
	}
	return strings.TrimSpace(b.String())
}

// wrapSlack is how many cells pflag's lines may be wider than asked for.
const wrapSlack = 5

// widthOf returns the width of a terminal, in cells, or 80 where it is not known.
func widthOf(terminal *os.File) int {
	width, _, err := term.GetSize(terminal.Fd())
	if err != nil {
		return 80
	}
	return width
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "polltop version",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "polltop "+version())
			return err
		},
	}
}
