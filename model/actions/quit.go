package actions

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller/download"
	"polltop/views"
)

// unfinished is a kind of what the user asked for and what is not done yet: how many there are
// of it, and what becomes of them when the program ends.
type unfinished struct {
	n                       int
	what, verb, consequence string
}

// editedPayload is the kind of which nothing comes by waiting.
const editedPayload = "edited payload"

// unfinished returns what is not done yet. While another process polls, it is that one's to
// send cancels and to run commands. Where the dashboard is shared, all but the fetching of
// results goes on without it.
func (a *Actions) unfinished() []unfinished {
	polling := a.env.Polling
	var payloads, cancels, downloads, commands, running, drafts int
	if a.env.Shared == nil {
		c := a.downloads.Counts
		downloads, drafts = c[download.Waiting]+c[download.Running]+a.adding, len(a.drafts)
	}
	if a.env.Shared == nil && polling.Persistence.PolledBy == "" {
		payloads = a.env.Submissions.Pending()
		for t := range a.env.Tasks.Live() {
			if t.CancelDue {
				cancels++
			}
		}
		if a.options.Exec != nil {
			commands, running, _, _, _ = a.options.Exec.Counts()
		}
	}
	ofCancels, ofCommands := "they are forgotten, and the tasks run on", "they are forgotten"
	if polling.Persistence.Session != "" && polling.StoreErr == nil {
		ofCancels, ofCommands = "the next start offers to send them; until then the tasks run on", "the next start with --exec runs them"
	}
	const files = "what has arrived stays, and d goes on from there"
	return slices.DeleteFunc([]unfinished{
		{payloads, "payload", "submitted", "the next polltop of the session goes on"},
		{cancels, "cancel", "sent", ofCancels},
		{len(a.wanted), "result", "fetched", files},
		{downloads, "download", "finished", files},
		{commands, "command", "run", ofCommands},
		{running, "command", "finished", "what runs is ended, and not run again"},
		{drafts, editedPayload, "submitted", "the text is forgotten"},
	}, func(u unfinished) bool { return u.n == 0 })
}

// Unfinished says what the user has asked for and what is not done yet, a line for each kind.
func (a *Actions) Unfinished() (lines []string) {
	for _, u := range a.unfinished() {
		are := "are"
		if u.n == 1 {
			are = "is"
		}
		lines = append(lines, fmt.Sprintf("%s %s not %s yet: %s", views.Plural(u.n, u.what), are, u.verb, u.consequence))
	}
	return lines
}

func (a *Actions) quit(common.Command) tea.Cmd {
	lines := a.Unfinished()
	if len(lines) == 0 {
		a.env.Post(common.Quit{})
		return nil
	}
	a.leaving = false
	return a.ask("Quit", nil, lines,
		common.NewChoice("w", "Wait for them, then quit", common.InUpdate(func() tea.Cmd {
			a.leaving = true
			a.env.Say(views.LevelInfo, "quits when that is done: q quits without")
			a.leaveWhenDone()
			return nil
		})),
		common.NewChoice("q", "Quit without", common.Send(common.Quit{})),
		common.NewChoice("esc", "Stay", nil))
}

// leaveWhenDone ends the program if the user waits for that and nothing is unfinished any more.
func (a *Actions) leaveWhenDone() {
	if a.leaving && !slices.ContainsFunc(a.unfinished(), func(u unfinished) bool { return u.what != editedPayload }) {
		a.env.Post(common.Quit{})
	}
}
