package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"polltop/poller"
	"polltop/poller/store"
	"polltop/views/report"
	"polltop/views/safe"
)

func sessionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "List the sessions on disk: their tasks and when each was last used",
		Example: `polltop sessions
polltop sessions rm batch-7
polltop sessions repair batch-7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := store.List(store.Dir())
			if err != nil {
				return err
			}
			return listSessions(cmd.OutOrStdout(), list, time.Now())
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "rm NAME...",
		Short:   "Delete sessions: what polltop knows of their tasks, not the tasks",
		Example: "polltop sessions rm batch-7",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			for _, name := range names {
				if err := store.Remove(store.Dir(), name); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), "deleted the session "+name)
			}
			return nil
		},
	})
	cmd.AddCommand(repairCommand())
	return cmd
}

// listSessions writes a line for each session.
func listSessions(w io.Writer, list []store.Listed, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "no sessions yet: polltop keeps one as soon as it watches a task")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var notes []string
	fmt.Fprintln(table, "SESSION\tTASKS\tLIVE\tDONE\tFAILED\tCANCELED\tUNKNOWN\tON DISK\tLAST USED")
	for _, l := range list {
		if l.Err != nil {
			fmt.Fprintf(table, "%s\tcan't be read: %s\n", l.Name, safe.Line(l.Err.Error()))
			continue
		}
		total := 0
		for _, n := range l.Counts {
			total += n
		}
		c := report.Counts(l.Counts)
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", l.Name, total, c.Live(),
			c[poller.Succeeded], c[poller.Failed], c[poller.Canceled], c.Unknown(), humanize.IBytes(uint64(l.Size)), used(l, now))
		if l.Unreadable > 0 {
			notes = append(notes, store.AsideText(l.Unreadable, l.Name))
		}
	}
	err := table.Flush()
	for _, note := range notes {
		_, printErr := fmt.Fprintln(w, note)
		err = errors.Join(err, printErr)
	}
	return err
}

// used says when a session was last used, or by which process it is now.
func used(l store.Listed, now time.Time) string {
	switch {
	case l.Holder.Holder != "":
		return fmt.Sprintf("now, by process %d", l.Holder.Pid)
	case l.Used.IsZero():
		return "never"
	}
	return strings.TrimSpace(humanize.RelTime(l.Used, now, "ago", "from now"))
}
