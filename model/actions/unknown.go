package actions

import (
	"cmp"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// howKnown says how a payload comes to be known.
const howKnown = "submit with polltop submit, or give records with their endpoint and input"

// explainUnknown says that no payload of tasks is known and how to have it, and offers to ask
// fal's list of requests where that is configured.
func (a *Actions) explainUnknown(tasks []*poller.Task) tea.Cmd {
	onFal := slices.DeleteFunc(slices.Clone(tasks), func(t *poller.Task) bool { return t.Request.Base.Service() != queue.Fal })
	base := queue.ListBase(a.env.Source.Bases)
	details := []string{"To have it: " + howKnown + "."}
	choices := []common.Choice{common.Pick("esc", "Close", nil)}
	switch {
	case a.env.Polling.Persistence.Session == "":
		details = []string{"Payloads are kept in a session on disk, and there is none."}
	case len(onFal) == 0:
	case base == nil || a.options.List == nil:
		details = append(details, "fal's list of requests may have it: name that too, with --base-url "+queue.ListURL)
	default:
		details = append(details, "fal's list of requests may have it. "+base.Host()+" is asked for each task, with your key.")
		choices = slices.Insert(choices, 0, common.Pick("y", "Ask for "+common.Counted(len(onFal), "payload"), later(func() tea.Cmd { return a.askList(base, onFal) })))
	}
	return a.ask("No payload", []string{"polltop knows no payload of " + common.Counted(len(tasks), "task") + " here"}, details, choices...)
}

// askList asks a service's list of requests for the payloads of tasks, and keeps them.
func (a *Actions) askList(base *queue.Base, tasks []*poller.Task) tea.Cmd {
	wanted := common.Counted(len(tasks), "payload")
	a.env.Say(views.LevelInfo, "asking "+base.Host()+" for "+wanted)
	return func() tea.Msg {
		found := 0
		for _, t := range tasks {
			page, fault := a.options.List(a.options.Context, queue.ListQuery{Base: base, Endpoint: t.Request.Endpoint, RequestID: t.Request.ID, Payloads: true})
			if fault != nil {
				return common.Say{Level: views.LevelBad, Text: fmt.Sprintf("%s gave %d of %s, then %s", base.Host(), found, wanted, fault.Error())}
			}
			for _, item := range page.Items {
				r := t.Request
				if queue.FoldID(item.RequestID) != queue.FoldID(r.ID) || item.Input == nil {
					continue
				}
				// The addresses of a request may have less of its endpoint.
				r.Endpoint, r.Input = cmp.Or(item.Endpoint, r.Endpoint), string(item.Input)
				if kept := a.poller.Track([]queue.Request{r}); kept.Unkept+kept.Conflicts == 0 && kept.StoreErr == nil {
					found++
				}
			}
		}
		if found < len(tasks) {
			return common.Say{Level: views.LevelWarn, Text: fmt.Sprintf("%s has %d of %s: what is not stored, or was sent to another endpoint, is missing", base.Host(), found, wanted)}
		}
		return common.Say{Level: views.LevelGood, Text: common.Counted(found, "payload") + " known now: R submits again, E edits first"}
	}
}
