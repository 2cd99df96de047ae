package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
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

func listSessions(w io.Writer, list []store.SessionInfo, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "no sessions yet: polltop keeps one as soon as it watches a task")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	notes := ""
	fmt.Fprintln(table, "SESSION\tTASKS\tLIVE\tDONE\tFAILED\tCANCELED\tUNKNOWN\tON DISK\tLAST USED")
	for _, l := range list {
		if l.Err != nil {
			fmt.Fprintf(table, "%s\tcan't be read: %s\n", l.Name, safe.Line(l.Err.Error()))
			continue
		}
		c := report.Counts(l.Counts)
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", l.Name, c.Total(), c.Live(),
			c[poller.Succeeded], c[poller.Failed], c[poller.Canceled], c.Unknown(), humanize.IBytes(uint64(l.Size)), lastUsed(l, now))
		if l.Unreadable > 0 {
			notes += store.AsideText(l.Unreadable, l.Name) + "\n"
		}
	}
	err := table.Flush()
	_, noteErr := io.WriteString(w, notes)
	return errors.Join(err, noteErr)
}

// lastUsed describes when a session was last used, or which process uses it now.
func lastUsed(l store.SessionInfo, now time.Time) string {
	switch {
	case l.Holder.Holder != "":
		return fmt.Sprintf("now, by process %d", l.Holder.Pid)
	case l.LastUsed.IsZero():
		return "never"
	}
	return strings.TrimSpace(humanize.RelTime(l.LastUsed, now, "ago", "from now"))
}

func repairCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "repair NAME",
		Short: "Track records again that were put aside as damaged",
		Long: `repair lists the records of a session that could not be read and were put
aside, each with what is wrong with it. Those whose request id is sound are
tracked again: polltop polls them when it uses the session next. The others
stay aside. A file that is damaged as a whole is kept under another name, and
made anew from what can be read in it.`,
		Example: "polltop sessions repair batch-7",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			return repair(cmd.OutOrStdout(), store.Dir(), names[0])
		},
	}
}

// repair lists the damaged records of a session, and tracks those again whose request id is sound.
func repair(w io.Writer, dir, session string) error {
	path, err := store.PathOf(dir, session)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return sessionError(session, err)
	}
	s, err := store.Open(path)
	if err != nil {
		return fmt.Errorf("session %s: %w", session, err)
	}
	defer s.Close()
	found, err := s.Repair()
	if err != nil {
		return sessionError(session, err)
	}
	if found.BackupPath != "" {
		found.Unusable = 0 // they are listed
		fmt.Fprintln(w, found.Text(session))
	}
	records, err := s.AsideRecords()
	if err != nil {
		return sessionError(session, err)
	}
	if len(records) == 0 {
		_, err := fmt.Fprintf(w, "session %s: nothing is kept aside\n", session)
		return err
	}
	for _, a := range records {
		printAside(w, a)
	}
	back, err := s.TrackAgain(records)
	if err != nil {
		return fmt.Errorf("session %s: %w", session, err)
	}
	_, err = fmt.Fprintf(w, "%d of %d are tracked again: polltop asks for them when it uses the session; %d stay aside\n", back, len(records), len(records)-back)
	return err
}

// printAside prints a damaged record and what is wrong with it.
func printAside(w io.Writer, a store.AsideRecord) {
	verdict := "stays aside: compare its id with your own list and add it by hand"
	if _, ok := a.Request(); ok {
		verdict = "its id is sound"
	} else if a.Origin == "answers" {
		verdict = "stays aside: polltop can ask for it again"
	}
	fmt.Fprintf(w, "%s, from %s: %s (%s)\n", a.At.Format(time.DateTime), a.Origin, safe.Line(a.Why), verdict)
	for _, name := range slices.Sorted(maps.Keys(a.Content)) {
		if value := strings.TrimSpace(safe.Line(fmt.Sprint(a.Content[name]))); value != "" && a.Content[name] != nil && !strings.HasSuffix(name, "sum") {
			fmt.Fprintf(w, "    %s: %s\n", name, value)
		}
	}
}
