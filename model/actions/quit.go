package actions

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller/download"
	"polltop/views"
)

// unfinishedKind is a kind of work that the user wanted and that is not done: how much of it there
// is, and what becomes of it when the program ends.
type unfinishedKind struct {
	count                         int
	noun, participle, consequence string
}

// editedPayload is the kind that is not done by waiting.
const editedPayload = "edited payload"

// quitTitle is the title of the question whether to quit with unfinished work.
const quitTitle = "Quit"

// unfinished returns the work that is not done. While another process polls, that one submits
// payloads, sends cancels and runs commands. In a shared dashboard everything but the fetching
// of results goes on after its end.
func (a *Actions) unfinished() []unfinishedKind {
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
	return slices.DeleteFunc([]unfinishedKind{
		{payloads, "payload", "submitted", "the next polltop of the session goes on"},
		{cancels, "cancel", "sent", ofCancels},
		{len(a.pendingDownloads), "result", "fetched", files},
		{downloads, "download", "finished", files},
		{commands, "command", "run", ofCommands},
		{running, "command", "finished", "what runs is ended, and not run again"},
		{drafts, editedPayload, "submitted", "the text is forgotten"},
	}, func(u unfinishedKind) bool { return u.count == 0 })
}

// Unfinished returns a line for each kind of work that the user wanted and that is not done.
func (a *Actions) Unfinished() (lines []string) {
	for _, u := range a.unfinished() {
		are := "are"
		if u.count == 1 {
			are = "is"
		}
		lines = append(lines, fmt.Sprintf("%s %s not %s yet: %s", views.Plural(u.count, u.noun), are, u.participle, u.consequence))
	}
	return lines
}

func (a *Actions) quit(common.Command) tea.Cmd {
	lines := a.Unfinished()
	if len(lines) == 0 || a.quitAsked {
		a.env.Post(common.Quit{})
		return nil
	}
	a.quitWhenDone = false
	return a.ask(quitTitle, nil, lines,
		common.NewChoice("w", "Wait for them, then quit", common.InUpdate(func() tea.Cmd {
			a.quitWhenDone = true
			a.env.Say(views.LevelInfo, "quits when that is done: q quits without")
			a.quitIfDone()
			return nil
		})),
		common.NewChoice("q", "Quit without", common.Send(common.Quit{})),
		common.NewChoice("esc", "Stay", nil))
}

// quitIfDone quits if the user waits for that and all work is done.
func (a *Actions) quitIfDone() {
	if a.quitWhenDone && !slices.ContainsFunc(a.unfinished(), func(u unfinishedKind) bool { return u.noun != editedPayload }) {
		a.env.Post(common.Quit{})
	}
}
