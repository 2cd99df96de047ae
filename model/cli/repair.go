package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"polltop/poller/store"
	"polltop/views/safe"
)

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

// repair shows the records of a session that were put aside, and tracks again what it can.
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
	found, err := s.Sweep()
	if err != nil {
		return sessionError(session, err)
	}
	if found.Kept != "" {
		found.Records = 0 // they are listed
		fmt.Fprintln(w, found.Text(session))
	}
	records, err := s.Asides()
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
	back, err := s.BringBack(records)
	if err != nil {
		return fmt.Errorf("session %s: %w", session, err)
	}
	_, err = fmt.Fprintf(w, "%d of %d are tracked again: polltop asks for them when it uses the session; %d stay aside\n", back, len(records), len(records)-back)
	return err
}

// printAside shows a record and what is wrong with it.
func printAside(w io.Writer, a store.Aside) {
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
