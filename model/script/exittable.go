package script

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// helpWidth is how wide the meanings are in a help of 80 columns, behind the status.
const helpWidth = 73

// exitMeanings say what each exit status means, for the help and the
// documentation.
var exitMeanings = []struct {
	status  int
	meaning string
}{
	{ExitOK, "all tasks have succeeded"},
	{ExitFailed, "all have ended, and some failed or were canceled, or their outputs are not on disk; or `--fail-fast` ended it"},
	{ExitUsage, "the command line is wrong, or no task was named"},
	{ExitUnknown, "some ends are not known, some input was not read, or the key is refused"},
	{ExitInterrupted, "interrupted (another signal: 128 and its number)"},
}

// ExitTable returns the exit statuses as a table in Markdown.
func ExitTable() string {
	var b strings.Builder
	b.WriteString("| Exit status | Meaning |\n| --- | --- |\n")
	for _, e := range exitMeanings {
		fmt.Fprintf(&b, "| %d | %s |\n", e.status, e.meaning)
	}
	return b.String()
}

// ExitHelp returns the exit statuses as lines for a command's help.
func ExitHelp() string {
	var b strings.Builder
	b.WriteString("Exit status:\n")
	for _, e := range exitMeanings {
		meaning := ansi.Wordwrap(strings.ReplaceAll(e.meaning, "`", ""), helpWidth, "")
		fmt.Fprintf(&b, "  %3d  %s\n", e.status, strings.ReplaceAll(meaning, "\n", "\n       "))
	}
	return b.String()
}
